#include "app/model_bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "engine/text_engine.h"
#include "platform/process_memory.h"

namespace hearth {
namespace {

// Processor time of this process. Source: the C standard, clock().
double cpu_s() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

constexpr std::uint32_t kWarmPromptTokens = 32, kWarmAnswerTokens = 8;

class Bench {
 public:
  Bench(HearthApp& app, const ModelBenchOptions& options, const CallBounds& bounds)
      : app_(app), options_(options), bounds_(bounds) {}

  Status open() {
    ServedModelSettings settings = options_.model;
    settings.cache_ram_bytes = settings.cache_ssd_bytes = 0;
    settings.context_length = std::max(settings.context_length, longest_request());
    HEARTH_ASSIGN(models, ServedModels::create(app_.session_host(), app_.home(), {std::move(settings)}));
    models_ = std::move(models);
    HEARTH_ASSIGN(capacities, pool_capacities(app_.registry()));
    TextEngineOptions engine;
    engine.capacities = std::move(capacities);
    engine.scheduler.queue.requests = std::max(engine.scheduler.queue.requests, options_.requests.size());
    engine.scheduler.queue.requests_per_key = engine.scheduler.queue.requests;
    engine_ =
        std::make_unique<TextEngine>(engine, TextEnginePorts{*models_, app_.clock(), app_.metrics(), app_.logger()});
    return {};
  }

  // The samples of one figure of single streams; `seed` keeps their prompts apart from all others.
  Result<std::vector<double>> one_stream(bench::LoadRequest request, double bench::LoadFigures::*figure) {
    std::vector<double> samples;
    for (std::uint32_t i = 0; i < options_.repeats; ++i) {
      request.seed += 1;
      HEARTH_ASSIGN(load, run({request}, 1, 0));
      if (!load.streams.front().error.empty()) return fail(ErrorCode::kUnavailable, load.streams.front().error);
      samples.push_back(bench::load_figures(load).*figure);
    }
    return samples;
  }

  Result<MeasuredLoad> load() {
    const double before_s = cpu_s();
    HEARTH_ASSIGN(result, run(options_.requests, options_.clients, options_.arrivals_per_s));
    MeasuredLoad measured{.load = std::move(result), .figures = {}, .cpu_s = cpu_s() - before_s};
    measured.figures = bench::load_figures(measured.load);
    return measured;
  }

  [[nodiscard]] ModelFacts facts() const { return engine_->models().front(); }

 private:
  [[nodiscard]] std::uint32_t longest_request() const {
    std::uint32_t longest = std::max(options_.prompt_tokens + 2, kWarmPromptTokens + kWarmAnswerTokens + 2);
    longest = std::max(longest, options_.answer_tokens + 2);
    for (const auto& request : options_.requests)
      longest = std::max(longest, request.prompt_tokens + request.answer_tokens);
    return longest;
  }

  Result<bench::LoadResult> run(const std::vector<bench::LoadRequest>& requests, std::uint32_t clients, double rate) {
    const bench::LoadOptions load{
        .model = options_.model.name, .clients = clients, .arrivals_per_s = rate, .sampling = options_.sampling};
    return bench::run_load(*engine_, app_.clock(), requests, load, bounds_);
  }

  HearthApp& app_;
  const ModelBenchOptions& options_;
  const CallBounds& bounds_;
  std::unique_ptr<ServedModels> models_;
  std::unique_ptr<TextEngine> engine_;
};

constexpr std::uint64_t kPrefillSeeds = 1U << 20U, kDecodeSeeds = 2U << 20U, kWarmSeeds = 3U << 20U;

}  // namespace

Result<ModelBench> bench_model(HearthApp& app, const ModelBenchOptions& options, const CallBounds& bounds,
                               const std::function<void(const std::string&)>& progress) {
  Bench bench(app, options, bounds);
  HEARTH_TRY(bench.open());
  progress(fmt::format("loading '{}' and warming up", options.model.name));
  using bench::LoadFigures;
  HEARTH_TRY(
      bench.one_stream({.prompt_tokens = kWarmPromptTokens, .answer_tokens = kWarmAnswerTokens, .seed = kWarmSeeds},
                       &LoadFigures::decode_tok_s));
  ModelBench measured;
  progress(fmt::format("prefill: {} times a prompt of {} tokens", options.repeats, options.prompt_tokens));
  HEARTH_ASSIGN(prefill,
                bench.one_stream({.prompt_tokens = options.prompt_tokens, .answer_tokens = 1, .seed = kPrefillSeeds},
                                 &LoadFigures::prefill_tok_s));
  measured.prefill_tok_s = std::move(prefill);
  progress(fmt::format("decode: {} times an answer of {} tokens", options.repeats, options.answer_tokens));
  HEARTH_ASSIGN(decode,
                bench.one_stream({.prompt_tokens = 1, .answer_tokens = options.answer_tokens + 1, .seed = kDecodeSeeds},
                                 &LoadFigures::decode_tok_s));
  measured.decode_tok_s = std::move(decode);
  if (!options.requests.empty()) {
    progress(options.arrivals_per_s > 0
                 ? fmt::format("load: {} requests, {} a second", options.requests.size(), options.arrivals_per_s)
                 : fmt::format("load: {} requests of {} clients", options.requests.size(), options.clients));
    HEARTH_ASSIGN(load, bench.load());
    measured.load = std::move(load);
  }
  measured.model = bench.facts();
  if (const auto peak = peak_rss_bytes(0)) measured.peak_rss_bytes = *peak;
  return measured;
}

}  // namespace hearth
