// The head of an HTTP/1.1 response as bytes. Internal to the server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "serve/exchange.h"

namespace hearth::serve {

// What the connection knows of how to answer a request.
struct AnswerFrame {
  bool head_only = false;  // HEAD: no body follows
  bool http10 = false;     // no chunks; the end of the connection ends a stream
  bool keep_alive = true;
  Headers headers;  // in every answer: request id, trace, CORS
};

// `content_bytes` absent: a stream. Control characters in values are dropped, so that none can add a header.
[[nodiscard]] std::string response_head(const AnswerFrame& frame, const HttpResponse& response,
                                        std::optional<std::uint64_t> content_bytes);

// One chunk of RFC 9112, section 7.1, appended to `out`. `payload` must not be empty.
void append_chunk(std::string& out, std::string_view payload);

}  // namespace hearth::serve
