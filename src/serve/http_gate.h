// Decides what becomes of a request once its headers are there: which route, which key, which origin. Internal.
#pragma once

#include <optional>
#include <string>

#include "serve/api_keys.h"
#include "serve/exchange.h"
#include "serve/http_options.h"
#include "serve/router.h"

namespace hearth::serve {

// A request that may go on to its handler, or its answer already.
struct Admission {
  const Route* route = nullptr;          // null where none was found
  std::optional<HttpResponse> response;  // present: the answer
  KeyUse use;
  Headers headers;  // of the answer, whoever gives it (CORS)
  ErrorForm errors = ErrorForm::kOpenAi;
};

// Immutable; thread-safe.
class HttpGate {
 public:
  // `keys` null or without a record: no key is asked for. Both borrowed.
  HttpGate(const Router& router, const CorsRules& cors, ApiKeys* keys) : router_(router), cors_(cors), keys_(keys) {}

  // Fills in path, query, parameters and key of a request whose method and headers are set.
  [[nodiscard]] Admission admit(HttpRequest& request, std::string_view target) const;

 private:
  [[nodiscard]] Status check_origin(const HttpRequest& request, Admission& admission) const;
  [[nodiscard]] Status check_key(HttpRequest& request, Admission& admission) const;

  const Router& router_;
  const CorsRules& cors_;
  ApiKeys* keys_;
};

// The form of errors where no route tells: Anthropic's for who sends its version header.
[[nodiscard]] ErrorForm error_form_of(const HttpRequest& request);

}  // namespace hearth::serve
