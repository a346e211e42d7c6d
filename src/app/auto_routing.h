// Joins the server's requests for model "auto" to routing over the models that it serves.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "app/machine_routing.h"
#include "base/log.h"
#include "engine/text_service.h"
#include "serve/auto_route.h"

namespace hearth {

// Internally locked. Borrows service and logger.
class AutoRouting final : public serve::RouteAdvisor {
 public:
  // `id_seed` makes ids that come once.
  AutoRouting(std::unique_ptr<MachineRouting> routing, const TextService& service, Logger& logger,
              std::uint64_t id_seed)
      : routing_(std::move(routing)), service_(service), logger_(logger), next_id_(id_seed) {}

  [[nodiscard]] bool chooses(const std::string& model) const override;
  [[nodiscard]] serve::RouteAdvice advise(const serve::RouteAsk& ask, bool explain_only) override;
  void ended(const std::string& id, const serve::RouteEnd& end) override;
  Status feedback(const std::string& id, const serve::RouteFeedback& feedback) override;
  [[nodiscard]] std::string report() const override { return routing_->report_json(); }

 private:
  static constexpr std::size_t kRememberedMax = 1024;  // routes that feedback may still speak of; the oldest go
  struct Remembered {
    RouteRecord record;
    std::chrono::milliseconds slo{0};
    float power_w = 0;
    float expected_ms = 0;  // as planned; 0: not known
    bool ended = false;
  };
  [[nodiscard]] RouteMachine machine_now() const;
  std::string remember(Remembered remembered);
  void learn(const RouteRecord& record);

  std::unique_ptr<MachineRouting> routing_;
  const TextService& service_;
  Logger& logger_;
  std::mutex gate_;
  std::uint64_t next_id_;
  std::map<std::string, Remembered> remembered_;
  std::deque<std::string> order_;
};

}  // namespace hearth
