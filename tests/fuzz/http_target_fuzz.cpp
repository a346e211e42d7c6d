// The target of a request in any bytes: refused with a sentence, or taken apart into what the router finds or refuses.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "serve/http_error.h"
#include "serve/router.h"
#include "serve/trace_context.h"

namespace {

using hearth::serve::Route;
using hearth::serve::Router;

Router table() {
  std::vector<Route> routes;
  for (const char* pattern : {"/", "/v1/models", "/v1/models/{id...}", "/v1/chat/completions", "/slots/{slot}"}) {
    Route route;
    route.method = "GET";
    route.pattern = pattern;
    routes.push_back(route);
  }
  return Router::create(std::move(routes)).value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Router router = table();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)hearth::serve::parse_traceparent(text);
  const auto target = hearth::serve::parse_target(text);
  if (!target) {
    if (target.error().message.empty() || target.error().hint.empty()) std::abort();
    return 0;
  }
  if (target->path.find('\0') != std::string::npos) std::abort();
  const auto match = router.match("GET", *target);
  if (!match && hearth::serve::http_status_of(match.error()) != 404) std::abort();
  if (match && match->route->pattern == "/slots/{slot}" && match->parameters.at("slot").empty()) std::abort();
  return 0;
}
