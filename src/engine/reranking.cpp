#include "engine/reranking.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "engine/text_service.h"
#include "engine/vector_pooling.h"

namespace hearth {

std::string_view to_string(RerankMethod method) {
  return method == RerankMethod::kCrossEncoder ? "cross_encoder" : "cosine";
}

Status check_rerank(const RerankRequest& request) {
  const auto refuse = [](const char* field, std::string why) {
    return fail(Error(ErrorCode::kInvalidArgument, std::move(why)).with("param", field));
  };
  if (request.query.empty()) return refuse("query", "the query is empty");
  if (request.documents.empty() || request.documents.size() > RerankRequest::kDocumentsMax)
    return refuse("documents", fmt::format("there are {} documents; 1 to {} are ranked at once",
                                           request.documents.size(), RerankRequest::kDocumentsMax));
  return {};
}

EmbeddingRequest embedding_request_of(const RerankRequest& request) {
  EmbeddingRequest wanted{.model = request.model, .key = request.key, .inputs = {request.query}};
  for (const auto& document : request.documents) wanted.inputs.emplace_back(document);
  return wanted;
}

RerankResult cosine_scores(const EmbeddingResult& embedded) {
  RerankResult result{.model = embedded.model,
                      .method = RerankMethod::kCosine,
                      .scores = {},
                      .prompt_tokens = embedded.prompt_tokens,
                      .cut_tokens = embedded.cut_tokens};
  for (std::size_t i = 1; i < embedded.embeddings.size(); ++i)
    result.scores.push_back(cosine(embedded.embeddings[0], embedded.embeddings[i]));
  return result;
}

float logistic(float logit) { return static_cast<float>(1.0 / (1.0 + std::exp(-static_cast<double>(logit)))); }

void TextService::rerank(RerankRequest request, std::function<void(Result<RerankResult>)> done) {
  if (auto fine = check_rerank(request); !fine) return done(fail(fine.error()));
  embed(embedding_request_of(request), [done = std::move(done)](const Result<EmbeddingResult>& embedded) {
    if (!embedded) return done(fail(embedded.error()));
    done(cosine_scores(*embedded));
  });
}

}  // namespace hearth
