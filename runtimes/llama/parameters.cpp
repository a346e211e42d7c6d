#include "parameters.h"

#include <algorithm>
#include <array>
#include <limits>
#include <thread>
#include <utility>

namespace hearth::llama {
namespace {

// llama.cpp's own programs offer these for a KV cache; other types lack kernels.
constexpr std::array kCacheTypes = {GGML_TYPE_F16,  GGML_TYPE_F32,    GGML_TYPE_BF16, GGML_TYPE_Q8_0, GGML_TYPE_Q4_0,
                                    GGML_TYPE_Q4_1, GGML_TYPE_IQ4_NL, GGML_TYPE_Q5_0, GGML_TYPE_Q5_1};

constexpr std::array<std::pair<const char*, enum llama_pooling_type>, 6> kPoolings = {{
    {"", LLAMA_POOLING_TYPE_UNSPECIFIED},
    {"none", LLAMA_POOLING_TYPE_NONE},
    {"mean", LLAMA_POOLING_TYPE_MEAN},
    {"cls", LLAMA_POOLING_TYPE_CLS},
    {"last", LLAMA_POOLING_TYPE_LAST},
    {"rank", LLAMA_POOLING_TYPE_RANK},
}};

constexpr std::array<std::pair<const char*, llama_split_mode>, 3> kSplitModes = {
    {{"layer", LLAMA_SPLIT_MODE_LAYER}, {"none", LLAMA_SPLIT_MODE_NONE}, {"row", LLAMA_SPLIT_MODE_ROW}}};

ggml_type cache_type(const std::string& name, const char* option) {
  std::vector<std::string> known;
  for (const auto type : kCacheTypes) {
    if (name == ggml_type_name(type)) return type;
    known.emplace_back(ggml_type_name(type));
  }
  throw sdk::Error(HEARTH_INVALID_ARGUMENT,
                   std::string(option) + " is '" + name + "'; llama.cpp keeps a KV cache in: " + sdk::join(known));
}

enum llama_pooling_type pooling_type(const std::string& name) {
  std::vector<std::string> known;
  for (const auto& [text, type] : kPoolings) {
    if (name == text) return type;
    if (*text != '\0') known.emplace_back(text);
  }
  throw sdk::Error(HEARTH_INVALID_ARGUMENT, "pooling is '" + name + "'; llama.cpp has: " + sdk::join(known));
}

llama_load_mode load_mode(const sdk::LoadOptions& options) {
  const bool lock = options.use_mlock == sdk::Toggle::kOn;
  switch (options.use_mmap) {
    case sdk::Toggle::kOff: return lock ? LLAMA_LOAD_MODE_MLOCK : LLAMA_LOAD_MODE_NONE;
    case sdk::Toggle::kOn: return lock ? LLAMA_LOAD_MODE_MMAP_MLOCK : LLAMA_LOAD_MODE_MMAP;
    case sdk::Toggle::kAuto: break;
  }
  return lock ? LLAMA_LOAD_MODE_MMAP_MLOCK : LLAMA_LOAD_MODE_AUTO;
}

template <class T>
T extra(const sdk::LoadOptions& options, const char* key, T fallback) {
  return options.extra.contains(key) ? options.extra.at(key).get<T>() : fallback;
}

std::vector<float> tensor_split(const sdk::LoadOptions& options, std::size_t n_devices) {
  if (!options.extra.contains("tensor_split")) return {};
  std::vector<float> split;
  for (const auto& share : options.extra.at("tensor_split")) {
    if (!share.is_number() || share.get<float>() < 0)
      throw sdk::Error(HEARTH_INVALID_ARGUMENT,
                       "tensor_split holds " + sdk::json_text(share) + "; give one share of at least 0 a device");
    split.push_back(share.get<float>());
  }
  if (split.size() > n_devices)
    throw sdk::Error(HEARTH_INVALID_ARGUMENT, "tensor_split has " + std::to_string(split.size()) + " shares for " +
                                                  std::to_string(n_devices) + " devices");
  split.resize(llama_max_devices());  // the length llama.cpp reads
  return split;
}

int thread_count(std::uint32_t wanted, const char* option) {
  if (wanted > GGML_MAX_N_THREADS) {
    throw sdk::Error(HEARTH_INVALID_ARGUMENT, std::string(option) + " is " + std::to_string(wanted) +
                                                  "; llama.cpp takes at most " + std::to_string(GGML_MAX_N_THREADS));
  }
  // On Linux and Windows this counts only the processors that the process may use.
  const auto usable = std::clamp(std::thread::hardware_concurrency(), 1U, static_cast<unsigned>(GGML_MAX_N_THREADS));
  return static_cast<int>(wanted == 0 ? usable : wanted);
}

}  // namespace

std::vector<sdk::Key> extra_keys() {
  using enum sdk::KeyType;
  std::vector<std::string> modes;
  for (const auto& [name, mode] : kSplitModes) modes.emplace_back(name);
  return {
      {.name = "vocab_only", .type = kBool, .about = "load the tokenizer and no weights; contexts can't be made"},
      {.name = "check_tensors", .type = kBool, .about = "look for invalid values in the weights while loading; slow"},
      {.name = "repack",
       .type = kBool,
       .about = "lay weights out anew for faster CPU kernels, in anonymous memory (default true)"},
      {.name = "huge_pages",
       .type = kBool,
       .about = "repacked weights in pages of 2 MiB, where the system has them: answers come faster, loading takes "
                "longer (default false)"},
      {.name = "split_mode", .type = kString, .about = "how several GPUs share a model", .one_of = modes},
      {.name = "main_gpu",
       .type = kInteger,
       .about = "index of the GPU that split_mode none uses",
       .minimum = 0,
       .maximum = 15},
      {.name = "tensor_split", .type = kArray, .about = "share of the model for each GPU"},
      {.name = "swa_full",
       .type = kBool,
       .about =
           "keep all cells of sliding-window layers: more memory, sequences can be trimmed anywhere (default false)"},
  };
}

ModelParameters model_parameters(const sdk::LoadOptions& options) {
  auto chosen = choose_offload_devices(options);
  ModelParameters out;
  out.params = llama_model_default_params();
  out.params.n_gpu_layers = chosen.offload.empty() ? 0 : options.n_gpu_layers;
  out.tensor_split = tensor_split(options, std::max<std::size_t>(1, chosen.offload.size()));
  out.devices = std::move(chosen.offload);
  out.devices.push_back(nullptr);
  out.missing_devices = std::move(chosen.missing);
  out.params.devices = out.devices.data();
  if (!out.tensor_split.empty()) out.params.tensor_split = out.tensor_split.data();
  out.params.load_mode = load_mode(options);
  out.params.vocab_only = extra(options, "vocab_only", false);
  out.params.check_tensors = extra(options, "check_tensors", false);
  out.params.use_extra_bufts = extra(options, "repack", true);
  out.huge_pages = extra(options, "huge_pages", false);
  out.params.main_gpu = extra(options, "main_gpu", 0);
  const auto split = extra<std::string>(options, "split_mode", "layer");
  for (const auto& [name, mode] : kSplitModes) {
    if (split == name) out.params.split_mode = mode;
  }
  return out;
}

ContextDefaults context_defaults(const sdk::LoadOptions& options) {
  return {options.n_threads, extra(options, "swa_full", false)};
}

llama_context_params context_parameters(const sdk::TextOptions& options, const ContextDefaults& defaults) {
  if (options.n_ctx > std::numeric_limits<std::int32_t>::max() - 256) {  // positions are int32, llama.cpp pads to 256
    throw sdk::Error(HEARTH_INVALID_ARGUMENT, "a context of " + std::to_string(options.n_ctx) +
                                                  " tokens is more than positions can number; ask for less");
  }
  if (options.n_seq_max > llama_max_parallel_sequences()) {
    throw sdk::Error(HEARTH_INVALID_ARGUMENT,
                     "n_seq_max is " + std::to_string(options.n_seq_max) + "; llama.cpp holds at most " +
                         std::to_string(llama_max_parallel_sequences()) + " sequences in a context");
  }
  auto params = llama_context_default_params();
  // llama.cpp reserves one output row a sequence from the start and checks it against the batch, which it cuts to
  // n_ctx.
  params.n_ctx = options.n_ctx == 0 ? 0 : std::max(options.n_ctx, options.n_seq_max);
  params.n_batch = std::max(options.n_batch, options.n_seq_max);
  params.n_ubatch = options.n_ubatch;
  params.n_seq_max = options.n_seq_max;
  params.n_threads = thread_count(options.n_threads == 0 ? defaults.n_threads : options.n_threads, "n_threads");
  params.n_threads_batch =
      options.n_threads_batch == 0 ? params.n_threads : thread_count(options.n_threads_batch, "n_threads_batch");
  params.flash_attn_type = static_cast<llama_flash_attn_type>(options.flash_attention);
  params.type_k = cache_type(options.kv_type_k, "kv_type_k");
  params.type_v = cache_type(options.kv_type_v, "kv_type_v");
  params.embeddings = options.embeddings;
  params.pooling_type = options.embeddings ? pooling_type(options.pooling) : LLAMA_POOLING_TYPE_UNSPECIFIED;
  params.swa_full = defaults.swa_full;
  // n_ctx counts tokens over all sequences, which only a shared pool of cells can promise.
  params.kv_unified =
      options.unified_kv == sdk::Toggle::kAuto ? options.n_seq_max > 1 : options.unified_kv == sdk::Toggle::kOn;
  return params;
}

const char* pooling_name(enum llama_pooling_type pooling) {
  for (const auto& [text, type] : kPoolings) {
    if (type == pooling) return text;
  }
  return "";
}

}  // namespace hearth::llama
