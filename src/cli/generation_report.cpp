#include "cli/generation_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace hearth::cli {
namespace {

using nlohmann::ordered_json;

ordered_json timings_to_json(const RunMetrics& m) {
  ordered_json timings = {{"load_ms", m.load_ms}};
  if (m.completion_tokens > 0) timings["ttft_ms"] = m.ttft_ms;
  if (m.prefill_tok_s() > 0) timings["prefill_tok_s"] = m.prefill_tok_s();
  if (m.decode_tok_s() > 0) timings["decode_tok_s"] = m.decode_tok_s();
  return timings;
}

ordered_json memory_to_json(const TextSession& session, const MemoryBreakdown& reserved) {
  ordered_json memory = ordered_json::object();
  if (const auto peak = session.peak_rss_bytes()) memory["peak_rss_bytes"] = *peak;
  memory["reserved"] = reserved.by_component();
  return memory;
}

}  // namespace

Result<ordered_json> generation_to_json(const TextSession& session, const GenerationResult& result,
                                        std::uint64_t seed) {
  HEARTH_ASSIGN(reserved, session.memory_now());
  HEARTH_ASSIGN(placed, session.placement());
  ordered_json placement = ordered_json::array();
  for (const auto& item : placed.items)
    placement.push_back({{"device", item.device},
                         {"kind", item.buffer_kind},
                         {"component", item.component},
                         {"bytes", item.bytes},
                         {"mapped_bytes", item.mapped_bytes}});
  ordered_json document = {
      {"model", session.model().name},
      {"runtime", session.runtime().name},
      {"runtime_version", session.runtime().version},
      {"transport", session.worker_pid() == 0 ? "in-process" : "worker"},
      {"context_length", session.context_length()},
      {"seed", seed},
      {"text", result.text},
      {"tokens", result.tokens},
      {"finish_reason", to_string(result.finish)},
      {"usage",
       {{"prompt_tokens", result.metrics.prompt_tokens}, {"completion_tokens", result.metrics.completion_tokens}}},
      {"timings", timings_to_json(result.metrics)},
      {"memory", memory_to_json(session, reserved)},
      {"placement", placement},
      {"notices", session.notices()}};
  return document;
}

std::string describe_figures(const GenerationResult& result) {
  const RunMetrics& m = result.metrics;
  std::string text;
  if (m.completion_tokens > 0) text += fmt::format("TTFT {:.0f} ms · ", m.ttft_ms);
  text += fmt::format("prefill {:.0f} tok/s ({} tokens", m.prefill_tok_s(), m.prompt_tokens - m.reused_tokens);
  if (m.reused_tokens > 0) text += fmt::format(", {} kept", m.reused_tokens);
  text += ")";
  if (m.decode_tok_s() > 0)
    text += fmt::format(" · decode {:.1f} tok/s ({} tokens)", m.decode_tok_s(), m.completion_tokens);
  return text;
}

}  // namespace hearth::cli
