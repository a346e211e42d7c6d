#include "serve/router.h"

#include <algorithm>
#include <set>

#include "base/display_text.h"
#include "base/nearest_name.h"

namespace hearth::serve {
namespace {

using Kind = PatternSegment::Kind;

Result<PatternSegment> parse_segment(std::string_view text) {
  if (!text.starts_with('{')) return PatternSegment{Kind::kLiteral, std::string(text)};
  if (!text.ends_with('}'))
    return fail(ErrorCode::kInvalidArgument, "the route's segment '" + std::string(text) + "' lacks its '}'");
  text = text.substr(1, text.size() - 2);
  const bool rest = text.ends_with("...");
  if (rest) text.remove_suffix(3);
  if (text.empty()) return fail(ErrorCode::kInvalidArgument, "a route has a parameter without a name");
  return PatternSegment{rest ? Kind::kRest : Kind::kOne, std::string(text)};
}

bool matches(const std::vector<PatternSegment>& pattern, const std::vector<std::string>& segments) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (i >= segments.size()) return false;
    if (pattern[i].kind == Kind::kLiteral && pattern[i].text != segments[i]) return false;
    if (pattern[i].kind == Kind::kOne && segments[i].empty()) return false;
    if (pattern[i].kind == Kind::kRest) return segments.size() > i + 1 || !segments[i].empty();
  }
  return pattern.size() == segments.size();
}

bool more_literal(const std::vector<PatternSegment>& a, const std::vector<PatternSegment>& b) {
  return std::ranges::lexicographical_compare(a, b, {}, &PatternSegment::kind, &PatternSegment::kind);
}

std::map<std::string, std::string> parameters_of(const std::vector<PatternSegment>& pattern,
                                                 const std::vector<std::string>& segments) {
  std::map<std::string, std::string> out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i].kind == Kind::kLiteral) continue;
    std::string value = segments[i];
    if (pattern[i].kind == Kind::kRest)
      for (std::size_t j = i + 1; j < segments.size(); ++j) value += "/" + segments[j];
    out.emplace(pattern[i].text, std::move(value));
  }
  return out;
}

bool serves(const Route& route, std::string_view method) {
  return route.method == method || (method == "HEAD" && route.method == "GET");
}

constexpr std::size_t kShownMax = 120;  // bytes of a path that an error repeats

}  // namespace

Result<std::vector<PatternSegment>> parse_pattern(std::string_view pattern) {
  if (!pattern.starts_with('/'))
    return fail(ErrorCode::kInvalidArgument, "the route '" + std::string(pattern) + "' does not begin with '/'");
  std::vector<PatternSegment> out;
  std::set<std::string> names;
  for (std::string_view rest = pattern; !rest.empty();) {
    if (!out.empty() && out.back().kind == Kind::kRest)
      return fail(ErrorCode::kInvalidArgument, "the route '" + std::string(pattern) + "' goes on after its rest");
    rest.remove_prefix(1);
    const auto text = rest.substr(0, rest.find('/'));
    rest.remove_prefix(text.size());
    HEARTH_ASSIGN(segment, parse_segment(text));
    if (segment.kind != Kind::kLiteral && !names.insert(segment.text).second)
      return fail(ErrorCode::kInvalidArgument,
                  "the route '" + std::string(pattern) + "' names '" + segment.text + "' twice");
    out.push_back(std::move(segment));
  }
  return out;
}

Result<Router> Router::create(std::vector<Route> routes) {
  Router router;
  std::set<std::string> seen;
  for (const Route& route : routes) {
    if (!seen.insert(route.method + " " + route.pattern).second)
      return fail(ErrorCode::kInvalidArgument, "the route '" + route.method + " " + route.pattern + "' is there twice");
    HEARTH_ASSIGN(pattern, parse_pattern(route.pattern));
    router.patterns_.push_back(std::move(pattern));
  }
  router.routes_ = std::move(routes);
  return router;
}

// Indices of the routes whose pattern matches, the most literal first.
std::vector<std::size_t> Router::candidates(const HttpTarget& target) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < patterns_.size(); ++i)
    if (matches(patterns_[i], target.segments)) found.push_back(i);
  std::ranges::stable_sort(found, [this](auto a, auto b) { return more_literal(patterns_[a], patterns_[b]); });
  return found;
}

Result<RouteMatch> Router::match(std::string_view method, const HttpTarget& target) const {
  const auto found = candidates(target);
  for (const std::size_t i : found)
    if (serves(routes_[i], method)) return RouteMatch{&routes_[i], parameters_of(patterns_[i], target.segments)};
  if (found.empty()) return not_found(method, target);
  const std::string allowed = allowed_methods(target);
  return fail(Error(ErrorCode::kInvalidArgument,
                    "the method " + one_line(method) + " is not allowed for '" + routes_[found.front()].pattern + "'",
                    "use one of " + allowed)
                  .with("http_status", "405")
                  .with("code", "method_not_allowed")
                  .with("allow", allowed));
}

std::string Router::allowed_methods(const HttpTarget& target) const {
  std::set<std::string> methods;
  for (const std::size_t i : candidates(target)) methods.insert(routes_[i].method);
  if (methods.empty()) return {};
  if (methods.contains("GET")) methods.insert("HEAD");
  methods.insert("OPTIONS");
  std::string out;
  for (const std::string& method : methods) out += (out.empty() ? "" : ", ") + method;
  return out;
}

Unexpected Router::not_found(std::string_view method, const HttpTarget& target) const {
  std::vector<std::string> known;
  for (const Route& route : routes_) known.push_back(route.pattern);
  const std::string shown = one_line(target.path.substr(0, kShownMax));
  const auto nearest = nearest_name(target.path.substr(0, kShownMax), known);
  return fail(Error(ErrorCode::kNotFound, "there is nothing at " + one_line(method) + " '" + shown + "'",
                    nearest ? "did you mean '" + *nearest + "'?" : "GET /openapi.json lists what is here")
                  .with("code", "unknown_url"));
}

}  // namespace hearth::serve
