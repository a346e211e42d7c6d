// The header of a safetensors file.
#pragma once

#include <filesystem>

#include "formats/byte_source.h"
#include "formats/weight_table.h"
#include "hearth/result.h"

namespace hearth {

// Reads and checks the header; of the data only its extent. `metadata` gets the texts of "__metadata__".
// InvalidData when the header is longer than 100 MB (the format's own limit), is no JSON of the agreed form, or when
// tensors overlap, leave holes, don't match their shape and type, or end elsewhere than the file.
// Source: safetensors format description, github.com/huggingface/safetensors README.
Result<WeightTable> read_safetensors(ByteSource& source);
Result<WeightTable> read_safetensors(const std::filesystem::path& path);

}  // namespace hearth
