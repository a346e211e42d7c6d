#include "engine/encoding_service.h"

#include <utility>

#include "engine/encoding.h"

namespace hearth {
EncodingService::EncodingService(TextService& texts, TensorService& tensors, const EncodingOptions& options)
    : texts_(texts), tensors_(tensors), options_(options) {
  for (unsigned i = 0; i < options_.n_threads; ++i) threads_.emplace_back([this] { serve(); });
}

EncodingService::~EncodingService() {
  std::deque<Pending> left;
  {
    const std::scoped_lock lock(gate_);
    stopping_ = true;
    left.swap(waiting_);
  }
  wake_.notify_all();
  for (const auto& pending : left) pending.work(fail(ErrorCode::kUnavailable, "the server is stopping", "try again"));
  threads_.clear();
}

void EncodingService::enqueue(ModelFacts model, Work work) {
  {
    const std::scoped_lock lock(gate_);
    if (!stopping_ && waiting_.size() < options_.queue) {
      waiting_.push_back({std::move(model), std::move(work)});
      wake_.notify_one();
      return;
    }
  }
  work(fail(Error(ErrorCode::kOverloaded, "too many requests for embeddings wait already", "try again later")
                .with("retry_after_s", "1")));
}

void EncodingService::serve() {
  for (;;) {
    Pending pending;
    {
      std::unique_lock lock(gate_);
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      pending = std::move(waiting_.front());
      waiting_.pop_front();
    }
    compute(pending);
  }
}

Result<EncoderBundle> EncodingService::bundle_of(const std::string& path) {
  {
    const std::scoped_lock lock(gate_);
    if (const auto found = bundles_.find(path); found != bundles_.end()) return found->second;
  }
  HEARTH_ASSIGN(bundle, read_encoder_bundle(path));
  const std::scoped_lock lock(gate_);
  return bundles_.insert_or_assign(path, std::move(bundle)).first->second;
}

void EncodingService::compute(const Pending& pending) {
  auto bundle = bundle_of(pending.model.path);
  if (!bundle) return pending.work(fail(bundle.error()));
  auto lane = tensors_.borrow(pending.model.name, {});
  if (!lane) return pending.work(fail(lane.error()));
  const TensorPorts ports = (*lane)->facts().ports;
  std::vector<std::unique_ptr<EncoderLane>> lanes;
  lanes.push_back(encoder_lane(std::move(*lane)));
  auto encoder = SentenceEncoder::make(ports, std::move(*bundle), std::move(lanes));
  if (!encoder) return pending.work(fail(encoder.error()));
  pending.work(encoder->get());
}

void EncodingService::embed(EmbeddingRequest request, std::function<void(Result<EmbeddingResult>)> done) {
  auto facts = texts_.model(request.model);
  if (!facts || facts->kind != ModelKind::kTensor) return texts_.embed(std::move(request), std::move(done));
  request.model = facts->name;
  enqueue(std::move(*facts), [request = std::move(request), done = std::move(done)](Result<SentenceEncoder*> encoder) {
    done(encoder ? embed_with(**encoder, request, {}) : Result<EmbeddingResult>(fail(encoder.error())));
  });
}

void EncodingService::rerank(RerankRequest request, std::function<void(Result<RerankResult>)> done) {
  auto facts = texts_.model(request.model);
  if (!facts || facts->kind != ModelKind::kTensor) return texts_.rerank(std::move(request), std::move(done));
  request.model = facts->name;
  enqueue(std::move(*facts), [request = std::move(request), done = std::move(done)](Result<SentenceEncoder*> encoder) {
    done(encoder ? rerank_with(**encoder, request, {}) : Result<RerankResult>(fail(encoder.error())));
  });
}

}  // namespace hearth
