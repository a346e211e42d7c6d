// What the governor and the watchdog ask of text models, and what they see of them.
#include <fmt/format.h>

#include <algorithm>

#include "engine/text_engine.h"

namespace hearth {
namespace {

// A step that is under way may end first; what hangs is not waited for.
constexpr double kDeadlineGrace_s = 0.5;
constexpr std::uint32_t kContextLeast = 256;
constexpr std::size_t kSweepLeast = 1024;

}  // namespace

void TextEngine::govern(TextGovernance governance) {
  {
    const std::lock_guard lock(gate_);
    governance_ = std::move(governance);
  }
  const TextGovernance now = this->governance();
  for (const auto& model : residents_.resident(ModelKind::kText))
    hold(*std::static_pointer_cast<TextScheduler>(model), now);
}

void TextEngine::hold(TextScheduler& scheduler, const TextGovernance& governance) {
  scheduler.set_limits(governance.limits);
  scheduler.set_paused(governance.paused);
  scheduler.keep_prefixes(governance.prefixes_in_ram, governance.prefixes_on_disk);
}

TextGovernance TextEngine::governance() const {
  const std::lock_guard lock(gate_);
  return governance_;
}

void TextEngine::shed_queues(std::size_t most) {
  for (const auto& model : residents_.resident(ModelKind::kText))
    std::static_pointer_cast<TextScheduler>(model)->shed_queue(most);
}

bool TextEngine::end_stalled(const std::string& name, const std::string& why) {
  for (const auto& model : residents_.resident(ModelKind::kText)) {
    const auto scheduler = std::static_pointer_cast<TextScheduler>(model);
    if (scheduler->name() != name) continue;
    scheduler->end_stalled(why);
    return true;
  }
  return false;
}

std::vector<ModelPulse> TextEngine::pulses() const {
  std::vector<ModelPulse> pulses;
  for (const auto& model : residents_.resident(ModelKind::kText))
    pulses.push_back(std::static_pointer_cast<TextScheduler>(model)->pulse());
  return pulses;
}

void TextEngine::expire_late(Instant now) {
  std::vector<Guarded> late;
  {
    const std::lock_guard lock(gate_);
    while (!guarded_.empty() && after(guarded_.begin()->first, kDeadlineGrace_s) <= now) {
      late.push_back(std::move(guarded_.begin()->second));
      guarded_.erase(guarded_.begin());
    }
  }
  for (const Guarded& each : late) {
    const auto guard = each.guard.lock();
    if (guard == nullptr) continue;  // it is over
    guard->on_error({ErrorCode::kDeadlineExceeded,
                     fmt::format("the deadline of request {} passed while its model made no step", each.id),
                     "allow it more time, or send it again"});
    cancel(each.id);
  }
}

std::shared_ptr<TextListener> TextEngine::guarded(std::shared_ptr<TextListener> listener, const TextRequest& request,
                                                  std::uint64_t id) {
  if (!request.deadline) return listener;
  auto guard = std::make_shared<DeadlineGuard>(std::move(listener));
  const std::lock_guard lock(gate_);
  if (guarded_.size() >= sweep_at_) {
    std::erase_if(guarded_, [](const auto& each) { return each.second.guard.expired(); });
    sweep_at_ = std::max(kSweepLeast, 2 * guarded_.size());
  }
  guarded_.emplace(*request.deadline, Guarded{id, guard});
  return guard;
}

// The model that answers in the place of `name` now.
std::string TextEngine::instead_of(const std::string& name, const TextGovernance& governance,
                                   std::vector<std::string>& notices) {
  const auto found = governance.limits.instead.find(name);
  if (found == governance.limits.instead.end()) return name;
  notices.push_back(fmt::format("'{}' answers in the place of '{}': {}", found->second, name, governance.limits.rung));
  return found->second;
}

// Conversations only, and of these such as would take any words: whoever asked for a form or for a tool's call gets the
// error, which no program takes for what it wanted.
bool TextEngine::may_be_canned(const TextRequest& request, const TextGovernance& governance) {
  if (governance.canned_answer.empty() || request.constraint || request.logprobs) return false;
  const auto* talk = std::get_if<PromptRequest>(&request.prompt);
  return talk != nullptr && request.tool_choice != ToolChoice::kRequired;
}

void TextEngine::answer_canned(std::uint64_t id, const std::string& model, std::uint32_t choices,
                               const TextGovernance& governance, TextListener& listener) {
  listener.on_accepted({id, model, 0, {"no model answered: " + governance.refusal->message}});
  for (std::uint32_t choice = 0; choice < std::max(1U, choices); ++choice) {
    TextDelta delta;
    delta.choice = choice;
    delta.events.push_back({.kind = OutputKind::kContent, .text = governance.canned_answer});
    listener.on_delta(std::move(delta));
    listener.on_choice_end({choice, FinishReason::kStop, {}});
  }
  listener.on_end({});
}

std::uint32_t TextEngine::context_for(std::uint32_t planned) const {
  const double share = governance().limits.context_share;
  const auto held = static_cast<std::uint32_t>(planned * std::clamp(share, 0.0, 1.0));
  return std::max(std::min(planned, kContextLeast), held);
}

void TextEngine::shorten(PreparedRequest& request) const {
  const TextLimits limits = governance().limits;
  if (!limits.max_new_tokens || request.max_new_tokens <= *limits.max_new_tokens) return;
  request.max_new_tokens = *limits.max_new_tokens;
  request.notices.push_back(fmt::format("the answer may have {} tokens: {}", *limits.max_new_tokens, limits.rung));
}

std::vector<ModelFacts> TextEngine::with_rung(std::vector<ModelFacts> models) const {
  const std::string rung = governance().limits.rung;
  if (rung.empty()) return models;
  for (ModelFacts& facts : models)
    if (facts.kind == ModelKind::kText) facts.rung = rung;
  return models;
}

std::vector<ModelFacts> TextEngine::models() const { return with_rung(residents_.status().models); }

Result<ModelFacts> TextEngine::model(const std::string& name) const {
  HEARTH_ASSIGN(facts, residents_.facts(name));
  return std::move(with_rung({std::move(facts)}).front());
}

EngineStatus TextEngine::status() const {
  EngineStatus status = residents_.status();
  status.models = with_rung(std::move(status.models));
  return status;
}

}  // namespace hearth
