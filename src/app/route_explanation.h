// Why a request went where it went: the whole trace as JSON, as one header, and in words.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "domain/route.h"
#include "domain/route_target.h"
#include "router/policy.h"

namespace hearth {

struct ExplainedRoute {
  const RouteRequest& request;
  const RouteDecision& decision;
  const RoutingPolicy& policy;
  const std::vector<RouteTarget>& targets;
};

// data/schemas/route.schema.json.
[[nodiscard]] nlohmann::ordered_json route_json(const ExplainedRoute& route);

// The names of the route's targets joined by '+', in the order in which they run; "router" where it answers itself,
// "none" where nothing may or can.
[[nodiscard]] std::string target_name(const RouteDecision& decision, const std::vector<RouteTarget>& targets);

// For the header x-hearth-route: "target=NAME; stage=3; intent=chat; confidence=0.97; rules=a,b; us=84". Printable
// ASCII, nothing of the request's text.
[[nodiscard]] std::string route_header(const ExplainedRoute& route);

// A few lines for a person.
[[nodiscard]] std::string route_text(const ExplainedRoute& route);

}  // namespace hearth
