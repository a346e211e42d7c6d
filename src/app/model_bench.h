// A model measured on this machine through the engine: prefill and decode apart, then a load of several streams.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/hearth_app.h"
#include "app/served_models.h"
#include "base/call_bounds.h"
#include "bench/load_figures.h"

namespace hearth {

struct ModelBenchOptions {
  ServedModelSettings model;  // its caches are switched off: nothing is measured twice
  std::uint32_t prompt_tokens = 512;
  std::uint32_t answer_tokens = 128;
  std::uint32_t repeats = 5;
  std::vector<bench::LoadRequest> requests{};  // empty: no load
  std::uint32_t clients = 1;
  double arrivals_per_s = 0;  // above 0: the requests arrive by themselves
  SamplingOptions sampling{};
};

struct MeasuredLoad {
  bench::LoadResult load;
  bench::LoadFigures figures;
  double cpu_s = 0;  // of this process, while the load ran
};

struct ModelBench {
  ModelFacts model;
  std::vector<double> prefill_tok_s;  // of one stream alone; one a repeat
  std::vector<double> decode_tok_s;
  std::optional<MeasuredLoad> load;
  std::optional<std::uint64_t> peak_rss_bytes;  // of this process
};

// Warms up, then measures. `progress` gets a line before each part. Errors of opening the model, of the bounds, and the
// first failed request of a part that measures one stream.
[[nodiscard]] Result<ModelBench> bench_model(HearthApp& app, const ModelBenchOptions& options, const CallBounds& bounds,
                                             const std::function<void(const std::string&)>& progress);

}  // namespace hearth
