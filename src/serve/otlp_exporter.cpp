#include "serve/otlp_exporter.h"

#include <nlohmann/json.hpp>

#include "platform/http_transfer.h"
#include "serve/http_target.h"

namespace hearth::serve {
namespace {

using Json = nlohmann::ordered_json;

Json text_attribute(std::string_view key, std::string_view value) {
  return {{"key", key}, {"value", {{"stringValue", value}}}};
}

// 64-bit numbers are text in this form of JSON.
Json number_attribute(std::string_view key, std::uint64_t value) {
  return {{"key", key}, {"value", {{"intValue", std::to_string(value)}}}};
}

std::string unix_nanoseconds(std::chrono::system_clock::time_point at) {
  return std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count());
}

Json span_of(const RequestRecord& record) {
  constexpr int kServer = 2, kError = 2;
  const auto end = record.began + std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                      std::chrono::duration<double>(record.seconds));
  Json attributes = Json::array(
      {text_attribute("http.request.method", record.method),
       number_attribute("http.response.status_code", record.status), text_attribute("url.path", record.path),
       text_attribute("client.address", record.remote),
       number_attribute("http.request.body.size", record.received_bytes),
       number_attribute("http.response.size", record.sent_bytes), text_attribute("hearth.request_id", record.id)});
  if (!record.pattern.empty()) attributes.push_back(text_attribute("http.route", record.pattern));
  if (!record.key.empty()) attributes.push_back(text_attribute("hearth.key", record.key));
  Json span{{"traceId", record.trace_id},
            {"spanId", record.span_id},
            {"name", record.pattern.empty() ? record.method : record.method + " " + record.pattern},
            {"kind", kServer},
            {"startTimeUnixNano", unix_nanoseconds(record.began)},
            {"endTimeUnixNano", unix_nanoseconds(end)},
            {"attributes", std::move(attributes)}};
  if (!record.parent_span_id.empty()) span["parentSpanId"] = record.parent_span_id;
  if (record.status >= 500) span["status"] = {{"code", kError}};
  return span;
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> parse_otlp_headers(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!text.empty()) {
    auto field = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), field.size() + 1));
    field.remove_prefix(std::min(field.size(), field.find_first_not_of(' ')));
    const auto equals = field.find('=');
    if (equals == 0 || equals == std::string_view::npos)
      return fail(ErrorCode::kInvalidArgument, "the headers for the collector have a part that is not name=value",
                  "write them like name=value,name=value");
    HEARTH_ASSIGN(value, percent_decoded(field.substr(equals + 1), false));
    out.emplace_back(std::string(field.substr(0, equals)), std::move(value));
  }
  return out;
}

std::string otlp_trace_document(std::span<const RequestRecord> records, std::string_view service_name,
                                std::string_view service_version) {
  Json resource = Json::array({text_attribute("service.name", service_name)});
  if (!service_version.empty()) resource.push_back(text_attribute("service.version", service_version));
  Json spans = Json::array();
  for (const RequestRecord& record : records) spans.push_back(span_of(record));
  const Json scope{{"scope", {{"name", "hearth.serve"}}}, {"spans", std::move(spans)}};
  const Json document{{"resourceSpans", Json::array({{{"resource", {{"attributes", std::move(resource)}}},
                                                      {"scopeSpans", Json::array({scope})}}})}};
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<std::unique_ptr<OtlpExporter>> OtlpExporter::start(OtlpOptions options, Logger& logger,
                                                          MetricsRegistry& metrics) {
  while (options.endpoint.ends_with('/')) options.endpoint.pop_back();
  options.endpoint += "/v1/traces";
  HEARTH_ASSIGN(address, parse_http_address(options.endpoint));
  if (options.egress.airgap && !is_loopback(address.host))
    return fail(ErrorCode::kForbidden, "the collector at '" + address.host + "' is out of reach: hearth is offline",
                "allow the network, name a collector on this machine, or unset OTEL_EXPORTER_OTLP_ENDPOINT");
  HttpPostOptions post;
  post.egress = options.egress;
  post.timeout = options.post_timeout;
  HEARTH_ASSIGN(poster, HttpPoster::create(post));
  return std::unique_ptr<OtlpExporter>(new OtlpExporter(std::move(options), std::move(poster), logger, metrics));
}

OtlpExporter::OtlpExporter(OtlpOptions options, std::unique_ptr<HttpPoster> poster, Logger& logger,
                           MetricsRegistry& metrics)
    : options_(std::move(options)),
      poster_(std::move(poster)),
      logger_(logger),
      sent_(metrics.counter("hearth_otlp_spans_total", "spans for the collector", metric_label("result", "sent"))),
      dropped_(metrics.counter("hearth_otlp_spans_total", "", metric_label("result", "dropped"))),
      thread_([this] { run(); }) {}

OtlpExporter::~OtlpExporter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void OtlpExporter::on_request(const RequestRecord& record) {
  if (!record.sampled) return;
  const std::lock_guard lock(mutex_);
  if (queue_.size() >= options_.queued_spans_max) return dropped_.add();
  queue_.push_back(record);
  if (queue_.size() >= options_.batch_spans_max) changed_.notify_all();
}

void OtlpExporter::run() {
  for (bool last = false; !last;) {
    std::vector<RequestRecord> taken;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, options_.period,
                        [this] { return stopping_ || queue_.size() >= options_.batch_spans_max; });
      last = stopping_;
      taken.swap(queue_);
    }
    for (std::span<const RequestRecord> rest = taken; !rest.empty();) {
      const auto batch = rest.first(std::min(rest.size(), options_.batch_spans_max));
      rest = rest.subspan(batch.size());
      // At the end one failure is enough: nobody waits for a collector that is away.
      if (last && away_) {
        dropped_.add(batch.size());
        continue;
      }
      send(batch);
    }
  }
}

void OtlpExporter::send(std::span<const RequestRecord> batch) {
  const std::string body = otlp_trace_document(batch, options_.service_name, options_.service_version);
  const auto answer = poster_->post({options_.endpoint, "application/json", options_.headers, body});
  const bool taken = answer && answer->status >= 200 && answer->status < 300;
  (taken ? sent_ : dropped_).add(batch.size());
  if (!taken && !away_)
    logger_.write(LogLevel::kWarn, "otlp",
                  "spans are dropped: " + (answer ? "the collector answered " + std::to_string(answer->status)
                                                  : to_string(answer.error())));
  if (taken && away_) logger_.write(LogLevel::kInfo, "otlp", "the collector takes spans again");
  away_ = !taken;
}

}  // namespace hearth::serve
