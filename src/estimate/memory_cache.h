// What a model remembers of the tokens so far: keys and values by layer, and the state of recurrent layers.
#pragma once

#include <cstdint>
#include <string_view>

#include "domain/catalog_model.h"
#include "domain/catalog_precision.h"
#include "hearth/result.h"

namespace hearth {

struct CacheQuery {
  const CatalogModel* model = nullptr;          // with a decoder
  const CatalogPrecision* precision = nullptr;  // nullptr: F16
  std::uint64_t context_length = 0;             // of each user
  std::uint32_t users = 1;
  std::uint32_t micro_batch = 512;
  std::string_view runtime;
  bool flash_attention = true;
  bool unified = true;
  std::uint64_t first_device_layer = 0;  // caches lie beside their layers
};

struct CacheBytes {
  std::uint64_t kv_cpu = 0, kv_device = 0, recurrent_cpu = 0, recurrent_device = 0;
};

// Positions that full and windowed layers keep, over all users.
struct CacheCells {
  std::uint64_t full = 0, windowed = 0;
};

// Source for llama: llama.cpp 0.5, llama-context.cpp (contexts padded to 256), llama-kv-cache-iswa.cpp (windowed layers
// keep the window of every user and one micro batch, padded to 256), llama-memory-recurrent.cpp. vLLM and its kin give
// out blocks of 16 tokens; other runtimes are counted by the token.
[[nodiscard]] CacheCells cache_cells(const CacheQuery& query);

// kUnsupported with the runtime's reason where it refuses the types.
[[nodiscard]] Result<CacheBytes> cache_bytes(const CacheQuery& query);

// Bytes that so many values take in this precision.
[[nodiscard]] std::uint64_t cached_bytes(const CatalogPrecision* precision, std::uint64_t values);

// Values that one layer keeps for each token; 0 where it keeps none of its own.
[[nodiscard]] std::uint64_t cached_values(const CatalogDecoder& decoder, char layer_kind);
[[nodiscard]] std::uint64_t recurrent_bytes_per_user(const CatalogDecoder& decoder);  // of one recurrent layer

}  // namespace hearth
