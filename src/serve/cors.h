// Which web pages may call: the rules of cross-origin requests.
#pragma once

#include <string_view>

#include "serve/exchange.h"
#include "serve/http_options.h"

namespace hearth::serve {

// `origin` is the header's value ("https://app.example"), `host` that of the Host header: a page of this very server
// may always call. "null" (a file, a sandbox of any site) is allowed by "*" alone.
[[nodiscard]] bool origin_allowed(const CorsRules& rules, std::string_view origin, std::string_view host);

// What an allowed origin's browser needs to hand the answer to the page.
[[nodiscard]] Headers cors_headers(std::string_view origin);

// True for the question that a browser asks before the request itself.
[[nodiscard]] bool is_preflight(const HttpRequest& request);
// 204 with the methods of the path (comma separated) and the headers that were asked for.
[[nodiscard]] HttpResponse preflight_response(const HttpRequest& request, std::string_view methods);

}  // namespace hearth::serve
