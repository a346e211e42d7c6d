#include "type_rules.h"

#include <algorithm>
#include <fstream>
#include <system_error>

#include "formats/gguf.h"
#include "gguf_context.h"
#include "metadata.h"

namespace hearth::make_gguf {
namespace {

namespace fs = std::filesystem;

// Source: llama.h, enum llama_ftype; names as llama-quantize prints them.
constexpr Quantisation kQuantisations[] = {
    {"F32", LLAMA_FTYPE_ALL_F32, false},           {"F16", LLAMA_FTYPE_MOSTLY_F16, false},
    {"BF16", LLAMA_FTYPE_MOSTLY_BF16, false},      {"Q8_0", LLAMA_FTYPE_MOSTLY_Q8_0, false},
    {"Q6_K", LLAMA_FTYPE_MOSTLY_Q6_K, false},      {"Q5_K_M", LLAMA_FTYPE_MOSTLY_Q5_K_M, false},
    {"Q5_K_S", LLAMA_FTYPE_MOSTLY_Q5_K_S, false},  {"Q5_1", LLAMA_FTYPE_MOSTLY_Q5_1, false},
    {"Q5_0", LLAMA_FTYPE_MOSTLY_Q5_0, false},      {"Q4_K_M", LLAMA_FTYPE_MOSTLY_Q4_K_M, false},
    {"Q4_K_S", LLAMA_FTYPE_MOSTLY_Q4_K_S, false},  {"Q4_1", LLAMA_FTYPE_MOSTLY_Q4_1, false},
    {"Q4_0", LLAMA_FTYPE_MOSTLY_Q4_0, false},      {"IQ4_NL", LLAMA_FTYPE_MOSTLY_IQ4_NL, false},
    {"IQ4_XS", LLAMA_FTYPE_MOSTLY_IQ4_XS, false},  {"MXFP4_MOE", LLAMA_FTYPE_MOSTLY_MXFP4_MOE, false},
    {"Q3_K_L", LLAMA_FTYPE_MOSTLY_Q3_K_L, false},  {"Q3_K_M", LLAMA_FTYPE_MOSTLY_Q3_K_M, false},
    {"Q3_K_S", LLAMA_FTYPE_MOSTLY_Q3_K_S, false},  {"IQ3_M", LLAMA_FTYPE_MOSTLY_IQ3_M, false},
    {"IQ3_S", LLAMA_FTYPE_MOSTLY_IQ3_S, false},    {"IQ3_XS", LLAMA_FTYPE_MOSTLY_IQ3_XS, true},
    {"IQ3_XXS", LLAMA_FTYPE_MOSTLY_IQ3_XXS, true}, {"Q2_K", LLAMA_FTYPE_MOSTLY_Q2_K, false},
    {"Q2_K_S", LLAMA_FTYPE_MOSTLY_Q2_K_S, true},   {"IQ2_M", LLAMA_FTYPE_MOSTLY_IQ2_M, true},
    {"IQ2_S", LLAMA_FTYPE_MOSTLY_IQ2_S, true},     {"IQ2_XS", LLAMA_FTYPE_MOSTLY_IQ2_XS, true},
    {"IQ2_XXS", LLAMA_FTYPE_MOSTLY_IQ2_XXS, true}, {"IQ1_M", LLAMA_FTYPE_MOSTLY_IQ1_M, true},
    {"IQ1_S", LLAMA_FTYPE_MOSTLY_IQ1_S, true},     {"TQ2_0", LLAMA_FTYPE_MOSTLY_TQ2_0, false},
    {"TQ1_0", LLAMA_FTYPE_MOSTLY_TQ1_0, false},    {"Q2_0", LLAMA_FTYPE_MOSTLY_Q2_0, false},
    {"Q1_0", LLAMA_FTYPE_MOSTLY_Q1_0, false},
};

constexpr std::int64_t kProxyRows = 2;  // one row would make it a vector, which is never quantised

// The same tensor with two rows (and two experts): all that the rules can tell apart.
std::vector<std::int64_t> proxy_dims(const TensorSpec& spec) {
  std::vector<std::int64_t> dims = spec.dims;
  for (std::size_t i = 1; i < dims.size(); ++i) dims[i] = std::min(dims[i], kProxyRows);
  return dims;
}

Status write_proxy(const ModelShape& shape, const std::vector<TensorSpec>& specs, const fs::path& path) {
  const GgufContext out(gguf_init_empty());
  write_metadata(out.get(), shape);
  const GgmlContext tensors(ggml_init({ggml_tensor_overhead() * (specs.size() + 1), nullptr, true}));
  for (const TensorSpec& spec : specs) {
    const auto dims = proxy_dims(spec);
    ggml_tensor* tensor = ggml_new_tensor(tensors.get(), GGML_TYPE_F32, static_cast<int>(dims.size()), dims.data());
    ggml_set_name(tensor, spec.name.c_str());
    gguf_add_tensor(out.get(), tensor);
  }
  if (!gguf_write_to_file(out.get(), path.c_str(), true))
    return fail(ErrorCode::kIo, "can't write '" + path.string() + "'", "check the folder and the free space");
  const std::int64_t last = gguf_get_n_tensors(out.get()) - 1;
  const std::size_t data_bytes = gguf_get_tensor_offset(out.get(), last) + gguf_get_tensor_size(out.get(), last);
  std::error_code failure;  // the weights are a hole of zeros: their values don't matter
  fs::resize_file(path, gguf_get_meta_size(out.get()) + GGML_PAD(data_bytes, GGUF_DEFAULT_ALIGNMENT), failure);
  if (failure) return fail(ErrorCode::kIo, "can't write '" + path.string() + "': " + failure.message());
  return {};
}

// A flat importance matrix for every proxy tensor.
class FlatImportance {
 public:
  explicit FlatImportance(const std::vector<TensorSpec>& specs) {
    std::size_t longest = 0;
    for (const TensorSpec& spec : specs) longest = std::max(longest, size_of(spec));
    ones_.assign(longest, 1.0F);
    for (const TensorSpec& spec : specs) rows_.push_back({spec.name.c_str(), ones_.data(), size_of(spec)});
    rows_.push_back({nullptr, nullptr, 0});
  }
  [[nodiscard]] const llama_model_imatrix_data* rows() const { return rows_.data(); }

 private:
  static std::size_t size_of(const TensorSpec& spec) {
    const auto dims = proxy_dims(spec);
    return static_cast<std::size_t>(dims[0] * (dims.size() > 2 ? dims[2] : 1));
  }
  std::vector<float> ones_;
  std::vector<llama_model_imatrix_data> rows_;
};

// Removes both files on every way out.
struct ScratchFiles {
  fs::path original;
  fs::path quantised;
  explicit ScratchFiles(const fs::path& scratch)
      : original(scratch.string() + ".proxy.tmp"), quantised(scratch.string() + ".types.tmp") {}
  ScratchFiles(const ScratchFiles&) = delete;
  ScratchFiles& operator=(const ScratchFiles&) = delete;
  ~ScratchFiles() {
    std::error_code ignored;
    fs::remove(original, ignored);
    fs::remove(quantised, ignored);
  }
};

}  // namespace

std::span<const Quantisation> quantisations() { return kQuantisations; }

const Quantisation* find_quantisation(std::string_view name) {
  const auto same = [name](const Quantisation& row) {
    return std::equal(row.name.begin(), row.name.end(), name.begin(), name.end(),
                      [](char a, char b) { return a == (b >= 'a' && b <= 'z' ? b - 'a' + 'A' : b); });
  };
  const auto* const row = std::find_if(std::begin(kQuantisations), std::end(kQuantisations), same);
  return row == std::end(kQuantisations) ? nullptr : row;
}

Result<std::map<std::string, ggml_type>> tensor_types(const ModelShape& shape, const Quantisation& quantisation,
                                                      const fs::path& scratch) {
  const auto specs = list_tensors(shape);
  const ScratchFiles files(scratch);
  HEARTH_TRY(write_proxy(shape, specs, files.original));
  llama_model_quantize_params params = llama_model_quantize_default_params();
  params.ftype = quantisation.ftype;
  params.nthread = 1;
  const FlatImportance importance(specs);
  if (quantisation.needs_importance) params.imatrix = importance.rows();
  if (llama_model_quantize(files.original.c_str(), files.quantised.c_str(), &params) != 0)
    return fail(ErrorCode::kUnsupported,
                "llama.cpp can't quantise " + std::string(shape.name) + " to " + std::string(quantisation.name),
                "choose another --type");
  HEARTH_ASSIGN(quantised, read_gguf(files.quantised));
  std::map<std::string, ggml_type> types;
  for (const GgufTensor& tensor : quantised.tensors) types[tensor.name] = static_cast<ggml_type>(tensor.type->id);
  return types;
}

}  // namespace hearth::make_gguf
