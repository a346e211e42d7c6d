#include "lora.h"

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "gguf_context.h"
#include "platform/os_error.h"
#include "random_weights.h"

namespace hearth::make_gguf {
namespace {

constexpr std::array<std::string_view, 3> kTargets = {".attn_q.weight", ".attn_v.weight", ".ffn_down.weight"};

bool is_target(std::string_view name) {
  for (const auto suffix : kTargets) {
    if (name.starts_with("blk.") && name.ends_with(suffix)) return true;
  }
  return false;
}

struct Target {
  std::string name;
  std::int64_t n_in = 0;
  std::int64_t n_out = 0;
};

struct Base {
  std::string architecture;
  std::vector<Target> targets;
};

Result<Base> read_base(const std::filesystem::path& path) {
  ggml_context* raw = nullptr;
  const GgufContext file(gguf_init_from_file(path.c_str(), {true, &raw}));
  const GgmlContext tensors(raw);
  if (!file) return fail(ErrorCode::kInvalidData, "'" + path.string() + "' is no GGUF file", "give the model's file");
  Base base;
  if (const auto key = gguf_find_key(file.get(), "general.architecture"); key >= 0)
    base.architecture = gguf_get_val_str(file.get(), key);
  for (ggml_tensor* each = ggml_get_first_tensor(raw); each != nullptr; each = ggml_get_next_tensor(raw, each)) {
    if (is_target(ggml_get_name(each))) base.targets.push_back({ggml_get_name(each), each->ne[0], each->ne[1]});
  }
  if (base.targets.empty())
    return fail(ErrorCode::kInvalidData, "'" + path.string() + "' has no attention or feed-forward weights to adapt");
  return base;
}

class Adapter {
 public:
  Adapter(const LoraOptions& options, const Base& base)
      : options_(options),
        file_(gguf_init_empty()),
        tensors_(ggml_init({bytes_of(options, base), nullptr, false})),
        random_(options.seed) {
    gguf_set_val_str(file_.get(), "general.type", "adapter");
    gguf_set_val_str(file_.get(), "general.architecture", base.architecture.c_str());
    gguf_set_val_str(file_.get(), "adapter.type", "lora");
    gguf_set_val_f32(file_.get(), "adapter.lora.alpha", options.alpha);
    for (const Target& target : base.targets) {
      add(target.name + ".lora_a", target.n_in, options.rank);
      add(target.name + ".lora_b", options.rank, target.n_out);
    }
  }
  Result<MakeReport> write() {
    if (!gguf_write_to_file(file_.get(), options_.out.c_str(), false))
      return fail(os_error("write", options_.out.string(), errno));
    report_.size_bytes += gguf_get_meta_size(file_.get());
    return report_;
  }

 private:
  static std::size_t bytes_of(const LoraOptions& options, const Base& base) {
    std::size_t bytes = 0;
    for (const Target& target : base.targets)
      bytes += 2 * (ggml_tensor_overhead() + GGUF_DEFAULT_ALIGNMENT) +
               sizeof(float) * options.rank * static_cast<std::size_t>(target.n_in + target.n_out);
    return bytes;
  }
  void add(const std::string& name, std::int64_t n0, std::int64_t n1) {
    ggml_tensor* tensor = ggml_new_tensor_2d(tensors_.get(), GGML_TYPE_F32, n0, n1);
    ggml_set_name(tensor, name.c_str());
    auto* values = static_cast<float*>(tensor->data);
    for (std::int64_t i = 0; i < n0 * n1; ++i) values[i] = options_.deviation * random_.normal();
    gguf_add_tensor(file_.get(), tensor);
    report_.n_parameters += static_cast<std::uint64_t>(n0 * n1);
    report_.size_bytes += GGML_PAD(ggml_nbytes(tensor), GGUF_DEFAULT_ALIGNMENT);
  }

  const LoraOptions& options_;
  GgufContext file_;
  GgmlContext tensors_;
  Random random_;
  MakeReport report_;
};

}  // namespace

Result<MakeReport> make_lora(const LoraOptions& options) {
  if (options.rank == 0) return fail(ErrorCode::kInvalidArgument, "a LoRA of rank 0 has no weights", "give a rank");
  HEARTH_ASSIGN(base, read_base(options.base));
  return Adapter(options, base).write();
}

}  // namespace hearth::make_gguf
