// The config.json that model hubs put beside weights, as dimensions of a record. Field names: those of the transformers
// library, version 4, and of the older models it took them from.
#pragma once

#include <string>
#include <string_view>

#include "domain/catalog_model.h"
#include "hearth/result.h"

namespace hearth {

// Sets decoder, encoder and what follows from them in a record that has weights only; of models with several parts the
// language part. Decoders with full, windowed, latent and gated-delta layers, dense and with experts, and encoders of
// the BERT family. InvalidData for text that is no JSON object or has impossible sizes; Unsupported, with the reason
// and nothing set, for architectures whose memory the file doesn't tell.
[[nodiscard]] Status apply_hub_config(std::string_view text, CatalogModel& model);

// The precision record that its quantization_config stands for: "AWQ", "GPTQ"; empty where there is none.
[[nodiscard]] std::string precision_of_hub_config(std::string_view text);

}  // namespace hearth
