#include "serve/http_metrics.h"

#include <algorithm>
#include <array>

namespace hearth::serve {
namespace {

std::string_view method_label(std::string_view method) {
  constexpr std::array<std::string_view, 7> kKnown{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  return std::ranges::find(kKnown, method) == kKnown.end() ? std::string_view("other") : method;
}

std::string_view route_label(const RequestRecord& record) {
  return record.pattern.empty() ? std::string_view("unmatched") : std::string_view(record.pattern);
}

}  // namespace

HttpMetrics::HttpMetrics(MetricsRegistry& registry)
    : registry_(registry),
      open_connections_(registry.gauge("hearth_http_connections", "open connections")),
      running_requests_(registry.gauge("hearth_http_requests_running", "requests without a complete answer")),
      connections_(registry.counter("hearth_http_connections_total", "connections accepted")),
      received_bytes_(registry.counter("hearth_http_received_bytes_total", "bytes of request bodies")),
      sent_bytes_(registry.counter("hearth_http_sent_bytes_total", "bytes of responses, headers too")) {}

void HttpMetrics::on_request(const RequestRecord& record) {
  const std::string route = metric_label("route", route_label(record));
  registry_
      .counter("hearth_http_requests_total", "requests by route, method and status",
               route + "," + metric_label("method", method_label(record.method)) + "," +
                   metric_label("status", std::to_string(record.status)))
      .add();
  registry_
      .histogram("hearth_http_request_seconds", "from the first byte of a request to the last of its answer", route)
      .observe(record.seconds);
  received_bytes_.add(record.received_bytes);
  sent_bytes_.add(record.sent_bytes);
}

void HttpMetrics::connection_opened() {
  connections_.add();
  open_connections_.add(1);
}
void HttpMetrics::connection_closed() { open_connections_.add(-1); }
void HttpMetrics::request_began() { running_requests_.add(1); }
void HttpMetrics::request_ended() { running_requests_.add(-1); }

void HttpMetrics::rejected(std::string_view reason) {
  registry_
      .counter("hearth_http_rejected_total", "clients turned away or cut off, by reason",
               metric_label("reason", reason))
      .add();
}

}  // namespace hearth::serve
