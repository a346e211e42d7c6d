#include "make_gguf.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "gguf_context.h"
#include "metadata.h"
#include "platform/os_error.h"
#include "random_weights.h"
#include "tensors.h"
#include "vocabulary.h"

namespace hearth::make_gguf {
namespace {

namespace fs = std::filesystem;

struct FileTraits {
  using Type = std::FILE*;
  static Type invalid() { return nullptr; }
  static void close(Type file) { std::fclose(file); }
};
using File = UniqueHandle<FileTraits>;

// llama.cpp reports every tensor it quantises; an error is told by its return value.
class QuietLog {
 public:
  QuietLog() {
    llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  }
  QuietLog(const QuietLog&) = delete;
  QuietLog& operator=(const QuietLog&) = delete;
  ~QuietLog() { llama_log_set(nullptr, nullptr); }
};

// Writes to `path`.tmp until commit() renames it; removes it otherwise.
class PartFile {
 public:
  explicit PartFile(fs::path path) : path_(std::move(path)), part_(path_.string() + ".tmp") {}
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile() {
    std::error_code ignored;
    if (!committed_) fs::remove(part_, ignored);
  }
  [[nodiscard]] const fs::path& part() const { return part_; }
  Status open_to_append() {
    file_ = File(std::fopen(part_.c_str(), "ab"));
    return file_ ? Status() : fail(os_error("write", part_.string(), errno));
  }
  Status append(std::span<const std::byte> bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) == bytes.size()) return {};
    return fail(os_error("write", part_.string(), errno));
  }
  Status commit() {
    if (std::fclose(file_.release()) != 0) return fail(os_error("write", part_.string(), errno));
    std::error_code failure;
    fs::rename(part_, path_, failure);
    if (failure) return fail(os_error("write", path_.string(), failure.value()));
    committed_ = true;
    return {};
  }

 private:
  fs::path path_;
  fs::path part_;
  File file_;
  bool committed_ = false;
};

Status write_vocabulary(gguf_context* out, const MakeOptions& options) {
  if (options.vocabulary.empty()) return write_synthetic_vocabulary(out, options.shape.n_vocab);
  return copy_vocabulary(out, options.vocabulary, options.shape.n_vocab);
}

Status add_tensors(gguf_context* out, const std::vector<TensorSpec>& specs,
                   const std::map<std::string, ggml_type>& types) {
  const GgmlContext tensors(ggml_init({ggml_tensor_overhead() * (specs.size() + 1), nullptr, true}));
  for (const TensorSpec& spec : specs) {
    ggml_tensor* tensor =
        ggml_new_tensor(tensors.get(), types.at(spec.name), static_cast<int>(spec.dims.size()), spec.dims.data());
    ggml_set_name(tensor, spec.name.c_str());
    gguf_add_tensor(out, tensor);
  }
  return {};
}

Result<MakeReport> write_data(PartFile& file, const gguf_context* header, const std::vector<TensorSpec>& specs,
                              std::uint64_t seed) {
  static constexpr std::array<std::byte, GGUF_DEFAULT_ALIGNMENT> kPadding{};
  MakeReport report;
  report.size_bytes = gguf_get_meta_size(header);
  RandomWeights weights(seed);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const auto id = static_cast<std::int64_t>(i);
    HEARTH_TRY(weights.write(specs[i], gguf_get_tensor_type(header, id),
                             [&file](std::span<const std::byte> bytes) { return file.append(bytes); }));
    const std::size_t size_bytes = gguf_get_tensor_size(header, id);
    const std::size_t padded = GGML_PAD(size_bytes, GGUF_DEFAULT_ALIGNMENT);
    HEARTH_TRY(file.append(std::span(kPadding).first(padded - size_bytes)));
    report.size_bytes += padded;
    std::uint64_t n = 1;
    for (const std::int64_t dim : specs[i].dims) n *= static_cast<std::uint64_t>(dim);
    report.n_parameters += n;
  }
  return report;
}

}  // namespace

Result<MakeReport> make_gguf(const MakeOptions& options) {
  const QuietLog quiet;
  const auto specs = list_tensors(options.shape);
  HEARTH_ASSIGN(types, tensor_types(options.shape, *options.quantisation, options.out));
  const GgufContext header(gguf_init_empty());
  write_metadata(header.get(), options.shape);
  gguf_set_val_u32(header.get(), "general.quantization_version", GGML_QNT_VERSION);
  gguf_set_val_u32(header.get(), "general.file_type", options.quantisation->ftype);
  HEARTH_TRY(write_vocabulary(header.get(), options));
  HEARTH_TRY(add_tensors(header.get(), specs, types));
  PartFile file(options.out);
  if (!gguf_write_to_file(header.get(), file.part().c_str(), true))
    return fail(os_error("write", file.part().string(), errno));
  HEARTH_TRY(file.open_to_append());
  HEARTH_ASSIGN(report, write_data(file, header.get(), specs, options.seed));
  HEARTH_TRY(file.commit());
  return report;
}

}  // namespace hearth::make_gguf
