// One rung of the precision ladder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/catalog_record.h"

namespace hearth {

struct CatalogBlock {
  std::uint64_t weights = 0;
  std::uint64_t bytes = 0;
  std::optional<int> ggml_type;
};

struct CatalogQualityLoss {
  std::string metric, model, source;
  double value = 0;
};

struct CatalogPrecision : CatalogRecord {
  std::string group;  // "float", "integer", "gguf", "method", "ternary", "kv_cache"
  std::optional<CatalogBlock> block;
  double bits_per_weight = 0;   // of a whole file where the provenance is "measured file", else of a block
  std::string bits_provenance;  // "block layout", "measured file", "definition", "variable"
  std::string made_of;
  int rung = 0;                        // fidelity, higher is truer
  std::vector<std::string> floor_for;  // uses for which nothing below this rung is planned
  std::string lossless_when;           // the training that makes this type cost nothing; may be empty
  std::vector<std::string> formats, hardware;
  std::vector<CatalogQualityLoss> quality_loss;
};

}  // namespace hearth
