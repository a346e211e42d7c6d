// Finds the route of a request.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "serve/exchange.h"
#include "serve/http_target.h"

namespace hearth::serve {

// One segment of a pattern: as it is written, any one ("{name}", never empty), or the rest ("{name...}", one segment at
// least, joined by '/').
struct PatternSegment {
  enum class Kind { kLiteral, kOne, kRest };
  Kind kind = Kind::kLiteral;
  std::string text;  // the literal, or the parameter's name
};

// InvalidArgument: no leading '/', a parameter without a name or named twice, or segments after "{name...}".
[[nodiscard]] Result<std::vector<PatternSegment>> parse_pattern(std::string_view pattern);

struct RouteMatch {
  const Route* route = nullptr;  // the router's
  std::map<std::string, std::string> parameters;
};

// Immutable, thread-safe.
class Router {
 public:
  // InvalidArgument: a bad pattern, or the same method and pattern twice.
  [[nodiscard]] static Result<Router> create(std::vector<Route> routes);

  // Of several patterns that match, the one that is literal the earliest; HEAD finds the routes of GET. A parameter may
  // hold a '/' that was written "%2F". NotFound names the nearest path; a known path with another method is
  // InvalidArgument with "http_status" 405 and "allow".
  [[nodiscard]] Result<RouteMatch> match(std::string_view method, const HttpTarget& target) const;

  // "GET, HEAD, OPTIONS": what a path can be asked; empty where no route has it.
  [[nodiscard]] std::string allowed_methods(const HttpTarget& target) const;

  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

 private:
  Router() = default;
  [[nodiscard]] std::vector<std::size_t> candidates(const HttpTarget& target) const;
  [[nodiscard]] Unexpected not_found(std::string_view method, const HttpTarget& target) const;

  std::vector<Route> routes_;
  std::vector<std::vector<PatternSegment>> patterns_;  // of each route
};

}  // namespace hearth::serve
