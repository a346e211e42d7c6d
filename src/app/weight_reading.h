// The weights of a model's files, counted from their own tables: GGUF, safetensors, ONNX, TFLite, OpenVINO IR.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/model_place.h"
#include "formats/gguf.h"
#include "hearth/result.h"

namespace hearth {

struct StoredWeights {
  std::string format;            // as the catalogue names it: "gguf", "safetensors", "onnx", "tflite", "openvino_ir"
  std::uint64_t bytes = 0;       // of all tensors, each once; of GGUF with the padding between them
  std::uint64_t elements = 0;    // of packed types fewer than parameters
  std::string precision;         // a precision record's name: the type that most bytes are in
  int files = 1;                 // that hold weights
  std::optional<GgufFile> gguf;  // of a split model with the tensors of all parts
};

// Whether the name is that of an index of shards: "model.safetensors.index.json".
[[nodiscard]] bool is_shard_index(const std::string& name);

// Reads headers only: those of all shards of an index, and of all parts of a split GGUF. Errors as the readers of the
// formats; InvalidData for a file of no such format, and for an index that names tensors its shards lack.
[[nodiscard]] Result<StoredWeights> read_stored_weights(ModelPlace& place);

}  // namespace hearth
