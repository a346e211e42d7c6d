#include "serve/openai_routes.h"

#include <iterator>

#include "serve/chat_completions.h"
#include "serve/completions.h"
#include "serve/embeddings.h"
#include "serve/models_endpoint.h"
#include "serve/rerank.h"
#include "serve/responses.h"

namespace hearth::serve {

std::vector<Route> openai_routes(TextService& service, const Clock& clock, const OpenAiOptions& options) {
  const auto serving = std::make_shared<OpenAiServing>(service, clock, options.fingerprint, options.id_seed);
  serving->other_models = options.other_models;
  std::vector<Route> routes{chat_completions_route(serving), completions_route(serving), embeddings_route(serving)};
  const auto store = std::make_shared<ResponsesStore>(
      StoreBounds{.responses = options.stored_responses, .bytes = options.stored_bytes});
  for (auto& family : {responses_routes(serving, store), rerank_routes(serving), models_routes(serving)})
    routes.insert(routes.end(), family.begin(), family.end());
  return routes;
}

}  // namespace hearth::serve
