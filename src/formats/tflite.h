// The weights of a TensorFlow Lite (LiteRT) model.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "formats/byte_source.h"
#include "formats/weight_table.h"
#include "hearth/result.h"

namespace hearth {

// Walks the flatbuffer with every offset checked; reads no weights. One entry for each buffer that holds data, named
// and shaped after the first tensor that uses it. `metadata` gets "description" and "subgraphs". InvalidData for
// anything but a well-formed "TFL3" file whose buffers lie inside it. Source: TensorFlow Lite schema.fbs (version 3),
// FlatBuffers internals documentation.
Result<WeightTable> read_tflite(ByteSource& source);
Result<WeightTable> read_tflite(const std::filesystem::path& path);

// One input or output of the first subgraph that is quantised as a whole: real = (stored - zero_point) * scale.
struct TfliteQuantization {
  std::string name;
  float scale = 0;
  std::int64_t zero_point = 0;
};

// Those of the inputs and outputs that are quantised with one scale. Errors as read_tflite.
Result<std::vector<TfliteQuantization>> read_tflite_quantization(ByteSource& source);
Result<std::vector<TfliteQuantization>> read_tflite_quantization(const std::filesystem::path& path);

}  // namespace hearth
