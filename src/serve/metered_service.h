// A text service for servers with keys: each request runs with its key's priority and is charged to it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/text_service.h"
#include "serve/api_keys.h"

namespace hearth::serve {

// Thread-safe. Borrows both; forwards everything.
class MeteredService final : public TextService {
 public:
  MeteredService(TextService& service, ApiKeys& keys) : service_(service), keys_(keys) {}

  std::uint64_t submit(TextRequest request, std::shared_ptr<TextListener> listener) override;
  void cancel(std::uint64_t id) override { service_.cancel(id); }
  void embed(EmbeddingRequest request, std::function<void(Result<EmbeddingResult>)> done) override;
  void rerank(RerankRequest request, std::function<void(Result<RerankResult>)> done) override;
  void with_kit(const std::string& model, std::function<void(Result<std::shared_ptr<const TextKit>>)> done) override {
    service_.with_kit(model, std::move(done));
  }
  void load_adapter(const std::string& model, const std::string& name, const std::string& path,
                    std::function<void(Status)> done) override {
    service_.load_adapter(model, name, path, std::move(done));
  }
  void unload_adapter(const std::string& model, const std::string& name, std::function<void(Status)> done) override {
    service_.unload_adapter(model, name, std::move(done));
  }
  [[nodiscard]] std::vector<ModelFacts> models() const override { return service_.models(); }
  [[nodiscard]] Result<ModelFacts> model(const std::string& name) const override { return service_.model(name); }
  [[nodiscard]] EngineStatus status() const override { return service_.status(); }

 private:
  TextService& service_;
  ApiKeys& keys_;
};

}  // namespace hearth::serve
