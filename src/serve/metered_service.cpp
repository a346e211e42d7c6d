#include "serve/metered_service.h"

#include <algorithm>
#include <utility>

namespace hearth::serve {
namespace {

// Charges what a request came to when it is over.
class MeteringListener final : public TextListener {
 public:
  MeteringListener(std::shared_ptr<TextListener> to, ApiKeys& keys, std::string key)
      : to_(std::move(to)), keys_(keys), key_(std::move(key)) {}

  void on_accepted(const TextAccepted& accepted) override { to_->on_accepted(accepted); }
  void on_delta(TextDelta delta) override { to_->on_delta(std::move(delta)); }
  void on_choice_end(const ChoiceEnd& end) override { to_->on_choice_end(end); }
  void on_end(const TextEnd& end) override {
    keys_.charge_tokens(key_, std::uint64_t{end.usage.prompt_tokens} + end.usage.completion_tokens);
    to_->on_end(end);
  }
  void on_error(const Error& error) override { to_->on_error(error); }

 private:
  std::shared_ptr<TextListener> to_;  // shared with the engine's caller
  ApiKeys& keys_;
  std::string key_;
};

}  // namespace

std::uint64_t MeteredService::submit(TextRequest request, std::shared_ptr<TextListener> listener) {
  // A client may ask for less than its key allows, never for more.
  request.priority = std::max(request.priority, keys_.priority(request.key));
  auto metered = std::make_shared<MeteringListener>(std::move(listener), keys_, request.key);
  return service_.submit(std::move(request), std::move(metered));
}

void MeteredService::embed(EmbeddingRequest request, std::function<void(Result<EmbeddingResult>)> done) {
  std::string key = request.key;
  service_.embed(std::move(request), [this, key, done = std::move(done)](Result<EmbeddingResult> result) {
    if (result) keys_.charge_tokens(key, result->prompt_tokens);
    done(std::move(result));
  });
}

void MeteredService::rerank(RerankRequest request, std::function<void(Result<RerankResult>)> done) {
  std::string key = request.key;
  service_.rerank(std::move(request), [this, key, done = std::move(done)](Result<RerankResult> result) {
    if (result) keys_.charge_tokens(key, result->prompt_tokens);
    done(std::move(result));
  });
}

}  // namespace hearth::serve
