// What is checked of a GGUF before llama.cpp sees it, and what only its header tells.
#pragma once

#include <gguf.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace hearth::llama {

struct GgufDeleter {
  void operator()(gguf_context* context) const { gguf_free(context); }
};
using Gguf = std::unique_ptr<gguf_context, GgufDeleter>;

// Reads the header of the GGUF at `path`, checks that its tensors lie inside the file, and returns it; weights are not
// read. llama.cpp ends the process over some broken files, so what can be told from outside is told here.
// Throws NOT_FOUND, PERMISSION_DENIED, IO, INVALID_DATA (no GGUF, truncated, corrupt) or UNSUPPORTED (version, byte
// order).
Gguf open_model_file(const std::string& path);

// Throws INVALID_DATA unless the header says enough to be a model: an architecture and sane dimensions.
void check_model_header(const std::string& path, const gguf_context& header);

// The files of a model in parts ("...-00001-of-00003.gguf"), or `path` alone.
std::vector<std::string> model_parts(const std::string& path, const gguf_context& header);

// Of all tensors in the header.
std::uint64_t tensor_bytes(const gguf_context& header);

}  // namespace hearth::llama
