// What the readers of safetensors, ONNX, TFLite and OpenVINO IR have in common: a list of weights with exact sizes.
// GGUF has its own, richer type (gguf.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hearth {

struct WeightTensor {
  std::string name;  // as in the file; may be empty where the format allows it
  std::string type;  // as the format spells it, lower case: "f32", "bf16", "int8"
  std::vector<std::uint64_t> dims;
  std::uint64_t size_bytes = 0;  // exact, as stored
  std::string external_file;     // "" : in this file; else a path relative to it
  std::uint64_t offset = 0;      // of the data in its file, where the format tells; else 0
};

// A value. Each stored byte is counted once, however many tensors of the graph share it.
struct WeightTable {
  std::string name;    // of the source
  std::string format;  // "safetensors", "onnx", "tflite", "openvino"
  std::vector<WeightTensor> tensors;
  std::map<std::string, std::string> metadata;

  [[nodiscard]] std::uint64_t weight_bytes() const {
    std::uint64_t sum = 0;  // readers have checked each tensor against the size of its file
    for (const WeightTensor& tensor : tensors) sum += tensor.size_bytes;
    return sum;
  }
};

}  // namespace hearth
