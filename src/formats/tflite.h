// The weights of a TensorFlow Lite (LiteRT) model.
#pragma once

#include <filesystem>

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

}  // namespace hearth
