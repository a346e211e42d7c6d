// Whoever watches the server's status as server-sent events.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "serve/exchange.h"

namespace hearth::serve {

// Internally locked.
class StatusStream {
 public:
  static constexpr std::size_t kWatchersMax = 16;

  // Answers with a stream whose first event is `document`; 429 where enough watch already.
  void add(std::shared_ptr<Exchange> exchange, const std::string& document);
  [[nodiscard]] bool watched() const;
  // One event to each; who is gone is forgotten.
  void publish(const std::string& document);
  // Ends all streams; who comes later is refused.
  void close();

 private:
  mutable std::mutex gate_;
  std::vector<std::shared_ptr<Exchange>> watchers_;  // shared: the connection owns the other end
  bool closed_ = false;
};

// Whether the client asked for events: "accept: text/event-stream".
[[nodiscard]] bool wants_events(const HttpRequest& request);

}  // namespace hearth::serve
