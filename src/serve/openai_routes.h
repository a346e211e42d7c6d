// The endpoints of OpenAI's API.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/text_service.h"
#include "serve/exchange.h"
#include "serve/openai_serving.h"

namespace hearth::serve {

struct OpenAiOptions {
  std::string fingerprint = "hearth";     // the answers' system_fingerprint: the program and its version
  std::uint64_t id_seed = 0;              // of ids and of seeds that clients leave open: another one each start
  std::size_t stored_responses = 1024;    // past responses kept for previous_response_id
  std::size_t stored_bytes = 64U << 20U;  // of these together; the oldest go first
  std::function<std::vector<OtherModel>()> other_models = {};  // beside the service's own, for the list of models
};

// Chat completions, completions, embeddings, responses and models. The service and the clock are borrowed and must
// outlive the routes and all exchanges they were given.
[[nodiscard]] std::vector<Route> openai_routes(TextService& service, const Clock& clock, const OpenAiOptions& options);

}  // namespace hearth::serve
