#include "serve/metrics_endpoint.h"

#include <gtest/gtest.h>

#include "serve/exchange_recorder.h"
#include "serve/scripted_service.h"

namespace hearth::serve {
namespace {

// A service whose state a test sets, and which registers a metric of its own whenever it is asked, as an engine does
// that loads a model: with the registry's lock held around the question this would not come back.
class CountingService final : public TextService {
 public:
  explicit CountingService(MetricsRegistry& registry) : registry_(registry) {}
  EngineStatus state;
  std::uint64_t submit(TextRequest, std::shared_ptr<TextListener>) override { return 0; }
  void cancel(std::uint64_t) override {}
  void embed(EmbeddingRequest, std::function<void(Result<EmbeddingResult>)>) override {}
  void with_kit(const std::string&, std::function<void(Result<std::shared_ptr<const TextKit>>)>) override {}
  void load_adapter(const std::string&, const std::string&, const std::string&, std::function<void(Status)>) override {}
  void unload_adapter(const std::string&, const std::string&, std::function<void(Status)>) override {}
  [[nodiscard]] std::vector<ModelFacts> models() const override { return state.models; }
  [[nodiscard]] Result<ModelFacts> model(const std::string&) const override { return state.models.front(); }
  [[nodiscard]] EngineStatus status() const override {
    registry_.counter("hearth_asked_total", "").add();
    return state;
  }

 private:
  MetricsRegistry& registry_;
};

RecordedAnswer scrape(const std::vector<Route>& routes) {
  const auto exchange = std::make_shared<ExchangeRecorder>(HttpRequest{});
  routes.front().handler(exchange);
  return exchange->answer();
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(MetricsEndpoint, tells_what_the_engine_holds_now) {
  MetricsRegistry registry;
  CountingService service(registry);
  ModelFacts facts;
  facts.name = "small \"one\"";
  facts.state = ModelState::kResident;
  facts.placement = {{"cpu", "CPU", "weights", 512, 0}, {"cpu", "CPU", "kv_cache", 64, 0}};
  service.state.models = {facts};
  service.state.loads = {
      {.model = "small \"one\"", .waiting = 3, .running = 2, .context_cells = 8, .used_cells = 5, .slots = {}}};
  service.state.pools = {
      {.name = "ram", .capacity_bytes = 1024, .reserved_bytes = 0, .committed_bytes = 576, .peak_bytes = 600}};
  service.state.swaps = 1;
  registry.counter("hearth_completion_tokens_total", "Tokens.").add(9);
  const auto routes = metrics_routes(registry, service);
  const auto answer = scrape(routes);
  EXPECT_EQ(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
  const std::string model = R"({model="small \"one\""})";
  for (const std::string& line :
       {"hearth_requests_waiting" + model + " 3", "hearth_requests_running" + model + " 2",
        "hearth_context_cells" + model + " 8", "hearth_context_cells_used" + model + " 5",
        "hearth_model_resident" + model + " 1",
        std::string(R"(hearth_model_bytes{model="small \"one\"",component="weights"} 512)"),
        std::string(R"(hearth_rung{model="small \"one\"",rung="full"} 1)"),
        std::string(R"(hearth_pool_bytes{pool="ram",part="committed"} 576)"), std::string("hearth_model_loads 1"),
        std::string("hearth_draining 0"), std::string("hearth_completion_tokens_total 9")})
    EXPECT_TRUE(has_line(answer.body, line)) << line << "\n" << answer.body;
  service.state.loads.front().waiting = 0;
  service.state.draining = true;
  const auto later = scrape(routes).body;
  EXPECT_TRUE(has_line(later, "hearth_requests_waiting" + model + " 0"));
  EXPECT_TRUE(has_line(later, "hearth_draining 1"));
}

TEST(MetricsEndpoint, of_two_servers_both_tell_the_present) {
  MetricsRegistry registry;
  CountingService service(registry);
  const auto one = metrics_routes(registry, service);
  const auto other = metrics_routes(registry, service);
  (void)scrape(other);
  service.state.swaps = 7;
  EXPECT_TRUE(has_line(scrape(one).body, "hearth_model_loads 7"));
}

TEST(MetricsEndpoint, names_each_family_once) {
  MetricsRegistry registry;
  CountingService service(registry);
  const auto text = scrape(metrics_routes(registry, service)).body;
  std::size_t families = 0;
  for (auto at = text.find("# TYPE "); at != std::string::npos; at = text.find("# TYPE ", at + 1)) {
    ++families;
    const auto line = text.substr(at, text.find('\n', at) - at + 1);
    EXPECT_EQ(text.find(line, at + 1), std::string::npos) << line;
  }
  EXPECT_GE(families, 10U);
}

}  // namespace
}  // namespace hearth::serve
