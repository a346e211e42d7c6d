// What the ONNX Runtime plugin reads of a file before ONNX Runtime does: any bytes are refused or give whole ports.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "onnx_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace ort = hearth::onnxruntime;
  try {
    const ort::OnnxFile file = ort::parse_onnx({reinterpret_cast<const char*>(data), size}, "fuzz/model.onnx");
    if (file.ports.outputs.empty() || file.input_dim_names.size() != file.ports.inputs.size()) std::abort();
    for (std::size_t i = 0; i < file.ports.inputs.size(); ++i) {
      if (file.input_dim_names[i].size() != file.ports.inputs[i].shape.size()) std::abort();
      for (const auto dim : file.ports.inputs[i].shape) {
        if (dim < -1) std::abort();
      }
    }
  } catch (const hearth::sdk::Error&) {
    return 0;  // how it refuses
  }
  return 0;
}
