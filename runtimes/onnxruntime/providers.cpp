#include "providers.h"

#include <algorithm>
#include <unordered_map>

namespace hearth::onnxruntime {
namespace {

// Source: the documentation of ONNX Runtime, "Execution Providers", and GetAvailableProviders of 1.32.
constexpr Provider kProviders[] = {
    {"cpu", "CPUExecutionProvider", "", "cpu", "the processor, by ONNX Runtime's own kernels"},
    {"xnnpack", "XnnpackExecutionProvider", "XNNPACK", "cpu", "the processor, by XNNPACK"},
    {"cuda", "CUDAExecutionProvider", "", "gpu", "NVIDIA GPU by CUDA"},
    {"tensorrt", "TensorrtExecutionProvider", "", "gpu", "NVIDIA GPU by TensorRT"},
    {"tensorrt-rtx", "NvTensorRTRTXExecutionProvider", "NvTensorRtRtx", "gpu", "NVIDIA RTX GPU by TensorRT for RTX"},
    {"openvino", "OpenVINOExecutionProvider", "OpenVINO", "cpu", "Intel processors, GPUs and NPUs by OpenVINO"},
    {"qnn", "QNNExecutionProvider", "QNN", "npu", "Qualcomm NPU by QNN"},
    {"migraphx", "MIGraphXExecutionProvider", "MIGraphX", "gpu", "AMD GPU by MIGraphX"},
    {"directml", "DmlExecutionProvider", "DML", "gpu", "any GPU with DirectX 12"},
    {"coreml", "CoreMLExecutionProvider", "CoreML", "npu", "Apple's processors by Core ML"},
    {"nnapi", "NnapiExecutionProvider", "NNAPI", "npu", "Android's accelerators by NNAPI"},
    {"webgpu", "WebGpuExecutionProvider", "WebGPU", "gpu", "any GPU with WebGPU"},
};

using Options = std::unordered_map<std::string, std::string>;

void append_cuda(Ort::SessionOptions& options, const Options& values) {
  Ort::CUDAProviderOptions cuda;
  cuda.Update(values);
  options.AppendExecutionProvider_CUDA_V2(*cuda);
}

void append_tensorrt(Ort::SessionOptions& options, Options values, const std::string& cache_dir) {
  if (!cache_dir.empty()) {  // engines take minutes to build
    values.try_emplace("trt_engine_cache_enable", "1");
    values.try_emplace("trt_engine_cache_path", cache_dir);
    values.try_emplace("trt_timing_cache_enable", "1");
    values.try_emplace("trt_timing_cache_path", cache_dir);
  }
  Ort::TensorRTProviderOptions tensorrt;
  tensorrt.Update(values);
  options.AppendExecutionProvider_TensorRT_V2(*tensorrt);
}

}  // namespace

std::span<const Provider> provider_table() { return kProviders; }

std::vector<const Provider*> available_providers() {
  if (ort_library().version.empty()) return {};
  const auto names =
      with_ort_errors("asking ONNX Runtime for its providers", [] { return Ort::GetAvailableProviders(); });
  std::vector<const Provider*> rows;
  for (const auto& row : kProviders) {
    if (std::ranges::find(names, row.name) != names.end()) rows.push_back(&row);
  }
  return rows;
}

std::vector<sdk::Device> provider_devices() {
  std::vector<sdk::Device> devices;
  for (const auto* row : available_providers()) devices.push_back({row->device, row->kind, row->about});
  return devices;
}

const Provider* provider_of_device(const std::string& device) {
  const auto* row = std::ranges::find(kProviders, device, &Provider::device);
  return row == std::end(kProviders) ? nullptr : row;
}

void append_provider(Ort::SessionOptions& options, const Provider& provider, const nlohmann::json& provider_options,
                     const std::string& cache_dir) {
  const std::string device = provider.device;
  if (device == "cpu") return;  // always last in every session
  Options values;
  for (const auto& [key, value] : provider_options.items()) {
    if (!value.is_string())
      throw sdk::Error(HEARTH_INVALID_DATA, "the option '" + key + "' of " + device + " is no text");
    values[key] = value.get<std::string>();
  }
  with_ort_errors("adding the execution provider " + std::string(provider.name), [&] {
    if (device == "cuda") return append_cuda(options, values);
    if (device == "tensorrt") return append_tensorrt(options, values, cache_dir);
    options.AppendExecutionProvider(provider.append, values);
  });
}

}  // namespace hearth::onnxruntime
