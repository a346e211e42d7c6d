#include "engine/encoding.h"

#include <fmt/format.h>

#include <utility>

#include "engine/embedder.h"
#include "engine/reranking.h"

namespace hearth {
namespace {

Unexpected refuse(const char* field, std::string why, std::string hint = {}) {
  return fail(Error(ErrorCode::kInvalidArgument, std::move(why), std::move(hint)).with("param", field));
}

// A list of tokens that the caller made.
Result<TokenSequence> checked_tokens(const SentenceEncoder& encoder, const std::vector<Token>& tokens,
                                     std::size_t which) {
  const auto most = encoder.settings().max_tokens;
  if (tokens.size() > most)
    return fail(
        Error(ErrorCode::kDoesNotFit,
              fmt::format("text {} has {} tokens; this model embeds at most {} at once", which, tokens.size(), most),
              "split the text")
            .with("param", "input"));
  for (const Token token : tokens)
    if (token < 0 || static_cast<std::size_t>(token) >= encoder.tokenizer().size())
      return refuse("input", fmt::format("text {} has the token {}, which the model's vocabulary of {} lacks", which,
                                         token, encoder.tokenizer().size()));
  return TokenSequence{tokens, std::vector<std::int32_t>(tokens.size(), 0), 0};
}

Result<std::vector<TokenSequence>> sequences_of(const SentenceEncoder& encoder, const EmbeddingRequest& request) {
  if (request.inputs.empty() || request.inputs.size() > EmbeddingJob::kTextsMax)
    return refuse("input", fmt::format("there are {} texts; 1 to {} are embedded at once", request.inputs.size(),
                                       EmbeddingJob::kTextsMax));
  std::vector<TokenSequence> sequences;
  for (const auto& input : request.inputs) {
    const auto* text = std::get_if<std::string>(&input);
    HEARTH_ASSIGN(sequence, text != nullptr
                                ? encoder.tokenize(*text, request.prompt)
                                : checked_tokens(encoder, std::get<std::vector<Token>>(input), sequences.size()));
    if (sequence.ids.empty()) return refuse("input", fmt::format("text {} is empty", sequences.size()));
    sequences.push_back(std::move(sequence));
  }
  return sequences;
}

template <class Answer>
void count_tokens(const std::vector<TokenSequence>& sequences, Answer& answer) {
  for (const auto& sequence : sequences) {
    answer.prompt_tokens += static_cast<std::uint32_t>(sequence.ids.size());
    answer.cut_tokens += sequence.cut_tokens;
  }
}

}  // namespace

Result<EmbeddingResult> embed_with(SentenceEncoder& encoder, const EmbeddingRequest& request,
                                   const CallBounds& bounds) {
  EncodeOptions options{.pooling = {}, .normalize = request.normalize, .size = request.size};
  if (!request.pooling.empty()) {
    options.pooling = pooling_of(request.pooling);
    if (!options.pooling)
      return refuse("pooling", "no pooling '" + request.pooling + "'", "there are mean, cls, max and last");
  }
  HEARTH_ASSIGN(sequences, sequences_of(encoder, request));
  EmbeddingResult result{.model = request.model, .embeddings = {}};
  HEARTH_ASSIGN(vectors, encoder.embed(sequences, options, bounds));
  result.embeddings = std::move(vectors);
  count_tokens(sequences, result);
  return result;
}

Result<RerankResult> rerank_with(SentenceEncoder& encoder, const RerankRequest& request, const CallBounds& bounds) {
  HEARTH_TRY(check_rerank(request));
  if (!encoder.is_cross_encoder()) {
    HEARTH_ASSIGN(embedded, embed_with(encoder, embedding_request_of(request), bounds));
    return cosine_scores(embedded);
  }
  std::vector<TokenSequence> pairs;
  for (const auto& document : request.documents) {
    HEARTH_ASSIGN(pair, encoder.tokenize_pair(request.query, document));
    if (pair.ids.empty()) return refuse("documents", fmt::format("document {} gives no tokens", pairs.size()));
    pairs.push_back(std::move(pair));
  }
  RerankResult result{.model = request.model, .method = RerankMethod::kCrossEncoder, .scores = {}};
  HEARTH_ASSIGN(logits, encoder.score(pairs, bounds));
  for (const float logit : logits) result.scores.push_back(logistic(logit));
  count_tokens(pairs, result);
  return result;
}

}  // namespace hearth
