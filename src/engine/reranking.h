// Scores of documents for a query.
#pragma once

#include <functional>

#include "engine/text_request.h"
#include "hearth/result.h"

namespace hearth {

// kInvalidArgument: no documents, too many, or an empty query.
[[nodiscard]] Status check_rerank(const RerankRequest& request);

// The query first, then the documents.
[[nodiscard]] EmbeddingRequest embedding_request_of(const RerankRequest& request);
// From the vectors of that request.
[[nodiscard]] RerankResult cosine_scores(const EmbeddingResult& embedded);

// The logistic function, which makes a cross-encoder's logit a number in (0, 1).
[[nodiscard]] float logistic(float logit);

}  // namespace hearth
