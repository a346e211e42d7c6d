// The part of a fake model's script that makes it a tensor graph.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "hearth/sdk/tensor.h"

namespace hearth::fake {

enum class TensorRule { kAffine, kTable };

// kAffine: element i is scale * (element i of the input, from its start again when it is shorter) + offset.
// kTable: `values` over and over.
struct TensorOutput {
  TensorRule rule = TensorRule::kAffine;
  std::uint32_t of = 0;  // index of the input; the output's open dimensions are this input's
  double scale = 1;
  double offset = 0;
  std::vector<double> values;
};

struct TensorScript {
  sdk::TensorPorts ports;
  std::vector<TensorOutput> outputs;
  double run_us = 0;                   // how long a run takes
  std::vector<sdk::TensorNode> nodes;  // told as they are
};

// Throws INVALID_DATA naming `where`.
[[nodiscard]] TensorScript read_tensor_script(const nlohmann::json& from, const std::string& where);

// Numbers of the types that the fake computes with. `type` was checked by read_tensor_script.
[[nodiscard]] double read_element(const DLDataType& type, const void* data, std::size_t i);
void write_element(const DLDataType& type, void* data, std::size_t i, double value);

}  // namespace hearth::fake
