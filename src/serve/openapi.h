// The OpenAPI document of a table of routes.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "serve/exchange.h"

namespace hearth::serve {

// OpenAPI 3.1, a pure function of the table: paths in the order of their names, schemas under components by the name of
// their operation, errors in the dialect of each route. `version` is the program's. A schema that is no JSON object is
// left out; check_route_schemas() tells. Source: OpenAPI Specification 3.1.0.
[[nodiscard]] std::string openapi_document(std::span<const Route> routes, std::string_view version);

// InvalidData: a route whose schema is no JSON object, named.
[[nodiscard]] Status check_route_schemas(std::span<const Route> routes);

}  // namespace hearth::serve
