#include "serve/status_stream.h"

#include <utility>

namespace hearth::serve {
namespace {

// Documents are one line: JSON without line ends.
std::string event_of(const std::string& document) { return "event: status\ndata: " + document + "\n\n"; }

}  // namespace

bool wants_events(const HttpRequest& request) {
  return request.header("accept").find("text/event-stream") != std::string_view::npos;
}

void StatusStream::add(std::shared_ptr<Exchange> exchange, const std::string& document) {
  const std::lock_guard lock(gate_);
  if (closed_ || watchers_.size() >= kWatchersMax)
    return exchange->respond_error(Error(ErrorCode::kOverloaded, "enough clients watch the status already",
                                         "ask for it now and then, without text/event-stream")
                                       .with("retry_after_s", "10"));
  exchange->start_stream("text/event-stream", {{"cache-control", "no-store"}});
  if (exchange->write(event_of(document))) watchers_.push_back(std::move(exchange));
}

bool StatusStream::watched() const {
  const std::lock_guard lock(gate_);
  return !watchers_.empty();
}

void StatusStream::publish(const std::string& document) {
  const std::lock_guard lock(gate_);
  std::erase_if(watchers_, [event = event_of(document)](const auto& each) { return !each->write(event); });
}

void StatusStream::close() {
  const std::lock_guard lock(gate_);
  closed_ = true;
  for (const auto& each : watchers_) each->end_stream();
  watchers_.clear();
}

}  // namespace hearth::serve
