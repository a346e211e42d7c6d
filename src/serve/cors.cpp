#include "serve/cors.h"

#include <algorithm>
#include <cctype>

namespace hearth::serve {
namespace {

bool same_text(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

// "host:port" of an http(s) origin; empty for others.
std::string_view authority(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (origin.starts_with(scheme)) return origin.substr(scheme.size());
  return {};
}

bool is_loopback_authority(std::string_view authority) {
  for (const std::string_view host : {"[::1]", "localhost", "127.0.0.1"}) {
    if (!authority.starts_with(host)) continue;
    const std::string_view port = authority.substr(host.size());
    if (port.empty()) return true;
    return port.size() > 1 && port[0] == ':' && port.find_first_not_of("0123456789", 1) == std::string_view::npos;
  }
  return false;
}

// "vscode-webview://…", "app://…": a scheme that no site has, so that the page is a program's on the user's machine.
bool is_application(std::string_view origin) {
  const auto end = origin.find("://");
  return end != std::string_view::npos && end > 0 && authority(origin).empty() &&
         !same_text(origin.substr(0, 4), "http");
}

// Header names as a client may send them: whatever else is in there could end our own header line.
bool is_name_list(std::string_view text) {
  return text.size() <= 2048 && std::ranges::all_of(text, [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '-' || c == '_' || c == ',' || c == ' ';
         });
}

}  // namespace

bool origin_allowed(const CorsRules& rules, std::string_view origin, std::string_view host) {
  const std::string_view of_page = authority(origin);
  if (!of_page.empty() && same_text(of_page, host)) return true;
  if (rules.loopback && (is_loopback_authority(of_page) || is_application(origin))) return true;
  return std::ranges::any_of(rules.origins,
                             [&](const std::string& known) { return known == "*" || same_text(known, origin); });
}

Headers cors_headers(std::string_view origin) {
  return {{"access-control-allow-origin", std::string(origin)},
          {"access-control-expose-headers", "x-request-id, retry-after, traceparent"},
          {"vary", "origin"}};
}

bool is_preflight(const HttpRequest& request) {
  return request.method == "OPTIONS" && !request.header("origin").empty() &&
         !request.header("access-control-request-method").empty();
}

HttpResponse preflight_response(const HttpRequest& request, std::string_view methods) {
  HttpResponse response;
  response.status = 204;
  response.content_type.clear();
  response.headers = {{"access-control-allow-methods", std::string(methods)}, {"access-control-max-age", "600"}};
  const std::string_view wanted = request.header("access-control-request-headers");
  if (!wanted.empty() && is_name_list(wanted))
    response.headers.emplace_back("access-control-allow-headers", std::string(wanted));
  return response;
}

}  // namespace hearth::serve
