#include "serve/http_gate.h"

#include "base/display_text.h"
#include "serve/cors.h"
#include "serve/http_error.h"

namespace hearth::serve {

ErrorForm error_form_of(const HttpRequest& request) {
  return request.header("anthropic-version").empty() ? ErrorForm::kOpenAi : ErrorForm::kAnthropic;
}

Status HttpGate::check_origin(const HttpRequest& request, Admission& admission) const {
  const std::string_view origin = request.header("origin");
  if (origin.empty()) return {};
  if (!origin_allowed(cors_, origin, request.header("host")))
    return fail(Error(ErrorCode::kForbidden,
                      "pages of the origin '" + one_line(origin.substr(0, 120)) + "' may not call this server",
                      "allow it in the server's settings")
                    .with("code", "origin_not_allowed"));
  admission.headers = cors_headers(origin);
  return {};
}

namespace {

// Pages can't set headers when they open a WebSocket: OpenAI's clients in browsers offer the key as a subprotocol.
// Source: openai-node, src/realtime/websocket.ts.
std::string_view key_of_subprotocols(std::string_view offered) {
  constexpr std::string_view kMark = "openai-insecure-api-key.";
  const auto at = offered.find(kMark);
  if (at == std::string_view::npos) return {};
  offered.remove_prefix(at + kMark.size());
  return offered.substr(0, offered.find_first_of(", "));
}

std::string_view key_of(const HttpRequest& request) {
  const auto key = key_of_headers(request.header("authorization"), request.header("x-api-key"));
  return key.empty() ? key_of_subprotocols(request.header("sec-websocket-protocol")) : key;
}

}  // namespace

Status HttpGate::check_key(HttpRequest& request, Admission& admission) const {
  if (keys_ == nullptr || keys_->size() == 0 || !admission.route->needs_key) return {};
  HEARTH_ASSIGN(use, keys_->admit(key_of(request)));
  admission.use = std::move(use);
  request.key = admission.use.name();
  return {};
}

Admission HttpGate::admit(HttpRequest& request, std::string_view target) const {
  Admission admission;
  admission.errors = error_form_of(request);
  const auto answer = [&](const Error& error) { admission.response = error_response(error, admission.errors); };
  const auto parsed = parse_target(target);
  if (!parsed) {
    answer(parsed.error());
    return admission;
  }
  request.path = parsed->path;
  request.query = parsed->query;
  if (const auto allowed = check_origin(request, admission); !allowed) {
    answer(allowed.error());
    return admission;
  }
  if (request.method == "OPTIONS") {
    const std::string methods = parsed->path == "*" ? "GET, HEAD, OPTIONS, POST" : router_.allowed_methods(*parsed);
    if (is_preflight(request)) {
      admission.response = preflight_response(request, methods);
      return admission;
    }
    if (!methods.empty()) {
      admission.response = HttpResponse{204, {}, {}, {{"allow", methods}}};
      return admission;
    }
  }
  auto match = router_.match(request.method, *parsed);
  if (!match) {
    answer(match.error());
    return admission;
  }
  admission.route = match->route;
  admission.errors = match->route->errors;
  request.parameters = std::move(match->parameters);
  if (const auto known = check_key(request, admission); !known) answer(known.error());
  return admission;
}

}  // namespace hearth::serve
