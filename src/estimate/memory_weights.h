// The bytes of a decoder's tensors, counted one by one from its dimensions.
#pragma once

#include <cstdint>

#include "domain/catalog_model.h"
#include "domain/catalog_precision.h"

namespace hearth {

// Which tensors go to the accelerator: the layers from `first_device_layer` on, their routed experts apart where they
// stay on the processor. The output goes with the last layer.
struct WeightSplit {
  std::uint64_t first_device_layer = 0;
  bool experts_on_cpu = false;
};

// What a processor backend lays out anew, as bits: 1 << TensorType.
using TensorTypeSet = std::uint64_t;

// Bytes, the copies among them too: `repacked_cpu` of those that stay on the processor, which the kernels read from a
// layout of their own.
struct WeightBytes {
  std::uint64_t embedding = 0;   // the table that tokens are looked up in; also the output where those are tied
  std::uint64_t output = 0;      // 0 where tied
  std::uint64_t layers_cpu = 0;  // without routed experts
  std::uint64_t layers_device = 0;
  std::uint64_t experts_cpu = 0;
  std::uint64_t experts_device = 0;
  std::uint64_t repacked_cpu = 0;  // of layers_cpu and experts_cpu
  std::uint64_t repacked_output = 0;

  [[nodiscard]] std::uint64_t total() const {
    return embedding + output + layers_cpu + layers_device + experts_cpu + experts_device;
  }
};

// Of the text part: a vision or sound tower is none of it. Exact for GGUF types up to biases and norms that the record
// doesn't name, which are counted from its number of parameters; other formats by their bits, with the embeddings at
// what their converters leave them. All layers on the processor where `split.first_device_layer` is past the last.
[[nodiscard]] WeightBytes decoder_weights(const CatalogModel& model, const CatalogPrecision& precision,
                                          const WeightSplit& split, TensorTypeSet repacked);

// Parameters of the towers beside the decoder.
[[nodiscard]] std::uint64_t tower_parameters(const CatalogModel& model);

}  // namespace hearth
