#include "app/model_fit.h"

#include <fmt/format.h>

#include "app/memory_gate.h"
#include "app/model_opening.h"
#include "base/units.h"
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

}  // namespace

Result<FitReport> fit_model(const SessionHost& host, const FitRequest& request) {
  HEARTH_ASSIGN(file, open_model_file(request.model, host.store, host.registry));
  HEARTH_ASSIGN(chosen, choose_runtime(host.registry, {}, file.format));
  HEARTH_ASSIGN(text, text_options(request, file));
  HEARTH_ASSIGN(memory, system_memory());
  if (file.header) HEARTH_TRY(check_lower_bound(*file.header, text, memory.total_bytes));
  HEARTH_ASSIGN(runtime, host.registry.open(chosen.name, Transport::kWorker));
  LoadOptions load;
  load.path = file.model.path.string();
  FitReport report;
  HEARTH_ASSIGN(need, runtime->estimate(load, text));
  report.need = std::move(need);
  report.model = file.model.name;
  report.runtime = chosen.name;
  report.users = request.users;
  report.context_length = text.n_ctx / request.users;
  report.budgets = budgets_of(chosen.info, memory);
  report.fits = fits_pools(report.need, report.budgets);
  return report;
}

}  // namespace hearth
