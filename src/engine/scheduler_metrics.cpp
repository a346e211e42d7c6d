#include "engine/scheduler_metrics.h"

namespace hearth {
namespace {

std::string labels(const std::string& model) { return metric_label("model", model); }

}  // namespace

SchedulerMetrics::SchedulerMetrics(MetricsRegistry& registry, const std::string& model)
    : finished(registry.counter("hearth_requests_finished_total", "requests answered to their end", labels(model))),
      failed(registry.counter("hearth_requests_failed_total", "requests ended by an error", labels(model))),
      refused(registry.counter("hearth_requests_refused_total", "requests that found the queue full", labels(model))),
      prompt_tokens(registry.counter("hearth_prompt_tokens_total", "tokens of prompts", labels(model))),
      computed_tokens(
          registry.counter("hearth_computed_tokens_total", "tokens computed, drafts included", labels(model))),
      completion_tokens(registry.counter("hearth_completion_tokens_total", "tokens generated", labels(model))),
      drafted_tokens(registry.counter("hearth_drafted_tokens_total", "tokens guessed beforehand", labels(model))),
      accepted_tokens(
          registry.counter("hearth_accepted_tokens_total", "guessed tokens that were right", labels(model))),
      steps(registry.counter("hearth_steps_total", "decode calls of the scheduler", labels(model))),
      preemptions(registry.counter("hearth_preemptions_total", "answers put aside for want of cells", labels(model))),
      growths(registry.counter("hearth_context_growths_total", "times the context grew", labels(model))),
      cached_tokens{},
      queued_ms(registry.histogram("hearth_queue_ms", "request accepted to its start", labels(model))),
      ttft_ms(registry.histogram("hearth_ttft_ms", "request accepted to first output token", labels(model))),
      tpot_ms(
          registry.histogram("hearth_tpot_ms", "time per output token after the first, of an answer", labels(model))),
      itl_ms(registry.histogram("hearth_itl_ms", "time between two tokens of a stream", labels(model))),
      step_ms(registry.histogram("hearth_step_ms", "a step of the scheduler", labels(model))),
      host_ms(registry.histogram("hearth_step_host_ms", "a step's time outside the runtime", labels(model))),
      host_cpu_ms(
          registry.histogram("hearth_step_host_cpu_ms", "a step's processor time outside the runtime", labels(model))),
      cache_cpu_ms(registry.histogram("hearth_cache_cpu_ms",
                                      "processor time of keeping computed cells between two steps", labels(model))),
      prefill_tok_s(registry.histogram("hearth_prefill_tok_s", "computed prompt tokens of a request over their time",
                                       labels(model))),
      decode_tok_s(registry.histogram("hearth_decode_tok_s", "decode speed of an answer", labels(model))) {
  const char* tiers[] = {"live", "ram", "ssd"};
  for (std::size_t i = 0; i < kCacheTiers; ++i) {
    cached_tokens[i] = &registry.counter("hearth_cached_tokens_total", "prompt tokens taken from the prefix cache",
                                         labels(model) + "," + metric_label("tier", tiers[i]));
  }
}

}  // namespace hearth
