#include "backends.h"

#include <llama.h>

#include <algorithm>
#include <filesystem>
#include <mutex>

#include "available_memory.h"
#include "cpu_kernels.h"
#include "library_folder.h"
#include "llama_call.h"

namespace hearth::llama {
namespace {

bool holds_backends(const std::filesystem::path& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().filename().string().starts_with("libggml-cpu")) return true;
  }
  return false;
}

// An installation keeps them beside libllama, the pinned package beside its programs.
void load_backends_beside_library() {
  const auto library = folder_of_library_with(reinterpret_cast<const void*>(&llama_version));
  if (library.empty()) return;
  for (const auto& folder : {library, library.parent_path() / "bin"}) {
    if (!holds_backends(folder)) continue;
    ggml_backend_load_all_from_path(folder.string().c_str());
    if (ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU) != nullptr) return;
  }
}

bool is_gpu(ggml_backend_dev_t device) {
  const auto type = ggml_backend_dev_type(device);
  return type == GGML_BACKEND_DEVICE_TYPE_GPU || type == GGML_BACKEND_DEVICE_TYPE_IGPU;
}

const char* kind_name(ggml_backend_dev_t device) {
  switch (ggml_backend_dev_type(device)) {
    case GGML_BACKEND_DEVICE_TYPE_CPU: return "cpu";
    case GGML_BACKEND_DEVICE_TYPE_GPU: return "gpu";
    case GGML_BACKEND_DEVICE_TYPE_IGPU: return "igpu";
    default: return "accel";
  }
}

std::vector<ggml_backend_dev_t> all_devices() {
  std::vector<ggml_backend_dev_t> devices;
  for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) devices.push_back(ggml_backend_dev_get(i));
  return devices;
}

std::string ids_of(const std::vector<sdk::Device>& devices) {
  std::vector<std::string> ids;
  for (const auto& device : devices) ids.push_back(device.id);
  return sdk::join(ids);
}

}  // namespace

void load_backends(const sdk::Host& host) {
  static std::once_flag once;  // ggml's registry is one for the process
  std::call_once(once, [&host] {
    route_logs(host);
    const CallScope scope(OnAbort::kThrow);
    if (ggml_backend_reg_count() == 0) load_backends_beside_library();
    llama_backend_init();  // searches ggml's own places when none is loaded so far
    host.log(sdk::LogLevel::kDebug, "llama", use_own_cpu_kernels());
  });
}

std::string device_id(ggml_backend_dev_t device) {
  return ggml_backend_dev_type(device) == GGML_BACKEND_DEVICE_TYPE_CPU ? "cpu" : ggml_backend_dev_name(device);
}

std::string device_id(ggml_backend_buffer_type_t type) {
  const auto device = ggml_backend_buft_get_device(type);
  return device == nullptr || ggml_backend_buft_is_host(type) ? "cpu" : device_id(device);
}

std::vector<sdk::Device> list_devices() {
  std::vector<sdk::Device> devices;
  for (const auto device : all_devices()) {
    sdk::Device out{device_id(device), kind_name(device), ggml_backend_dev_description(device)};
    std::size_t free_bytes = 0;
    std::size_t total_bytes = 0;
    ggml_backend_dev_memory(device, &free_bytes, &total_bytes);
    if (total_bytes != 0) {  // accelerators that work in RAM (BLAS) tell 0
      out.total_bytes = total_bytes;
      out.free_bytes = free_bytes;
      if (out.kind == "cpu") out.free_bytes = available_memory_bytes();
    }
    devices.push_back(std::move(out));
  }
  return devices;
}

ChosenDevices choose_offload_devices(const sdk::LoadOptions& options) {
  const bool allows_fallback = options.fallback == sdk::Fallback::kReport;
  const auto devices = all_devices();
  ChosenDevices chosen;
  for (const auto& id : options.devices) {
    const auto found = std::ranges::find_if(devices, [&id](auto device) { return device_id(device) == id; });
    if (found == devices.end() && !allows_fallback) {
      throw sdk::Error(HEARTH_UNAVAILABLE,
                       "llama.cpp has no device '" + id + "' on this machine; it has: " + ids_of(list_devices()));
    }
    if (found == devices.end()) {
      chosen.missing.push_back(id);
    } else if (is_gpu(*found)) {
      chosen.offload.push_back(*found);
    }
  }
  if (options.devices.empty()) std::ranges::copy_if(devices, std::back_inserter(chosen.offload), is_gpu);
  if (chosen.offload.empty() && options.n_gpu_layers > 0) {
    if (!allows_fallback) {
      throw sdk::Error(
          HEARTH_UNAVAILABLE,
          std::to_string(options.n_gpu_layers) +
              " layers were asked for on a GPU and llama.cpp has none to use; it has: " + ids_of(list_devices()));
    }
    chosen.missing.emplace_back("gpu");
  }
  return chosen;
}

}  // namespace hearth::llama
