// One HTTP request and the way to answer it, as the handlers of endpoints see them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hearth/result.h"

namespace hearth::serve {

// Names in lower case.
using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;                             // "GET", "POST", ...
  std::string path;                               // decoded, without the query
  std::map<std::string, std::string> query;       // decoded
  std::map<std::string, std::string> parameters;  // of the route's pattern: "/v1/models/{id}" gives "id"
  Headers headers;
  std::string body;
  std::string key;       // the API key's name; "" where none is needed
  std::string id;        // unique; sent back as x-request-id
  std::string trace_id;  // 32 hex digits, the client's where it sent a traceparent
  std::string remote;    // address, or "unix"

  // Empty when absent.
  [[nodiscard]] std::string_view header(std::string_view lower_name) const;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  Headers headers{};
};

// How an error is written by a dialect: OpenAI's by default. Anthropic's and KServe's endpoints have their own.
enum class ErrorForm { kOpenAi, kAnthropic, kKserve };

// Thread-safe: may be answered from any thread, at any time, once. Without an answer when the last reference goes, the
// client gets a 500.
class Exchange {
 public:
  virtual ~Exchange() = default;
  [[nodiscard]] virtual const HttpRequest& request() const = 0;

  virtual void respond(HttpResponse response) = 0;
  // The error's HTTP status and JSON form; Retry-After where its context has "retry_after_s".
  virtual void respond_error(const Error& error) = 0;

  // A response of unknown length, sent as it grows; text/event-stream for SSE.
  virtual void start_stream(std::string content_type, Headers headers) = 0;
  // Queues bytes; never blocks. False: the client is gone or reads so slowly that it was cut off; send no more.
  virtual bool write(std::string bytes) = 0;
  virtual void end_stream() = 0;

  // Called once when the client is gone before the answer was complete; at once if it is already.
  virtual void on_disconnect(std::function<void()> callback) = 0;
};

using Handler = std::function<void(std::shared_ptr<Exchange>)>;

// One endpoint; the table of these is what the router runs on and the OpenAPI document is made from.
struct Route {
  std::string method;
  std::string pattern;  // "/v1/models/{id}"; {name} matches one segment, {name...} the rest
  std::string summary;  // one line for the OpenAPI document
  Handler handler;
  std::string tag{};              // family: "openai", "anthropic", "llama", "hearth"
  std::string request_schema{};   // JSON Schema as text; empty: no body
  std::string response_schema{};  // of 200; empty: not described
  bool streams = false;           // may answer with text/event-stream
  bool needs_key = true;          // false: answered without an API key (health)
  ErrorForm errors = ErrorForm::kOpenAi;
  std::string request_type = "application/json";  // of what request_schema describes
};

}  // namespace hearth::serve
