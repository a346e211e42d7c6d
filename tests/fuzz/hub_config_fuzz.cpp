// A config.json from anywhere: an answer within bounds, or an error, and never more layers than a model has.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "formats/hub_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  hearth::CatalogModel model;
  const auto applied = hearth::apply_hub_config(text, model);
  (void)hearth::precision_of_hub_config(text);
  if (!applied && (model.decoder || model.encoder || applied.error().message.empty())) std::abort();
  if (applied && !model.decoder && !model.encoder) std::abort();
  if (model.decoder && model.decoder->layer_kinds.size() != model.decoder->layers) std::abort();
  return 0;
}
