#include "serve/rung_header.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace hearth::serve {
namespace {

constexpr std::array<std::string_view, 5> kFamilies = {"openai", "anthropic", "llama", "hearth", "vision"};

Modality modality_of(const Route& route) {
  if (route.tag == "vision") return Modality::kVision;
  if (route.pattern == "/v1/audio/speech") return Modality::kSpeaking;
  if (route.pattern.starts_with("/v1/audio/")) return Modality::kHearing;
  return Modality::kText;
}

class RungExchange final : public Exchange {
 public:
  RungExchange(std::shared_ptr<Exchange> below, std::string rung) : below_(std::move(below)), rung_(std::move(rung)) {}

  [[nodiscard]] const HttpRequest& request() const override { return below_->request(); }
  void respond(HttpResponse response) override {
    response.headers.emplace_back("x-hearth-rung", rung_);
    below_->respond(std::move(response));
  }
  void respond_error(const Error& error) override { below_->respond_error(error); }
  void start_stream(std::string content_type, Headers headers) override {
    headers.emplace_back("x-hearth-rung", rung_);
    below_->start_stream(std::move(content_type), std::move(headers));
  }
  bool write(std::string bytes) override { return below_->write(std::move(bytes)); }
  void end_stream() override { below_->end_stream(); }
  void on_disconnect(std::function<void()> callback) override { below_->on_disconnect(std::move(callback)); }

 private:
  const std::shared_ptr<Exchange> below_;
  const std::string rung_;
};

}  // namespace

std::vector<Route> with_rung_header(std::vector<Route> routes, std::function<std::string(Modality)> rung) {
  for (Route& route : routes) {
    if (route.method != "POST" || std::ranges::find(kFamilies, route.tag) == kFamilies.end()) continue;
    const Modality modality = modality_of(route);
    route.handler = [inner = std::move(route.handler), rung, modality](std::shared_ptr<Exchange> exchange) {
      inner(std::make_shared<RungExchange>(std::move(exchange), rung(modality)));
    };
  }
  return routes;
}

}  // namespace hearth::serve
