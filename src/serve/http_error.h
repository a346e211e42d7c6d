// An Error as an HTTP answer: its status from the table of codes, its JSON in the form the dialect's clients read.
#pragma once

#include <string>
#include <string_view>

#include "serve/exchange.h"

namespace hearth::serve {

// Status, body and headers of an error. Facts of its context that change the answer: "http_status" (a status the table
// has no code for: 401, 405, 408, 431), "code" (the name clients know, "context_length_exceeded"), "param" (the field
// at fault), "retry_after_s" (Retry-After, in whole seconds, rounded up), "allow" (the Allow header). The hint is part
// of the message. Text that is no UTF-8 gets U+FFFD.
[[nodiscard]] HttpResponse error_response(const Error& error, ErrorForm form);
// The JSON alone, for a stream that has begun.
[[nodiscard]] std::string error_json(const Error& error, ErrorForm form);
// The context's "http_status", else that of the table.
[[nodiscard]] unsigned http_status_of(const Error& error);

// The value of a fact of the error's context; empty where it has none.
[[nodiscard]] std::string_view error_fact(const Error& error, std::string_view name);

}  // namespace hearth::serve
