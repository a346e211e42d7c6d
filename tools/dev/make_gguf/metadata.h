// The metadata that describes a shape to llama.cpp, without the vocabulary.
#pragma once

#include "gguf_context.h"
#include "shapes.h"

namespace hearth::make_gguf {

// Source: llama.cpp 0.5.0, load_hparams() and load_arch_hparams() of each architecture.
void write_metadata(gguf_context* out, const ModelShape& shape);

}  // namespace hearth::make_gguf
