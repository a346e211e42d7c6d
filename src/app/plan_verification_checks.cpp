#include "app/plan_verification_checks.h"

#include <algorithm>
#include <cmath>

#include "base/units.h"
#include "metrics/ledger_summary.h"

namespace hearth {
namespace {

constexpr double kMi = static_cast<double>(kMiB);
constexpr std::string_view kBytesSuffix = "_bytes";

PlanPromise within(double value, double share, double bytes) {
  const double slack = std::max(value * share, bytes);
  return {value, std::max(0.0, value - slack), value + slack, value};
}

// All but what the runtime itself takes: that lies in no buffer that an engine could report.
MemoryBreakdown reserved_by_engine(const MemoryBreakdown& memory) {
  MemoryBreakdown out = memory;
  std::erase_if(out.items, [](const auto& item) { return item.component == memory_component::kRuntime; });
  return out;
}

PlanPromise memory_promise(const PlanChoice& choice, std::string_view metric) {
  if (choice.memory.items.empty()) return {};
  const bool estimated = choice.memory_basis != "formula";
  const auto near = [&](double value) { return estimated ? within(value, 0.01, kMi) : within(value, 0.05, 32 * kMi); };
  if (metric == "peak_rss_bytes") {
    if (choice.memory.component_bytes(memory_component::kRuntime) == 0) return {};
    auto promise = within(static_cast<double>(choice.memory.total_bytes()), 0.02, 8 * kMi);
    promise.low = 0;  // pages that are reserved but not touched yet are not resident
    return promise;
  }
  const auto engine = reserved_by_engine(choice.memory);
  if (metric == "reserved_bytes") return near(static_cast<double>(engine.total_bytes()));
  const std::string component(metric.substr(0, metric.size() - kBytesSuffix.size()));
  return near(static_cast<double>(engine.component_bytes(component)));
}

PlanPromise share_promise(const PlanChoice& choice) {
  constexpr double kShareSlack = 0.02;
  const auto engine = reserved_by_engine(choice.memory);
  const auto total = engine.total_bytes();
  if (total == 0) return {};
  std::uint64_t cpu = 0;
  for (const auto& [device, bytes] : engine.by_device())
    if (device == "cpu") cpu += bytes;
  const double share = 1 - static_cast<double>(cpu) / static_cast<double>(total);
  return {share, std::max(0.0, share - kShareSlack), std::min(1.0, share + kShareSlack), share};
}

const std::optional<Interval>* interval_of(const PlanProjection& p, std::string_view metric) {
  if (metric == "ttft_ms") return &p.ttft_ms;
  if (metric == "prefill_tok_s") return &p.prefill_tok_s;
  if (metric == "decode_tok_s") return &p.decode_tok_s;
  if (metric == "sustained_decode_tok_s") return &p.sustained_decode_tok_s;
  if (metric == "latency_ms") return &p.latency_ms;
  if (metric == "fps") return &p.fps;
  if (metric == "rtf") return &p.rtf;
  return nullptr;
}

// What was fitted, when measurements have corrected it since; the projection itself when they have not.
std::optional<double> raw_of(const PlanProjection& p, std::string_view metric,
                             const std::optional<Interval>& interval) {
  if (const auto fitted = p.fitted.find(std::string(metric)); fitted != p.fitted.end()) return fitted->second;
  if (!interval || p.basis.starts_with("measured")) return std::nullopt;
  return interval->value;
}

std::string check_name(const std::string& task, std::string_view metric) {
  if (metric == "load_ms") return task + ".load";
  if (metric == "accelerator_share") return task + ".placement";
  if (metric == "peak_rss_bytes") return task + ".memory";
  if (metric == "fps" || metric == "rtf" || metric == "wer") return task + "." + std::string(metric);
  if (metric == "sustained_decode_tok_s") return task + ".sustained";
  for (const std::string_view unit : {"_ms", "_tok_s"})
    if (metric.ends_with(unit)) return task + "." + std::string(metric.substr(0, metric.size() - unit.size()));
  return task + ".memory." + std::string(metric.substr(0, metric.size() - kBytesSuffix.size()));
}

// What a plan's total is held against: all of it, the runtime's own part too, is in the resident memory.
std::string_view measured_as(std::string_view metric) { return metric == "total_bytes" ? "peak_rss_bytes" : metric; }

const PlanVerification* step_of(const Plan& plan, const std::string& task, std::string_view metric) {
  for (const auto& step : plan.verification)
    if (step.task == task && measured_as(step.metric) == metric && !metric.empty()) return &step;
  return nullptr;
}

VerifyCheck compare(const VerifyMeasurement& m, const PlanPromise& promise, double tolerance) {
  VerifyCheck check;
  check.metric = m.metric;
  check.unit = m.unit;
  check.projected = promise.projected;
  check.low = promise.low;
  check.high = promise.high;
  check.measured = median_of(m.kept());
  check.spread = spread_of(m.kept());
  check.n = static_cast<std::uint32_t>(m.kept().size());
  check.disturbed = m.all_disturbed();
  check.note = m.note;
  if (check.disturbed) check.note += (check.note.empty() ? "" : "; ") + m.disturbance;
  if (promise.projected && *promise.projected != 0) check.error = *check.measured / *promise.projected - 1;
  if (m.metric == "load_ms") check.pass = true;  // it did load; nothing is promised of the time
  if (!promise.low && !promise.high) return check;
  const bool above = !promise.low || *check.measured >= *promise.low * (1 - tolerance);
  const bool below = !promise.high || *check.measured <= *promise.high * (1 + tolerance);
  check.pass = above && below;
  return check;
}

}  // namespace

const char* kind_of_metric(std::string_view metric) {
  if (metric.ends_with(kBytesSuffix)) return "memory";
  if (metric.ends_with("_ms")) return "latency";
  if (metric == "wer") return "quality";
  return metric == "accelerator_share" ? "placement" : "speed";
}

PlanPromise promise_of(const PlanChoice& choice, std::string_view metric) {
  if (metric.ends_with(kBytesSuffix)) return memory_promise(choice, metric);
  if (metric == "accelerator_share") return share_promise(choice);
  const auto* interval = interval_of(choice.projection, metric);
  if (interval == nullptr || !*interval) return {};
  return {(*interval)->value, (*interval)->low, (*interval)->high, raw_of(choice.projection, metric, *interval)};
}

std::vector<VerifyCheck> compare_choice(const Plan& plan, const PlanChoice& choice,
                                        const std::vector<VerifyMeasurement>& measured, double tolerance) {
  std::vector<VerifyCheck> checks;
  for (const auto& m : measured) {
    const auto* step = step_of(plan, choice.task, m.metric);
    auto promise = promise_of(choice, m.metric);
    if (step != nullptr && step->projected) {
      promise.projected = step->projected->value;
      promise.low = step->projected->low;
      promise.high = step->projected->high;
    }
    auto check = compare(m, promise, tolerance);
    check.task = choice.task;
    check.name = step != nullptr && !step->name.empty() ? step->name : check_name(choice.task, m.metric);
    checks.push_back(std::move(check));
  }
  for (const auto& step : plan.verification) {
    if (step.task != choice.task) continue;
    const bool done =
        std::any_of(checks.begin(), checks.end(), [&](const auto& c) { return c.metric == measured_as(step.metric); });
    if (done) continue;
    VerifyCheck check{.name = step.name, .task = step.task, .metric = step.metric, .unit = step.unit};
    check.skipped = step.metric.empty() ? "no figure: run `" + step.command + "` to see it"
                                        : "this program doesn't measure " + step.metric + " of this task yet";
    if (step.metric == "sustained_decode_tok_s") check.skipped = "not asked for: --seconds is 0";
    if (step.projected) {
      check.projected = step.projected->value;
      check.low = step.projected->low;
      check.high = step.projected->high;
    }
    checks.push_back(std::move(check));
  }
  return checks;
}

}  // namespace hearth
