#include "app/auto_routing.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/route_explanation.h"

namespace hearth {
namespace {

std::vector<RouteAttachment> attachments_of(const serve::RouteAsk& ask) {
  // Parts with content of their own. Nobody looked into them yet: announced, not decoded.
  std::vector<RouteAttachment> attachments(ask.n_images, {AttachmentKind::kImage, false, 0});
  attachments.insert(attachments.end(), ask.n_sounds, {AttachmentKind::kAudio, false, 0});
  return attachments;
}

RouteRequest request_of(const serve::RouteAsk& ask) {
  RouteRequest request;
  request.text = ask.text;
  request.context = ask.context;
  request.has_tools = ask.has_tools;
  request.has_json_schema = ask.has_json_schema;
  request.audio_wanted = ask.audio_wanted;
  request.max_tokens = ask.max_tokens;
  request.security = ask.security;
  request.quality = ask.quality;
  request.slo = ask.slo;
  request.session = ask.session.empty() ? 0 : std::hash<std::string>()(ask.session) | 1U;
  return request;
}

}  // namespace

bool AutoRouting::chooses(const std::string& model) const {
  if (model.empty()) return routing_->targets().targets.size() > 1;
  return model == "auto" && !service_.model(model);  // a model may be called so
}

// Which models are loaded and how many requests they have, of the engine; the rest of the machine.
RouteMachine AutoRouting::machine_now() const {
  const auto& targets = routing_->targets().targets;
  RouteMachine machine = read_route_machine(targets.size());
  const EngineStatus status = service_.status();
  std::size_t waiting = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    for (const ModelFacts& facts : status.models) {
      if (facts.name != targets[i].name) continue;
      machine.targets[i].loaded = facts.state == ModelState::kResident;
      machine.targets[i].available = facts.state != ModelState::kFailed;
    }
    for (const ModelLoad& load : status.loads) {
      if (load.model != targets[i].name) continue;
      waiting += load.waiting;
      machine.targets[i].queue = static_cast<std::uint16_t>(std::min<std::size_t>(load.waiting + load.running, 65535));
    }
  }
  machine.state.queue = static_cast<std::uint16_t>(std::min<std::size_t>(waiting, 65535));
  return machine;
}

serve::RouteAdvice AutoRouting::advise(const serve::RouteAsk& ask, bool explain_only) {
  const auto attachments = attachments_of(ask);
  RouteRequest request = request_of(ask);
  request.attachments = attachments;
  RouteMachine machine = machine_now();
  RouteDecision decision;
  routing_->route(request, machine, decision);
  const auto& targets = routing_->targets().targets;
  const ExplainedRoute explained{request, decision, routing_->policy(), targets};
  serve::RouteAdvice advice;
  advice.header = route_header(explained);
  if (explain_only) {
    advice.document = route_json(explained).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    return advice;
  }
  if (decision.target() < 0) return advice;
  const RouteTarget& target = targets[static_cast<std::size_t>(decision.target())];
  advice.model = target.name;
  Remembered remembered;
  remembered.record.target = target.name;
  remembered.record.intent = decision.verdict.intent;
  remembered.record.choice = routing_->choice_of(request, machine, decision);
  remembered.slo = ask.slo;
  remembered.power_w = target.power_w;
  remembered.expected_ms = routing_->planned_ms(decision);
  advice.id = remember(std::move(remembered));
  return advice;
}

std::string AutoRouting::remember(Remembered remembered) {
  const std::lock_guard lock(gate_);
  std::string id = fmt::format("route-{:016x}", next_id_++);
  remembered_.emplace(id, std::move(remembered));
  order_.push_back(id);
  if (order_.size() > kRememberedMax) {
    remembered_.erase(order_.front());
    order_.pop_front();
  }
  return id;
}

void AutoRouting::ended(const std::string& id, const serve::RouteEnd& end) {
  RouteRecord record;
  {
    const std::lock_guard lock(gate_);
    const auto found = remembered_.find(id);
    if (found == remembered_.end() || found->second.ended) return;
    Remembered& remembered = found->second;
    remembered.ended = true;
    const RoutingWeights& weights = routing_->policy().weights();
    const double total_ms = static_cast<double>(end.total.count());
    const double allowed_ms =
        remembered.slo.count() > 0 ? static_cast<double>(remembered.slo.count()) : weights.patience_ms;
    RouteOutcome& outcome = remembered.record.outcome;
    outcome.failed = end.failed;
    if (remembered.expected_ms > 0 && !end.failed && !end.aborted)
      outcome.time_ratio = static_cast<float>(total_ms) / remembered.expected_ms;
    outcome.aborted = end.aborted;
    outcome.slo_met = remembered.slo.count() == 0 || (!end.aborted && end.total <= remembered.slo);
    outcome.latency_share = static_cast<float>(total_ms / allowed_ms);
    outcome.energy_share = static_cast<float>(remembered.power_w * total_ms / 1000 / weights.energy_j);
    remembered.record.total_ms = total_ms;
    record = remembered.record;
  }
  learn(record);
}

Status AutoRouting::feedback(const std::string& id, const serve::RouteFeedback& feedback) {
  RouteRecord record;
  {
    const std::lock_guard lock(gate_);
    const auto found = remembered_.find(id);
    if (found == remembered_.end())
      return fail(ErrorCode::kNotFound, "no route of this id is remembered",
                  "the id is the answer's x-hearth-route-id; the last 1024 are remembered");
    RouteOutcome& outcome = found->second.record.outcome;
    if (feedback.thumbs != 0) outcome.thumbs = static_cast<float>(feedback.thumbs);
    outcome.retried = outcome.retried || feedback.retried;
    record = found->second.record;
  }
  learn(record);
  return {};
}

void AutoRouting::learn(const RouteRecord& record) {
  if (auto kept = routing_->learn(record); !kept)
    logger_.write(LogLevel::kWarn, "routing", "an outcome could not be kept: " + to_string(kept.error()));
}

}  // namespace hearth
