#include "app/encoder_session.h"

#include <algorithm>

#include "app/model_opening.h"
#include "engine/encoding.h"
#include "engine/reranking.h"

namespace hearth {
namespace {

bool can(const RuntimeInfo& info, const char* capability) {
  return std::ranges::find(info.capabilities, capability) != info.capabilities.end();
}

}  // namespace

Result<std::unique_ptr<EncoderSession>> EncoderSession::open(const TensorHostParts& parts,
                                                             const EncoderSessionOptions& options,
                                                             const CallBounds& bounds) {
  const SessionHost& host = parts.session;
  HEARTH_ASSIGN(file, open_model_file(options.model, host.store, host.registry));
  HEARTH_ASSIGN(chosen, choose_runtime(host.registry, options.runtime, file.format));
  std::unique_ptr<EncoderSession> session(new EncoderSession());
  session->resolved_ = file.model;
  session->runtime_info_ = std::move(chosen.info);
  // A runtime that is both runs a graph where there is a tokenizer for one.
  const RuntimeInfo& runtime = session->runtime_info_;
  const bool is_graph = can(runtime, HEARTH_CAP_TENSOR) &&
                        (!can(runtime, HEARTH_CAP_TEXT) || read_encoder_bundle(session->resolved_.path).has_value());
  HEARTH_TRY(is_graph ? session->open_graph(parts, options, bounds) : session->open_text_model(host, options, bounds));
  return session;
}

// A lane for each run that the graph allows at once.
Status EncoderSession::open_graph(const TensorHostParts& parts, const EncoderSessionOptions& options,
                                  const CallBounds& bounds) {
  HEARTH_ASSIGN(bundle, read_encoder_bundle(resolved_.path));
  std::vector<TensorModelSettings> models(1);
  TensorModelSettings& wanted = models.front();
  wanted.name = resolved_.name;
  wanted.reference = options.model;
  wanted.runtime = runtime_info_.name;
  wanted.load = options.load;
  wanted.tensor.hint = PerformanceHint::kThroughput;
  wanted.tensor.n_threads = options.n_threads;
  wanted.transport = options.transport;
  HEARTH_ASSIGN(host, TensorHost::create(parts, std::move(models)));
  tensors_ = std::move(host);
  HEARTH_ASSIGN(lane, tensors_->engine().borrow(resolved_.name, bounds));
  const TensorPorts ports = lane->facts().ports;
  const std::uint32_t n_lanes = lane->facts().session.n_requests;
  std::vector<std::unique_ptr<EncoderLane>> lanes;
  lanes.push_back(encoder_lane(std::move(lane)));
  while (lanes.size() < n_lanes) {
    HEARTH_ASSIGN(more, tensors_->engine().borrow(resolved_.name, bounds));
    lanes.push_back(encoder_lane(std::move(more)));
  }
  HEARTH_ASSIGN(encoder, SentenceEncoder::make(ports, std::move(bundle), std::move(lanes)));
  graph_ = std::move(encoder);
  return {};
}

Status EncoderSession::open_text_model(const SessionHost& host, const EncoderSessionOptions& options,
                                       const CallBounds& bounds) {
  HEARTH_ASSIGN(key, LoadHistory::key(resolved_.path, runtime_info_.name, runtime_info_.version));
  const bool worker = options.transport == TransportChoice::kWorker ||
                      (options.transport == TransportChoice::kAuto && !host.history.passed(key));
  HEARTH_ASSIGN(runtime, host.registry.open(runtime_info_.name, worker ? Transport::kWorker : Transport::kInProcess));
  LoadOptions load = options.load;
  load.path = resolved_.path.string();
  HEARTH_ASSIGN(model, runtime->load(load, bounds));
  HEARTH_ASSIGN(text, TextModel::from(std::move(model)));
  text_model_ = std::move(text);
  TextOptions wanted;
  wanted.n_threads = wanted.n_threads_batch = options.n_threads;
  embedder_ = std::make_unique<Embedder>(text_model_, wanted);
  if (worker) (void)host.history.record_passed(key);  // a read-only home only means a worker the next time too
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
