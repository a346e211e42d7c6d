// What a scheduler counts, by model.
#pragma once

#include <array>
#include <string>

#include "metrics/registry.h"
#include "schedule/prefix_index.h"

namespace hearth {

// References into the registry, looked up once. Thread-safe.
struct SchedulerMetrics {
  SchedulerMetrics(MetricsRegistry& registry, const std::string& model);

  Counter& finished;
  Counter& failed;
  Counter& refused;
  Counter& prompt_tokens;
  Counter& computed_tokens;
  Counter& completion_tokens;
  Counter& drafted_tokens;
  Counter& accepted_tokens;
  Counter& steps;
  Counter& preemptions;
  Counter& growths;
  std::array<Counter*, kCacheTiers> cached_tokens;
  Histogram& queued_ms;
  Histogram& ttft_ms;
  Histogram& tpot_ms;
  Histogram& itl_ms;
  Histogram& step_ms;
  Histogram& host_ms;       // of a step: everything but the runtime's computing
  Histogram& host_cpu_ms;   // the same in processor time: without what other threads took meanwhile
  Histogram& cache_cpu_ms;  // processor time of keeping computed cells, beside the steps
  Histogram& prefill_tok_s;
  Histogram& decode_tok_s;
};

}  // namespace hearth
