// The weights of an ONNX model: initialisers and constants, in the file or beside it.
#pragma once

#include <filesystem>

#include "formats/byte_source.h"
#include "formats/weight_table.h"
#include "hearth/result.h"

namespace hearth {

// Walks the protobuf message without a protobuf library and without reading weights. `metadata` gets "ir_version",
// "producer_name" and "opset" (of the default domain). Graphs inside operators (loops, branches) are walked to a depth
// of 16. InvalidData for a damaged or truncated message, for raw data whose length is not what shape and type need, and
// for an external file named by an absolute path or one that leaves the model's folder.
// Source: onnx.proto (ONNX 1.18), protobuf encoding guide.
Result<WeightTable> read_onnx(ByteSource& source);

// As above, and checks that each external file is there and as long as it must be: NotFound, InvalidData otherwise.
Result<WeightTable> read_onnx(const std::filesystem::path& path);

}  // namespace hearth
