// Scratch memory of a graph: the largest moment of its intermediate results.
#pragma once

#include <cstdint>

#include "estimate/memory_cache.h"

namespace hearth {

// Of a decoder in llama.cpp and its kin: the largest of logits, feed-forward, attention and recurrent stages, each by
// its live tensors. Against llama.cpp's own reservation the formula is within 1 % where logits decide, which is most
// models; see bench/results/memory.json for the distribution.
[[nodiscard]] std::uint64_t decoder_compute_bytes(const CacheQuery& query);

// Of a vision, sound or text encoder, by its tokens and widths, 4 bytes a value.
[[nodiscard]] std::uint64_t encoder_compute_bytes(const CatalogEncoder& encoder, std::uint64_t tokens);
[[nodiscard]] std::uint64_t vision_compute_bytes(const CatalogVision& vision);

// Of a fixed graph of which only the input and the work are known.
[[nodiscard]] std::uint64_t graph_compute_bytes(const CatalogModel& model, std::uint32_t batch);

}  // namespace hearth
