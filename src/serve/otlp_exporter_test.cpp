#include "serve/otlp_exporter.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "serve/server_fixture.h"

namespace hearth::serve {
namespace {

using nlohmann::json;

RequestRecord sample() {
  RequestRecord record;
  record.method = "POST";
  record.path = "/v1/x";
  record.pattern = "/v1/{id}";
  record.key = "me";
  record.id = "req_1";
  record.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  record.span_id = "00f067aa0ba902b7";
  record.parent_span_id = "00f067aa0ba902b8";
  record.remote = "127.0.0.1";
  record.status = 503;
  record.began = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000));
  record.seconds = 1.5;
  return record;
}

TEST(OtlpDocument, holds_the_request_as_a_server_span) {
  const std::vector<RequestRecord> records{sample()};
  const json document = json::parse(otlp_trace_document(records, "hearth", "1.2.3"));
  const json& resource = document["resourceSpans"][0];
  EXPECT_EQ(resource["resource"]["attributes"][0],
            json::parse(R"({"key":"service.name","value":{"stringValue":"hearth"}})"));
  const json& span = resource["scopeSpans"][0]["spans"][0];
  EXPECT_EQ(span["name"], "POST /v1/{id}");
  EXPECT_EQ(span["kind"], 2);
  EXPECT_EQ(span["startTimeUnixNano"], "1700000000000000000");
  EXPECT_EQ(span["endTimeUnixNano"], "1700000001500000000");
  EXPECT_EQ(span["parentSpanId"], "00f067aa0ba902b8");
  EXPECT_EQ(span["status"]["code"], 2);
  EXPECT_NE(std::find(span["attributes"].begin(), span["attributes"].end(),
                      json::parse(R"({"key":"http.response.status_code","value":{"intValue":"503"}})")),
            span["attributes"].end());
}

TEST(OtlpHeaders, are_names_and_values) {
  const auto headers = parse_otlp_headers("api-key=a%20b, x=1=2");
  ASSERT_TRUE(headers);
  EXPECT_EQ(*headers, (std::vector<std::pair<std::string, std::string>>{{"api-key", "a b"}, {"x", "1=2"}}));
  for (const char* bad : {"x", "=1", "a=%", "a=1,,b=2"}) EXPECT_FALSE(parse_otlp_headers(bad)) << bad;
}

// The collector is a server of our own.
class Otlp : public ServerFixture {
 protected:
  void start_collector() {
    auto table = routes();
    table.push_back(test_route("POST", "/v1/traces", [this](const ExchangePtr& exchange) {
      const std::lock_guard lock(mutex);
      exports.push_back(exchange->request());
      exchange->respond({refuses ? 503U : 200U, "application/json", "{}", {}});
    }));
    server = HttpServer::start({}, std::move(table), {logger, metrics, nullptr, {}}).value();
  }
  std::unique_ptr<OtlpExporter> exporter(OtlpOptions options) {
    if (options.endpoint.empty()) options.endpoint = "http://127.0.0.1:" + std::to_string(server->port()) + "/";
    options.headers = {{"x-tenant", "t"}};
    return OtlpExporter::start(std::move(options), logger, metrics).value();
  }
  std::uint64_t counted(const std::string& result) {
    return metrics.counter("hearth_otlp_spans_total", "", metric_label("result", result)).value();
  }
  std::vector<HttpRequest> exports;
  bool refuses = false;
};

TEST_F(Otlp, sends_batches_and_what_is_left_at_the_end) {
  start_collector();
  OtlpOptions options;
  options.batch_spans_max = 2;
  options.period = std::chrono::hours(1);
  auto sender = exporter(options);
  auto unsampled = sample();
  unsampled.sampled = false;
  sender->on_request(unsampled);
  for (int i = 0; i < 3; ++i) sender->on_request(sample());
  EXPECT_TRUE(eventually([this] { return counted("sent") >= 2; }));
  sender.reset();
  EXPECT_EQ(counted("sent"), 3U);
  EXPECT_EQ(counted("dropped"), 0U);
  const std::lock_guard lock(mutex);
  EXPECT_EQ(exports.at(0).header("content-type"), "application/json");
  EXPECT_EQ(exports.at(0).header("x-tenant"), "t");
  EXPECT_TRUE(json::accept(exports.at(0).body));
}

TEST_F(Otlp, a_collector_that_is_away_costs_spans_and_one_line_of_log) {
  start_collector();
  refuses = true;
  OtlpOptions options;
  options.batch_spans_max = 1;
  auto sender = exporter(options);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    sender->on_request(sample());
    EXPECT_TRUE(eventually([&] { return counted("dropped") == i; }));
  }
  sender.reset();
  int n_lines = 0;
  for (const std::string& line : logger.lines()) n_lines += line.starts_with("otlp spans are dropped");
  EXPECT_EQ(n_lines, 1);
}

TEST_F(Otlp, nobody_there_and_no_room_drop_spans_too) {
  OtlpOptions options;
  options.endpoint = "http://127.0.0.1:1";
  options.queued_spans_max = 2;
  options.period = std::chrono::hours(1);
  auto sender = exporter(options);
  for (int i = 0; i < 5; ++i) sender->on_request(sample());
  EXPECT_EQ(counted("dropped"), 3U);
  sender.reset();
  EXPECT_EQ(counted("dropped"), 5U);
}

TEST_F(Otlp, wrong_endpoints_have_names) {
  OtlpOptions options;
  options.endpoint = "collector";
  EXPECT_EQ(OtlpExporter::start(options, logger, metrics).error().code, ErrorCode::kInvalidArgument);
  options.endpoint = "https://collector.example";
  options.egress.airgap = true;
  EXPECT_EQ(OtlpExporter::start(options, logger, metrics).error().code, ErrorCode::kForbidden);
}

}  // namespace
}  // namespace hearth::serve
