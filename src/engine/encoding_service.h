// Embeddings and scores of all models of a server: graphs of tensors beside text models, each by its kind.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/encoder_bundle.h"
#include "engine/sentence_encoder.h"
#include "engine/tensor_service.h"
#include "engine/text_service.h"

namespace hearth {

struct EncodingOptions {
  std::size_t queue = 256;  // requests that may wait
  unsigned n_threads = 2;   // requests computed at once
};

// Hands everything on to the text service but embeddings and rankings on tensor models, which it computes on lanes of
// the tensor service, one a request. Thread-safe. Both services outlive it.
class EncodingService final : public TextService {
 public:
  EncodingService(TextService& texts, TensorService& tensors, const EncodingOptions& options = {});
  // Refuses what waits; finishes what is being computed.
  ~EncodingService() override;

  void embed(EmbeddingRequest request, std::function<void(Result<EmbeddingResult>)> done) override;
  void rerank(RerankRequest request, std::function<void(Result<RerankResult>)> done) override;

  std::uint64_t submit(TextRequest request, std::shared_ptr<TextListener> listener) override {
    return texts_.submit(std::move(request), std::move(listener));
  }
  void cancel(std::uint64_t id) override { texts_.cancel(id); }
  void with_kit(const std::string& model, std::function<void(Result<std::shared_ptr<const TextKit>>)> done) override {
    texts_.with_kit(model, std::move(done));
  }
  void load_adapter(const std::string& model, const std::string& name, const std::string& path,
                    std::function<void(Status)> done) override {
    texts_.load_adapter(model, name, path, std::move(done));
  }
  void unload_adapter(const std::string& model, const std::string& name, std::function<void(Status)> done) override {
    texts_.unload_adapter(model, name, std::move(done));
  }
  [[nodiscard]] std::vector<ModelFacts> models() const override { return texts_.models(); }
  [[nodiscard]] Result<ModelFacts> model(const std::string& name) const override { return texts_.model(name); }
  [[nodiscard]] EngineStatus status() const override { return texts_.status(); }

 private:
  // Called once: with the encoder, or with why there is none.
  using Work = std::function<void(Result<SentenceEncoder*>)>;
  struct Pending {
    ModelFacts model;
    Work work;
  };
  void enqueue(ModelFacts model, Work work);
  void serve();
  void compute(const Pending& pending);
  [[nodiscard]] Result<EncoderBundle> bundle_of(const std::string& path);

  TextService& texts_;
  TensorService& tensors_;
  EncodingOptions options_;
  std::mutex gate_;  // of all below
  std::condition_variable wake_;
  std::deque<Pending> waiting_;
  std::map<std::string, EncoderBundle> bundles_;  // by path: reading a vocabulary takes longer than a short text
  bool stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace hearth
