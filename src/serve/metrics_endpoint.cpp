#include "serve/metrics_endpoint.h"

#include <memory>
#include <string>
#include <utility>

namespace hearth::serve {
namespace {

using Samples = std::vector<GaugeSample>;

Samples by_load(const EngineStatus& status, double (*read)(const ModelLoad&)) {
  Samples samples;
  for (const auto& load : status.loads) samples.push_back({metric_label("model", load.model), read(load)});
  return samples;
}

Samples by_tier(const EngineStatus& status, std::uint64_t (*read)(const KvCacheFacts&, std::size_t)) {
  constexpr const char* kTiers[] = {"live", "ram", "ssd"};
  Samples samples;
  for (const auto& load : status.loads)
    for (std::size_t tier = 0; tier < kCacheTiers; ++tier)
      samples.push_back({metric_label("model", load.model) + "," + metric_label("tier", kTiers[tier]),
                         static_cast<double>(read(load.cache, tier))});
  return samples;
}

Samples model_bytes(const EngineStatus& status) {
  Samples samples;
  for (const auto& facts : status.models)
    for (const auto& [component, bytes] : MemoryBreakdown{facts.placement}.by_component())
      samples.push_back(
          {metric_label("model", facts.name) + "," + metric_label("component", component), static_cast<double>(bytes)});
  return samples;
}

Samples resident_models(const EngineStatus& status) {
  Samples samples;
  for (const auto& facts : status.models)
    samples.push_back({metric_label("model", facts.name), facts.state == ModelState::kResident ? 1.0 : 0.0});
  return samples;
}

Samples rungs(const EngineStatus& status) {
  Samples samples;
  for (const auto& facts : status.models)
    samples.push_back(
        {metric_label("model", facts.name) + "," + metric_label("rung", facts.rung.empty() ? "full" : facts.rung), 1});
  return samples;
}

Samples pool_bytes(const EngineStatus& status) {
  Samples samples;
  for (const auto& pool : status.pools) {
    const auto add = [&samples, &pool](const char* part, std::uint64_t bytes) {
      samples.push_back(
          {metric_label("pool", pool.name) + "," + metric_label("part", part), static_cast<double>(bytes)});
    };
    add("capacity", pool.capacity_bytes);
    add("reserved", pool.reserved_bytes);
    add("committed", pool.committed_bytes);
    add("peak", pool.peak_bytes);
  }
  return samples;
}

// The state is taken before the registry is asked: the registry reads gauges with its lock held, and an engine that is
// loading a model may want that lock while it holds its own.
void set_gauges(MetricsRegistry& registry, const std::shared_ptr<const EngineStatus>& status) {
  const auto add = [&registry, &status](const char* name, const char* help, Samples (*read)(const EngineStatus&)) {
    registry.gauges(name, help, [status, read] { return read(*status); });
  };
  const auto add_load = [&registry, &status](const char* name, const char* help, double (*read)(const ModelLoad&)) {
    registry.gauges(name, help, [status, read] { return by_load(*status, read); });
  };
  add_load("hearth_requests_waiting", "Requests that wait for their turn.",
           [](const ModelLoad& load) { return static_cast<double>(load.waiting); });
  add_load("hearth_requests_running", "Requests that are computed.",
           [](const ModelLoad& load) { return static_cast<double>(load.running); });
  add_load("hearth_context_cells", "Cells of the context, one a token.",
           [](const ModelLoad& load) { return static_cast<double>(load.context_cells); });
  add_load("hearth_context_cells_used", "Cells that hold a token, of running and of cached sequences.",
           [](const ModelLoad& load) { return static_cast<double>(load.used_cells); });
  add("hearth_model_bytes", "Bytes that a loaded model holds.", model_bytes);
  add("hearth_model_resident", "1 where the model is loaded.", resident_models);
  add("hearth_kv_cache_bytes", "Bytes of cached prefixes, by tier.", [](const EngineStatus& now) {
    return by_tier(now, [](const KvCacheFacts& cache, std::size_t tier) { return cache.bytes[tier]; });
  });
  add("hearth_kv_cache_entries", "Cached prefixes (sequences, blocks), by tier.", [](const EngineStatus& now) {
    return by_tier(now, [](const KvCacheFacts& cache, std::size_t tier) { return cache.entries[tier]; });
  });
  add_load("hearth_kv_cache_missed_tokens", "Prompt tokens that no tier had, since the model was loaded.",
           [](const ModelLoad& load) { return static_cast<double>(load.cache.missed_tokens); });
  add_load("hearth_kv_cache_damaged_blocks", "Blocks dropped as torn or wrong, since the model was loaded.",
           [](const ModelLoad& load) { return static_cast<double>(load.cache.damaged_blocks); });
  add_load("hearth_kv_cache_write_failures", "Blocks that the disk did not take, since the model was loaded.",
           [](const ModelLoad& load) { return static_cast<double>(load.cache.write_failures); });
  add_load("hearth_kv_cache_evicted_blocks", "Blocks given up for others, since the model was loaded.",
           [](const ModelLoad& load) { return static_cast<double>(load.cache.evicted_blocks); });
  add("hearth_rung", "The rung of the degradation ladder that a model is on.", rungs);
  add("hearth_pool_bytes", "Bytes of a memory pool.", pool_bytes);
  add("hearth_model_loads", "Loads of models since the start.", [](const EngineStatus& now) {
    return Samples{{"", static_cast<double>(now.swaps)}};
  });
  add("hearth_draining", "1 while the server takes no more requests.", [](const EngineStatus& now) {
    return Samples{{"", now.draining ? 1.0 : 0.0}};
  });
}

}  // namespace

std::vector<Route> metrics_routes(MetricsRegistry& registry, const TextService& service, std::function<void()> before) {
  Route route;
  route.method = "GET";
  route.pattern = "/metrics";
  route.summary = "Metrics in the Prometheus text format";
  route.tag = "hearth";
  route.handler = [&registry, &service, before = std::move(before)](const std::shared_ptr<Exchange>& exchange) {
    if (before) before();
    set_gauges(registry, std::make_shared<const EngineStatus>(service.status()));  // shared by the gauges
    exchange->respond({.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = registry.prometheus_text()});
  };
  return {route};
}

}  // namespace hearth::serve
