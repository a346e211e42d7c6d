// Writes one GGUF with random weights.
#pragma once

#include <cstdint>
#include <filesystem>

#include "hearth/result.h"
#include "shapes.h"
#include "type_rules.h"

namespace hearth::make_gguf {

struct MakeOptions {
  ModelShape shape;                            // n_vocab decides the size of the vocabulary
  const Quantisation* quantisation = nullptr;  // borrowed constant data, never null
  std::filesystem::path vocabulary;            // empty: a synthetic one
  std::uint64_t seed = 1;
  std::filesystem::path out;
};

struct MakeReport {
  std::uint64_t size_bytes = 0;
  std::uint64_t n_parameters = 0;
};

// Streams the file to `out` by way of a temporary name beside it; memory stays below some 50 MiB whatever the size.
// Silences llama.cpp's log for the duration: its state is global, so call from one thread at a time.
Result<MakeReport> make_gguf(const MakeOptions& options);

}  // namespace hearth::make_gguf
