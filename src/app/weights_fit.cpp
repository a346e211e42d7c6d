#include "app/weights_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/formula_fit.h"
#include "app/model_card.h"
#include "app/weight_reading.h"
#include "base/contains.h"
#include "formats/hub_config.h"
#include "platform/operating_system.h"

namespace hearth {
namespace {

constexpr std::uint64_t kConfigBytesMax = 16U << 20U;

// Whose native format it is comes first.
constexpr std::array<const char*, 6> kUsual = {"llama", "onnxruntime", "openvino", "litert", "vllm", "mlx"};

bool reads(const CatalogRuntime& runtime, const std::string& format, const char* system) {
  return std::any_of(runtime.support.begin(), runtime.support.end(), [&](const CatalogSupport& support) {
    return contains(support.formats, format) && (system == nullptr || contains(support.os, system));
  });
}

Result<std::string> runtime_for(const Catalog& catalog, const std::string& wanted, const std::string& format) {
  if (!wanted.empty()) {
    HEARTH_ASSIGN(runtime, catalog.runtime(wanted));
    if (reads(*runtime, format, nullptr)) return runtime->id;
    std::vector<std::string> others;
    for (const auto& other : catalog.runtimes())
      if (reads(other, format, nullptr)) others.push_back(other.id);
    return fail(ErrorCode::kUnsupported, fmt::format("{} does not read {} files", runtime->name, format),
                fmt::format("these do: {}", fmt::join(others, ", ")));
  }
  for (const char* system : {operating_system(), static_cast<const char*>(nullptr)}) {
    for (const char* id : kUsual)
      if (const auto runtime = catalog.runtime(id); runtime && reads(**runtime, format, system)) return (*runtime)->id;
    for (const auto& runtime : catalog.runtimes())
      if (reads(runtime, format, system)) return runtime.id;
  }
  return fail(ErrorCode::kUnsupported, fmt::format("no runtime of the catalogue reads {} files", format),
              "`hearth runtimes` lists them");
}

// Dimensions from the config.json beside, where there is one that can be used; a note where not.
void add_config(ModelPlace& place, CatalogModel& card, StoredWeights& weights, std::vector<std::string>& notes) {
  const auto text = place.read_text("config.json", kConfigBytesMax);
  auto applied = text ? apply_hub_config(*text, card) : Status(fail(text.error()));
  if (!applied) {
    const std::string why =
        !text && text.error().code == ErrorCode::kNotFound ? "no config.json lies beside it" : applied.error().message;
    notes.push_back(fmt::format("KV cache and compute buffers are not counted: {}", why));
  }
  if (!text) return;
  if (std::string precision = precision_of_hub_config(*text); !precision.empty()) weights.precision = precision;
}

Result<CatalogModel> card_of(ModelPlace& place, StoredWeights& weights, std::vector<std::string>& notes) {
  if (weights.gguf) return card_of_gguf(*weights.gguf);
  CatalogModel card;
  card.parameters_total = weights.elements;
  card.parameters_provenance = "counted in the file";
  if (weights.format == "safetensors")
    add_config(place, card, weights, notes);
  else
    notes.push_back(fmt::format("compute is an assumption: the inputs of {} graphs are not read", weights.format));
  return card;
}

// Formulas share bytes out over layers and round; the file's own sum is what counts.
void set_weights(MemoryBreakdown& need, std::uint64_t bytes) {
  for (auto& item : need.items) {
    if (item.component != memory_component::kWeights) continue;
    const std::uint64_t copies = item.mapped_bytes > 0 ? item.bytes - item.mapped_bytes : 0;
    if (item.mapped_bytes > 0) item.mapped_bytes = bytes;
    item.bytes = bytes + copies;
  }
}

void drop(MemoryBreakdown& need, const char* component) {
  std::erase_if(need.items, [&](const MemoryItem& item) { return item.component == component; });
}

}  // namespace

Result<FitReport> fit_weights(const Catalog& catalog, ModelPlace& place, const FitRequest& wanted) {
  HEARTH_ASSIGN(weights, read_stored_weights(place));
  FitReport report;
  HEARTH_ASSIGN(card, card_of(place, weights, report.notes));
  FitRequest request = wanted;
  HEARTH_ASSIGN(runtime, runtime_for(catalog, wanted.runtime, weights.format));
  request.runtime = std::move(runtime);
  HEARTH_ASSIGN(precision, catalog.precision(weights.precision));
  request.precision = precision->name;
  card.name = place.file_name();
  card.formats = precision->formats;  // the file is there, so nothing has to be published
  card.files = {{weights.format, precision->name, "the file's own tensor table", weights.bytes, false}};
  HEARTH_ASSIGN(settled, settled_for(catalog, card, request));
  HEARTH_ASSIGN(need, formula_memory(catalog, card, settled));
  set_weights(need, weights.bytes);
  const bool only_weights = weights.format == "safetensors" && !card.decoder && !card.encoder;
  if (only_weights) drop(need, memory_component::kCompute);
  report.need = std::move(need);
  report.model = place.file_name();
  report.precision = precision->name;
  report.runtime = settled.runtime;
  report.basis = fit_basis::kFormula;
  report.users = settled.users;
  report.context_length = settled.context_length;
  report.stored_weight_bytes = weights.bytes;
  if (place.is_remote()) report.fetched_bytes = place.fetched_bytes();
  return report;
}

}  // namespace hearth
