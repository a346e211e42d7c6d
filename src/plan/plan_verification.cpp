#include <fmt/format.h>

#include "base/units.h"
#include "plan/plan_explanations.h"

namespace hearth {
namespace {

std::string model_argument(const PlanChoice& choice) { return choice.file.empty() ? choice.model : choice.file; }

PlanVerification figure(const PlanChoice& choice, const char* name, const char* metric, const char* unit,
                        const std::optional<Interval>& projected) {
  PlanVerification out;
  out.name = fmt::format("{}.{}", choice.task, name);
  out.task = choice.task;
  out.command = "hearth verify plan.json";
  out.metric = metric;
  out.unit = unit;
  out.projected = projected;
  if (projected)
    out.expect = fmt::format("{:.3g} {} ({:.3g} to {:.3g})", projected->value, unit, projected->low, projected->high);
  return out;
}

Interval bytes_within(std::uint64_t bytes) {
  const double value = static_cast<double>(bytes);
  // what a formula of dimensions is off by; the runtime's own estimate replaces it once the file is here
  return {value, 0.0, value * 1.05 + 64.0 * static_cast<double>(kMiB)};
}

}  // namespace

std::vector<PlanVerification> verification_of(const Plan& plan) {
  std::vector<PlanVerification> out;
  for (const auto& choice : plan.choices) {
    const auto& p = choice.projection;
    PlanVerification memory =
        figure(choice, "memory", "total_bytes", "bytes", bytes_within(choice.memory.total_bytes()));
    memory.expect = fmt::format("at most {}", format_bytes(static_cast<std::uint64_t>(memory.projected->high)));
    if (p.decode_tok_s) {
      memory.command = fmt::format("hearth fit -m {} --ctx {} --users {}", model_argument(choice),
                                   choice.context_length, choice.users);
      out.push_back(std::move(memory));
      out.push_back(figure(choice, "ttft", "ttft_ms", "ms", p.ttft_ms));
      out.push_back(figure(choice, "prefill", "prefill_tok_s", "tok/s", p.prefill_tok_s));
      out.push_back(figure(choice, "decode", "decode_tok_s", "tok/s", p.decode_tok_s));
      out.push_back(figure(choice, "sustained", "sustained_decode_tok_s", "tok/s", p.sustained_decode_tok_s));
      continue;
    }
    out.push_back(std::move(memory));
    if (p.latency_ms) out.push_back(figure(choice, "latency", "latency_ms", "ms", p.latency_ms));
    if (p.fps) out.push_back(figure(choice, "fps", "fps", "1/s", p.fps));
    if (p.rtf) out.push_back(figure(choice, "rtf", "rtf", "s/s", p.rtf));
  }
  return out;
}

}  // namespace hearth
