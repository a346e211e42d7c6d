// The server's counters in the registry.
#pragma once

#include <string_view>

#include "metrics/registry.h"
#include "serve/request_record.h"

namespace hearth::serve {

// Thread-safe.
class HttpMetrics final : public RequestObserver {
 public:
  explicit HttpMetrics(MetricsRegistry& registry);

  // hearth_http_requests_total{route,method,status}, hearth_http_request_seconds{route}, bytes in both directions.
  // Routes are patterns and unknown methods are "other", so that no client can make names without end.
  void on_request(const RequestRecord& record) override;

  void connection_opened();
  void connection_closed();
  void request_began();
  void request_ended();
  // Why a client was turned away or cut off: "connections", "handshake", "incomplete", "malformed",
  // "memory", "slow_reader", "timeout", "too_large".
  void rejected(std::string_view reason);

 private:
  MetricsRegistry& registry_;
  Gauge& open_connections_;
  Gauge& running_requests_;
  Counter& connections_;
  Counter& received_bytes_;
  Counter& sent_bytes_;
};

}  // namespace hearth::serve
