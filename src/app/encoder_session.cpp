#include "app/encoder_session.h"

#include <algorithm>

#include "app/model_opening.h"
#include "engine/encoding.h"
#include "engine/reranking.h"
#include "plugin_host/tensor_model.h"

namespace hearth {
namespace {

bool can(const RuntimeInfo& info, const char* capability) {
  return std::ranges::find(info.capabilities, capability) != info.capabilities.end();
}

}  // namespace

Result<std::unique_ptr<EncoderSession>> EncoderSession::open(const SessionHost& host,
                                                             const EncoderSessionOptions& options,
                                                             const CallBounds& bounds) {
  HEARTH_ASSIGN(file, open_model_file(options.model, host.store, host.registry));
  HEARTH_ASSIGN(chosen, choose_runtime(host.registry, options.runtime, file.format));
  HEARTH_ASSIGN(key, LoadHistory::key(file.model.path, chosen.name, chosen.info.version));
  const bool worker = options.transport == TransportChoice::kWorker ||
                      (options.transport == TransportChoice::kAuto && !host.history.passed(key));
  HEARTH_ASSIGN(runtime, host.registry.open(chosen.name, worker ? Transport::kWorker : Transport::kInProcess));
  std::unique_ptr<EncoderSession> session(new EncoderSession());
  session->resolved_ = file.model;
  session->runtime_info_ = std::move(chosen.info);
  LoadOptions load = options.load;
  load.path = file.model.path.string();
  HEARTH_ASSIGN(model, runtime->load(load, bounds));
  session->loaded_ = std::move(model);
  HEARTH_TRY(can(session->runtime_info_, "text") ? session->take_text_model(options)
                                                 : session->take_graph(options, bounds));
  if (worker) (void)host.history.record_passed(key);  // a read-only home only means a worker the next time too
  return session;
}

Status EncoderSession::take_graph(const EncoderSessionOptions& options, const CallBounds& bounds) {
  HEARTH_ASSIGN(bundle, read_encoder_bundle(resolved_.path));
  HEARTH_ASSIGN(model, TensorModel::from(loaded_));
  TensorOptions wanted;
  wanted.hint = PerformanceHint::kThroughput;
  wanted.n_threads = options.n_threads;
  HEARTH_ASSIGN(session, model->new_session(wanted, bounds));
  HEARTH_ASSIGN(lanes, encoder_lanes(session));
  HEARTH_ASSIGN(encoder, SentenceEncoder::make(session->ports(), std::move(bundle), std::move(lanes)));
  graph_ = std::move(encoder);
  return {};
}

Status EncoderSession::take_text_model(const EncoderSessionOptions& options) {
  HEARTH_ASSIGN(model, TextModel::from(loaded_));
  text_model_ = std::move(model);
  TextOptions text;
  text.n_threads = text.n_threads_batch = options.n_threads;
  embedder_ = std::make_unique<Embedder>(text_model_, text);
  return {};
}

Result<EmbeddingResult> EncoderSession::embed_with_text_model(const EmbeddingRequest& request) {
  if (!request.prompt.empty())
    return fail(ErrorCode::kUnsupported, "a model of this format carries no prompts by name",
                "write the prompt into the text");
  EmbeddingJob job;
  job.pooling = request.pooling;
  job.normalize = request.normalize;
  job.size = request.size;
  for (const auto& input : request.inputs) {
    if (const auto* text = std::get_if<std::string>(&input)) {
      HEARTH_ASSIGN(tokens, text_model_->tokenize(*text, true, false));
      job.texts.push_back(std::move(tokens));
    } else {
      job.texts.push_back(std::get<std::vector<Token>>(input));
    }
  }
  Result<EmbeddingResult> answer = fail(ErrorCode::kInternal, "the embedder ended without an answer");
  job.done = [&answer](Result<EmbeddingResult> result) { answer = std::move(result); };
  for (bool more = true; more;) {
    HEARTH_ASSIGN(going_on, embedder_->step(job));
    more = going_on;
  }
  return answer;
}

Result<EmbeddingResult> EncoderSession::embed(const EmbeddingRequest& request, const CallBounds& bounds) {
  return graph_ != nullptr ? embed_with(*graph_, request, bounds) : embed_with_text_model(request);
}

Result<RerankResult> EncoderSession::rerank(const RerankRequest& request, const CallBounds& bounds) {
  if (graph_ != nullptr) return rerank_with(*graph_, request, bounds);
  HEARTH_TRY(check_rerank(request));
  HEARTH_ASSIGN(embedded, embed_with_text_model(embedding_request_of(request)));
  return cosine_scores(embedded);
}

}  // namespace hearth
