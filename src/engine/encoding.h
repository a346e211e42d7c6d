// Requests for embeddings and scores, answered on a sentence encoder.
#pragma once

#include "base/call_bounds.h"
#include "engine/sentence_encoder.h"
#include "engine/text_request.h"

namespace hearth {

// kInvalidArgument: no inputs or too many, an unknown pooling, prompt or token, or too many dimensions. Token lists
// are taken as they are, special tokens included.
[[nodiscard]] Result<EmbeddingResult> embed_with(SentenceEncoder& encoder, const EmbeddingRequest& request,
                                                 const CallBounds& bounds);
// By pairs where the encoder is a cross-encoder, else by the cosine of embeddings.
[[nodiscard]] Result<RerankResult> rerank_with(SentenceEncoder& encoder, const RerankRequest& request,
                                               const CallBounds& bounds);

}  // namespace hearth
