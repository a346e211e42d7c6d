// The tokenizer part of the metadata: a real vocabulary cut or padded to size, or a synthetic one.
#pragma once

#include <filesystem>

#include "gguf_context.h"
#include "hearth/result.h"

namespace hearth::make_gguf {

// 256 byte tokens, three specials, the rest numbered words; any text tokenizes to bytes and back. At least 260 tokens.
Status write_synthetic_vocabulary(gguf_context* out, std::uint32_t n_vocab);

// All tokenizer.* keys of the GGUF `from`, with exactly n_vocab tokens: longer lists are cut, shorter ones get unused
// padding tokens. Special tokens that fall off are left out. InvalidData when `from` has no vocabulary.
Status copy_vocabulary(gguf_context* out, const std::filesystem::path& from, std::uint32_t n_vocab);

}  // namespace hearth::make_gguf
