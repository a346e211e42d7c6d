#include "fake_devices.h"

#include <algorithm>
#include <cctype>
#include <tuple>

#include "hearth/sdk/devices.h"

namespace hearth::fake {
namespace {

constexpr std::uint64_t kMiB = 1U << 20U;
constexpr const char* kCpu = "cpu";

// Bytes per value of a KV type, f16 being 1. Source: ggml's block sizes (q8_0: 34 bytes for 32 values, and so on).
double kv_type_ratio(const std::string& type) {
  static const std::map<std::string, double> kRatios = {{"f32", 2.0},        {"f16", 1.0},        {"bf16", 1.0},
                                                        {"q8_0", 34.0 / 64}, {"q5_1", 24.0 / 64}, {"q5_0", 22.0 / 64},
                                                        {"q4_1", 20.0 / 64}, {"q4_0", 18.0 / 64}};
  const auto found = kRatios.find(type);
  if (found != kRatios.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, ratio] : kRatios) names.push_back(name);
  throw sdk::Error(HEARTH_INVALID_ARGUMENT, "no KV cache type '" + type + "'; this runtime has: " + sdk::join(names));
}

std::string buffer_kind(const std::string& device) {
  std::string kind = device;
  for (char& c : kind) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return kind;
}

void add(sdk::MemoryItems& items, const std::string& device, const char* component, std::uint64_t bytes) {
  if (bytes != 0) items.push_back({device, buffer_kind(device), component, bytes, 0});
}

}  // namespace

Devices::Devices()
    : devices_{{kCpu, "cpu", "scripted processor", 16384 * kMiB},
               {"fake0", "gpu", "scripted GPU", 256 * kMiB},
               {"fake1", "npu", "scripted NPU", 64 * kMiB}} {}

std::vector<sdk::Device> Devices::list() const {
  const std::lock_guard lock(gate_);
  std::vector<sdk::Device> all;
  for (const auto& device : devices_) {
    all.push_back(
        {device.id, device.kind, device.description, device.total_bytes, device.total_bytes - device.used_bytes});
  }
  return all;
}

std::uint64_t Devices::free_bytes(const std::string& id) const {
  for (const auto& device : list()) {
    if (device.id == id) return *device.free_bytes;
  }
  return 0;
}

void Devices::reserve(const sdk::MemoryItems& items) {
  const std::lock_guard lock(gate_);
  auto after = devices_;
  for (const auto& item : items) {
    auto& device = *std::ranges::find(after, item.device, &Device::id);
    const auto left = device.total_bytes - device.used_bytes;
    if (item.bytes > left) {
      throw sdk::Error(HEARTH_OUT_OF_MEMORY, "device '" + item.device + "' has " + std::to_string(left) +
                                                 " bytes left and " + item.component + " needs " +
                                                 std::to_string(item.bytes) +
                                                 "; use a smaller context or another device");
    }
    device.used_bytes += item.bytes;
  }
  devices_ = after;
}

void Devices::release(const sdk::MemoryItems& items) {
  const std::lock_guard lock(gate_);
  for (const auto& item : items) std::ranges::find(devices_, item.device, &Device::id)->used_bytes -= item.bytes;
}

Reservation::Reservation(std::shared_ptr<Devices> devices, sdk::MemoryItems items)
    : devices_(std::move(devices)), items_(std::move(items)) {
  devices_->reserve(items_);
}

LayerSplit split_layers(const Script& script, const sdk::LoadOptions& options, const Devices& devices) {
  const auto chosen = sdk::choose_devices(options, devices.list());
  const bool names_cpu = std::ranges::find(chosen, kCpu) != chosen.end();
  const auto n_wanted = options.n_gpu_layers < 0
                            ? script.n_layer
                            : std::min(script.n_layer, static_cast<std::uint32_t>(options.n_gpu_layers));
  LayerSplit split;
  std::uint32_t n_placed = 0;
  for (const auto& id : chosen) {
    if (id == kCpu) continue;
    const auto n_fit = script.memory.layer_bytes == 0 ? n_wanted : devices.free_bytes(id) / script.memory.layer_bytes;
    const auto n = static_cast<std::uint32_t>(std::min<std::uint64_t>(n_wanted - n_placed, n_fit));
    if (n != 0) split.emplace_back(id, n);
    n_placed += n;
  }
  const bool names_other = chosen.size() > (names_cpu ? 1U : 0U);
  if (names_other && n_placed < n_wanted && !names_cpu && options.fallback == sdk::Fallback::kNone) {
    throw sdk::Error(HEARTH_OUT_OF_MEMORY, "only " + std::to_string(n_placed) + " of " + std::to_string(n_wanted) +
                                               " layers of " + script.path + " fit on " + sdk::join(chosen) +
                                               "; name cpu too or allow the fallback");
  }
  if (n_placed < script.n_layer) split.emplace_back(kCpu, script.n_layer - n_placed);
  return split;
}

sdk::MemoryItems model_memory(const Script& script, const sdk::LoadOptions& options, const LayerSplit& split) {
  sdk::MemoryItems items;
  std::uint64_t cpu_bytes = script.memory.other_bytes;
  for (const auto& [device, n] : split) {
    if (device == kCpu) {
      cpu_bytes += n * script.memory.layer_bytes;
    } else {
      add(items, device, HEARTH_MEM_WEIGHTS, n * script.memory.layer_bytes);
    }
  }
  const bool is_mapped = options.use_mmap != sdk::Toggle::kOff;
  if (cpu_bytes != 0)
    items.push_back({kCpu, is_mapped ? "CPU_Mapped" : "CPU", HEARTH_MEM_WEIGHTS, cpu_bytes, is_mapped ? cpu_bytes : 0});
  add(items, kCpu, HEARTH_MEM_RUNTIME, script.memory.runtime_bytes);
  return items;
}

sdk::MemoryItems context_memory(const Script& script, const sdk::TextOptions& options, const LayerSplit& split) {
  const double ratio = (kv_type_ratio(options.kv_type_k) + kv_type_ratio(options.kv_type_v)) / 2;
  const char* state = script.is_recurrent ? HEARTH_MEM_RECURRENT_STATE : HEARTH_MEM_KV_CACHE;
  const double state_bytes = static_cast<double>(script.memory.kv_bytes_per_token) * ratio *
                             (script.is_recurrent ? options.n_seq_max : options.n_ctx);
  sdk::MemoryItems items;
  for (const auto& [device, n] : split) {
    add(items, device, state, static_cast<std::uint64_t>(state_bytes * n / script.n_layer));
    add(items, device, HEARTH_MEM_COMPUTE, script.memory.compute_bytes_per_token * options.n_ubatch);
  }
  add(items, kCpu, HEARTH_MEM_OUTPUT, script.memory.output_bytes_per_token * options.n_batch);
  return items;
}

sdk::MemoryItems merged(const sdk::MemoryItems& items) {
  std::map<std::tuple<std::string, std::string, std::string>, std::size_t> index;
  sdk::MemoryItems sums;
  for (const auto& item : items) {
    const auto [found, is_new] = index.try_emplace({item.device, item.buffer_kind, item.component}, sums.size());
    if (is_new) {
      sums.push_back(item);
    } else {
      sums[found->second].bytes += item.bytes;
      sums[found->second].mapped_bytes += item.mapped_bytes;
    }
  }
  return sums;
}

}  // namespace hearth::fake
