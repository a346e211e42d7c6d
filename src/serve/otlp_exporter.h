// Sends each request as a span to an OpenTelemetry collector.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/log.h"
#include "metrics/registry.h"
#include "platform/http_post.h"
#include "serve/request_record.h"

namespace hearth::serve {

struct OtlpOptions {
  std::string endpoint;  // OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318"; "/v1/traces" is added
  std::vector<std::pair<std::string, std::string>> headers{};  // see parse_otlp_headers()
  std::string service_name = "hearth";
  std::string service_version{};
  EgressPolicy egress{};
  std::size_t batch_spans_max = 512;
  std::size_t queued_spans_max = 2048;     // more are dropped and counted
  std::chrono::milliseconds period{5000};  // at most so long until a span is sent
  std::chrono::milliseconds post_timeout{5000};
};

// OTEL_EXPORTER_OTLP_HEADERS: "name=value,name=value", values percent-encoded. InvalidArgument for what is not that.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> parse_otlp_headers(std::string_view text);

// The body of one export: OTLP in its JSON form, with the HTTP semantic conventions' attribute names.
// Source: OpenTelemetry Protocol 1.x, "JSON Protobuf Encoding"; semantic conventions for HTTP spans, stable.
[[nodiscard]] std::string otlp_trace_document(std::span<const RequestRecord> records, std::string_view service_name,
                                              std::string_view service_version);

// One thread of its own sends in batches; a collector that is away costs spans (hearth_otlp_spans_total{result}), never
// a request. Internally locked. What is queued at the end is sent once more, within post_timeout.
class OtlpExporter final : public RequestObserver {
 public:
  // InvalidArgument: no http(s) address; Forbidden: the egress rule keeps the collector out of reach.
  [[nodiscard]] static Result<std::unique_ptr<OtlpExporter>> start(OtlpOptions options, Logger& logger,
                                                                   MetricsRegistry& metrics);
  ~OtlpExporter() override;
  OtlpExporter(const OtlpExporter&) = delete;
  OtlpExporter& operator=(const OtlpExporter&) = delete;

  // Requests whose caller chose not to be sampled are left out.
  void on_request(const RequestRecord& record) override;

 private:
  OtlpExporter(OtlpOptions options, std::unique_ptr<HttpPoster> poster, Logger& logger, MetricsRegistry& metrics);
  void run();
  void send(std::span<const RequestRecord> batch);

  const OtlpOptions options_;
  const std::unique_ptr<HttpPoster> poster_;
  Logger& logger_;
  Counter& sent_;
  Counter& dropped_;
  bool away_ = false;  // of the thread: the last export failed, and the log says so

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<RequestRecord> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hearth::serve
