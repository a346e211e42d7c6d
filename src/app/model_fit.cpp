#include "app/model_fit.h"

#include <fmt/format.h>

#include "app/catalog_loading.h"
#include "app/formula_fit.h"
#include "app/memory_gate.h"
#include "app/model_card.h"
#include "app/model_opening.h"
#include "app/model_place.h"
#include "app/weight_reading.h"
#include "app/weights_fit.h"
#include "base/units.h"
#include "platform/http_range.h"
#include "platform/process_memory.h"
#include "platform/system_memory.h"

namespace hearth {
namespace {

constexpr std::uint64_t kContextTotalMax = 1U << 30U;  // tokens over all users; positions stay inside 31 bits

Result<TextOptions> text_options(const FitRequest& request, const ModelFile& file) {
  TextOptions text;
  const std::uint64_t each = request.context_length != 0 ? request.context_length : default_context_length(file);
  std::uint64_t total = 0;
  if (!checked_mul(each, request.users, total) || total > kContextTotalMax)
    return fail(ErrorCode::kDoesNotFit,
                fmt::format("{} users with {} tokens each are more cells than any machine holds", request.users, each),
                "take a shorter --ctx or fewer --users");
  text.n_ctx = static_cast<std::uint32_t>(total);
  text.n_seq_max = request.users;
  text.kv_type_k = request.kv_type;
  text.kv_type_v = request.kv_type;
  text.flash_attention = request.flash_attention;
  text.n_ubatch = request.micro_batch;
  return text;
}

// RAM as the system has it, devices as the runtime tells them; a device that shares RAM is no pool of its own.
std::vector<PoolBudget> budgets_of(const RuntimeInfo& info, const SystemMemory& memory) {
  std::vector<PoolBudget> budgets = {{"ram", memory.available_bytes}};
  for (const auto& device : info.devices)
    if (device.kind != "cpu" && device.kind != "igpu" && device.free_bytes)
      budgets.push_back({device.id, *device.free_bytes});
  return budgets;
}

bool fits_pools(const MemoryBreakdown& need, const std::vector<PoolBudget>& budgets) {
  std::uint64_t in_ram = 0;
  for (const auto& [device, bytes] : need.by_device()) {
    bool own_pool = false;
    for (const auto& budget : budgets) {
      if (budget.pool != device) continue;
      own_pool = true;
      if (bytes > budget.bytes) return false;
    }
    if (!own_pool) in_ram += bytes;
  }
  return in_ram <= budgets.front().bytes;
}

// What the two processes took beside the model: everything that an estimate needs but weights, caches and scratch.
std::uint64_t measured_overhead(int worker_pid) {
  const auto own = peak_rss_bytes(0);
  const auto worker = worker_pid == 0 ? Result<std::uint64_t>(0) : peak_rss_bytes(worker_pid);
  return (own ? *own : 0) + (worker ? *worker : 0);
}

// A card needs a decoder that the formulas know; a file for which there is none is fitted by its runtime alone.
void add_formula(FitReport& report, const std::filesystem::path& data_folder, const ModelFile& file,
                 FitRequest request) {
  if (!file.header) return;
  const auto card = card_of_gguf(*file.header);
  const auto catalog = load_catalog(data_folder);
  if (!card || !catalog) return;
  request.runtime = report.runtime;
  request.precision = report.precision;
  request.context_length = report.context_length;
  if (auto memory = formula_memory(*catalog, *card, request)) report.formula = std::move(memory).value();
}

Result<FitReport> fit_file(const SessionHost& host, const std::filesystem::path& data_folder, const ModelFile& file,
                           const FitRequest& request) {
  HEARTH_ASSIGN(chosen, choose_runtime(host.registry, request.runtime, file.format));
  HEARTH_ASSIGN(text, text_options(request, file));
  HEARTH_ASSIGN(memory, system_memory());
  if (file.header) HEARTH_TRY(check_lower_bound(*file.header, text, memory.total_bytes));
  HEARTH_ASSIGN(runtime, host.registry.open(chosen.name, Transport::kWorker));
  LoadOptions load;
  load.path = file.model.path.string();
  if (!request.use_mmap) load.use_mmap = Toggle::kOff;
  FitReport report;
  HEARTH_ASSIGN(need, runtime->estimate(load, text));
  report.need = std::move(need);
  report.model = file.model.name;
  if (file.header) report.precision = precision_of_gguf(*file.header);
  report.runtime = chosen.name;
  report.basis = fit_basis::kEstimate;
  report.users = request.users;
  report.context_length = text.n_ctx / request.users;
  if (const auto overhead = measured_overhead(runtime->worker_pid()); overhead > 0)
    report.need.items.push_back({"cpu", "", memory_component::kRuntime, overhead, 0});
  add_formula(report, data_folder, file, request);  // after the overhead was read: the catalogue is none of it
  report.budgets = budgets_of(chosen.info, memory);
  report.fits = fits_pools(report.need, report.budgets);
  return report;
}

Result<FitReport> fit_record(const Catalog& catalog, const CatalogModel& model, const FitRequest& wanted) {
  HEARTH_ASSIGN(memory, system_memory());
  HEARTH_ASSIGN(request, settled_for(catalog, model, wanted));
  HEARTH_ASSIGN(precision, catalog.precision(request.precision));
  HEARTH_ASSIGN(need, formula_memory(catalog, model, request));
  FitReport report;
  report.need = std::move(need);
  report.model = model.id;
  report.precision = precision->name;
  report.runtime = request.runtime;
  report.basis = fit_basis::kFormula;
  report.users = request.users;
  report.context_length = request.context_length;
  report.budgets = {{"ram", memory.available_bytes}};
  report.fits = fits_pools(report.need, report.budgets);
  return report;
}

Result<FitReport> fit_table(const std::filesystem::path& data_folder, const FitRequest& request) {
  HEARTH_ASSIGN(place, ModelPlace::of(request.model, request.offline));
  HEARTH_ASSIGN(catalog, load_catalog(data_folder));
  HEARTH_ASSIGN(report, fit_weights(catalog, place, request));
  HEARTH_ASSIGN(memory, system_memory());
  report.budgets = {{"ram", memory.available_bytes}};
  report.fits = fits_pools(report.need, report.budgets);
  return report;
}

// A format whose table can be read serves where no plugin does; the plugins' reasons stand where it can't.
bool has_table(const ModelFile& file) {
  return file.header || file.format == "safetensors" || file.format == "onnx" || file.format == "tflite" ||
         file.format == "openvino_ir";
}

Result<FitReport> fit_present(const SessionHost& host, const std::filesystem::path& data_folder, const ModelFile& file,
                              const FitRequest& request) {
  if (choose_runtime(host.registry, request.runtime, file.format) || !has_table(file))
    return fit_file(host, data_folder, file, request);
  FitRequest of_file = request;
  of_file.model = file.model.path.string();
  HEARTH_ASSIGN(report, fit_table(data_folder, of_file));
  report.model = file.model.name;
  return report;
}

Status check_no_precision(const FitRequest& request, const std::string& where) {
  if (request.precision.empty()) return {};
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("--precision {} was given, but the weights in {} have theirs already", request.precision, where),
      "leave --precision out, or name a model of the catalogue");
}

}  // namespace

Result<FitReport> fit_model(const SessionHost& host, const std::filesystem::path& data_folder,
                            const FitRequest& request) {
  if (is_http_url(request.model) || is_shard_index(request.model)) {
    HEARTH_TRY(check_no_precision(request, request.model));
    return fit_table(data_folder, request);
  }
  auto file = open_model_file(request.model, host.store, host.registry);
  if (file) {
    HEARTH_TRY(check_no_precision(request, file->model.path.string()));
    return fit_present(host, data_folder, *file, request);
  }
  HEARTH_ASSIGN(catalog, load_catalog(data_folder));
  const auto record = catalog.model(request.model);
  if (record) return fit_record(catalog, **record, request);
  // A file that is there but broken is what was meant; otherwise the nearest name of the catalogue helps more.
  const bool is_name = file.error().code == ErrorCode::kNotFound && request.model.find('/') == std::string::npos;
  return fail(is_name ? record.error() : file.error());
}

}  // namespace hearth
