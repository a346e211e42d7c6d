// The model of a request that may leave its name out.
#pragma once

#include <string>
#include <string_view>

#include "engine/text_service.h"
#include "serve/exchange.h"

namespace hearth::serve {

// The model of this name or alias; of an empty name the one that writes text, if there is but one.
// kNotFound: no such model. kInvalidArgument, "param" being "model": none was named and there are several.
[[nodiscard]] Result<ModelFacts> chosen_model(const TextService& service, const std::string& name);

// Empty when absent.
[[nodiscard]] std::string query_value(const HttpRequest& request, const std::string& name);

}  // namespace hearth::serve
