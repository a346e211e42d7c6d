// Reads out of a body of any dialect what bears on where it goes. Takes what it finds: the endpoint itself refuses what
// is wrong.
#pragma once

#include "serve/auto_route.h"
#include "serve/json_reader.h"

namespace hearth::serve {

// InvalidArgument: a header x-hearth-security, -slo-ms or -quality that says nothing known.
[[nodiscard]] Result<RouteAsk> read_route_ask(const Json& body, const HttpRequest& http);

}  // namespace hearth::serve
