#include "gpu_layers.h"

#include <algorithm>
#include <map>

#include "llama_call.h"
#include "llama_handles.h"
#include "memory_ledger.h"

namespace hearth::llama {
namespace {

// No context is known yet when a model is loaded; a later, larger one fails with DOES_NOT_FIT and a smaller
// n_gpu_layers is then the user's choice.
constexpr std::uint32_t kUsualContext = 4096;
// Left free on each device for its driver and for graphs that grow. Source: llama.cpp's common_params_fit keeps 1 GiB.
constexpr std::uint64_t kMarginBytes = std::uint64_t{1} << 30U;

bool fits(const std::string& path, llama_model_params params, int n_gpu_layers) {
  params.n_gpu_layers = n_gpu_layers;
  const auto model = load_model(path, params);
  auto context_params = llama_context_default_params();
  context_params.n_ctx = std::min<std::uint32_t>(
      kUsualContext, static_cast<std::uint32_t>(std::max(1, llama_model_n_ctx_train(model.get()))));
  const auto context = make_context(model.get(), context_params);
  const auto memory = context_memory(context.get(), {});
  std::map<std::string, std::uint64_t> needed;
  for (const auto* items : {&memory.weights, &memory.state}) {
    for (const auto& item : *items) needed[item.device] += item.bytes;
  }
  return std::ranges::all_of(list_devices(), [&needed](const sdk::Device& device) {
    if (device.kind == "cpu" || !device.free_bytes || !needed.contains(device.id)) return true;
    return needed[device.id] + kMarginBytes <= *device.free_bytes;
  });
}

}  // namespace

int gpu_layers_that_fit(const sdk::Host& host, const std::string& path, llama_model_params params) {
  if (!tells_memory()) return -1;
  const CallScope scope(OnAbort::kThrow);
  params.no_alloc = true;
  params.load_mode = LLAMA_LOAD_MODE_NONE;
  if (fits(path, params, -1)) return -1;
  int good = 0;
  int bad = llama_model_n_layer(load_model(path, params).get()) + 1;  // the output counts as one more
  while (bad - good > 1) {
    const int middle = good + (bad - good) / 2;
    (fits(path, params, middle) ? good : bad) = middle;
  }
  host.log(
      sdk::LogLevel::kWarn, "llama",
      "the GPUs have room for " + std::to_string(good) + " layers of '" + path + "'; the others run on the processor");
  return good;
}

}  // namespace hearth::llama
