#include "schedule/model_swap_policy.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/units.h"

namespace hearth {
namespace {

constexpr std::size_t kWaitingReserved = 64;  // requests that wait without taking memory

void wake(SwapDecision& decision, Instant at) {
  decision.wake_at = decision.wake_at ? std::min(*decision.wake_at, at) : at;
}

std::uint64_t total(const BytesByPool& bytes) {
  std::uint64_t sum = 0;
  for (const auto& [pool, amount] : bytes) {
    if (!checked_add(sum, amount, sum)) return UINT64_MAX;
  }
  return sum;
}

}  // namespace

void ModelSwapPolicy::set_model(const std::string& name, const ModelNeed& need) {
  Model& model = models_[name];
  model.need = need;
  model.waiting.reserve(kWaitingReserved);
}

Status ModelSwapPolicy::request_arrived(const std::string& name, Instant arrived) {
  const auto found = models_.find(name);
  if (found == models_.end()) return fail(ErrorCode::kNotFound, fmt::format("there is no model '{}' here", name));
  found->second.waiting.insert(arrived);
  return {};
}

void ModelSwapPolicy::request_left(const std::string& name, Instant arrived) {
  Model& model = models_.at(name);
  if (const auto at = model.waiting.find(arrived); at != model.waiting.end()) model.waiting.erase(at);
}

void ModelSwapPolicy::request_started(const std::string& name, Instant arrived, Instant now) {
  request_left(name, arrived);
  Model& model = models_.at(name);
  ++model.running;
  model.last_used = now;
}

void ModelSwapPolicy::request_ended(const std::string& name, Instant now) {
  Model& model = models_.at(name);
  if (model.running > 0) --model.running;
  model.last_used = now;
}

void ModelSwapPolicy::request_returned(const std::string& name, Instant arrived) {
  Model& model = models_.at(name);
  if (model.running > 0) --model.running;
  model.waiting.insert(arrived);
}

bool ModelSwapPolicy::may_start(const std::string& name) const {
  const auto found = models_.find(name);
  return found != models_.end() && found->second.state == State::kResident;
}

void ModelSwapPolicy::loaded(const std::string& name, const BytesByPool& held, double took_s, Instant now) {
  Model& model = models_.at(name);
  model.state = State::kResident;
  model.held = held;
  model.load_s = took_s;
  model.loaded_at = model.last_used = now;
  model.retry_at.reset();
  model.retry_s = 0;
  ++loads_;
}

void ModelSwapPolicy::resized(const std::string& name, const BytesByPool& held) { models_.at(name).held = held; }

void ModelSwapPolicy::load_failed(const std::string& name, Instant now) {
  Model& model = models_.at(name);
  model.state = State::kAbsent;
  model.retry_s = std::clamp(model.retry_s * 2, limits_.retry_min_s, limits_.retry_max_s);
  model.retry_at = after(now, model.retry_s);
}

void ModelSwapPolicy::unloaded(const std::string& name) {
  Model& model = models_.at(name);
  model.state = State::kAbsent;
  model.held.clear();
}

void ModelSwapPolicy::hold(const std::string& name, Instant until) { models_.at(name).retry_at = until; }

void ModelSwapPolicy::set_leaving(const std::string& name, bool leaving) {
  if (const auto found = models_.find(name); found != models_.end()) found->second.leaving = leaving;
}

Instant ModelSwapPolicy::residency_end(const Model& model) const {
  return after(model.loaded_at, std::max(limits_.residency_min_s, limits_.residency_per_load * model.load_s));
}

void ModelSwapPolicy::refill_early(Instant now) {
  if (early_at_) early_used_ -= seconds_between(*early_at_, now) / limits_.early_swap_refill_s;
  early_used_ = std::max(0.0, early_used_);
  early_at_ = now;
}

SwapDecision ModelSwapPolicy::decide(Instant now) {
  SwapDecision decision;
  refill_early(now);
  unload_expired(now, decision);
  const bool busy = std::any_of(models_.begin(), models_.end(), [](const Entry& m) {
    return m.second.state == State::kLoading || m.second.state == State::kUnloading;
  });
  if (busy) return decision;
  while (Entry* target = next_to_load(now, decision)) {
    if (serve(*target, now, decision)) return decision;
  }
  stop_draining({}, decision);
  return decision;
}

void ModelSwapPolicy::unload_expired(Instant now, SwapDecision& decision) {
  const bool idle_leave = std::exchange(unload_idle_, false);
  for (auto& [name, model] : models_) {
    if (model.state != State::kResident || model.wanted()) continue;
    const bool expires = !model.need.pinned && model.need.ttl_s > 0;
    if (!model.leaving && !(idle_leave && !model.need.pinned)) {
      if (!expires) continue;
      const Instant ends = after(model.last_used, model.need.ttl_s);
      if (now < ends) {
        wake(decision, ends);
        continue;
      }
    }
    model.state = State::kUnloading;
    decision.actions.push_back({SwapActionKind::kUnload, name, std::nullopt});
  }
}

// The absent model whose oldest request waits longest.
ModelSwapPolicy::Entry* ModelSwapPolicy::next_to_load(Instant now, SwapDecision& decision) {
  Entry* next = nullptr;
  for (Entry& entry : models_) {
    const Model& model = entry.second;
    if (model.state != State::kAbsent || model.waiting.empty()) continue;
    if (model.retry_at && now < *model.retry_at) {
      wake(decision, *model.retry_at);
      continue;
    }
    if (next == nullptr || *model.waiting.begin() < *next->second.waiting.begin()) next = &entry;
  }
  return next;
}

// The next action towards loading `target`; false when it was refused, so that another may have its turn.
bool ModelSwapPolicy::serve(Entry& target, Instant now, SwapDecision& decision) {
  const BytesByPool wanted = bytes_together(target.second.need.steady, target.second.need.transient);
  if (book_.shortfall(wanted).empty()) {  // old and new side by side: no victim is needed (any more)
    stop_draining({}, decision);
    target.second.state = State::kLoading;
    decision.actions.push_back({SwapActionKind::kLoad, target.first, std::nullopt});
    return true;
  }
  BytesByPool evictable;
  for (const auto& [name, model] : models_) {
    if (model.resident() && !model.need.pinned) evictable = bytes_together(evictable, model.held);
  }
  if (!book_.shortfall(wanted, evictable).empty()) {
    refuse(target, book_.shortfall(wanted, evictable), now, decision);
    return false;
  }
  const std::vector<Entry*> victims = victims_for(wanted, now, decision);
  stop_draining(victims, decision);
  const bool running =
      std::any_of(victims.begin(), victims.end(), [](const Entry* v) { return v->second.running > 0; });
  for (Entry* victim : victims) {
    Model& model = victim->second;
    if (running) {
      if (model.state == State::kResident)
        decision.actions.push_back({SwapActionKind::kDrain, victim->first, std::nullopt});
      model.state = State::kDraining;
      continue;
    }
    if (now < residency_end(model)) early_used_ += 1;
    model.state = State::kUnloading;
    ++evictions_;
    decision.actions.push_back({SwapActionKind::kUnload, victim->first, std::nullopt});
  }
  return true;
}

void ModelSwapPolicy::refuse(Entry& target, const BytesByPool& missing, Instant now, SwapDecision& decision) {
  const auto& [pool, bytes] = *missing.begin();
  Error error(ErrorCode::kDoesNotFit,
              fmt::format("'{}' needs {} more of '{}' than is free with every model evicted that may be", target.first,
                          format_bytes(bytes), pool),
              "unpin a model, choose a smaller one or a larger budget");
  load_failed(target.first, now);
  decision.actions.push_back({SwapActionKind::kRefuse, target.first, std::move(error)});
}

// Of the models that may leave now: those that drain already, unwanted before wanted, longest unused first, and no more
// than it takes. Empty while what has to leave has not stayed long enough.
std::vector<ModelSwapPolicy::Entry*> ModelSwapPolicy::victims_for(const BytesByPool& wanted, Instant now,
                                                                  SwapDecision& decision) {
  std::vector<Entry*> may_leave;
  const bool early = early_used_ + 1 <= limits_.early_swaps;
  for (Entry& entry : models_) {
    const Model& model = entry.second;
    if (!model.resident() || model.need.pinned) continue;
    const Instant stays = residency_end(model);
    if (now >= stays || model.state == State::kDraining || (early && !model.wanted())) {
      may_leave.push_back(&entry);
    } else {
      wake(decision, stays);
    }
  }
  std::sort(may_leave.begin(), may_leave.end(), [](const Entry* a, const Entry* b) {
    const auto rank = [](const Entry* e) {
      return std::tuple(e->second.state != State::kDraining, e->second.wanted(), e->second.last_used, e->first);
    };
    return rank(a) < rank(b);
  });
  BytesByPool freed;
  std::vector<Entry*> victims;
  for (Entry* entry : may_leave) {
    if (book_.shortfall(wanted, freed).empty()) break;
    freed = bytes_together(freed, entry->second.held);
    victims.push_back(entry);
  }
  if (!book_.shortfall(wanted, freed).empty()) return {};
  // Small ones that were taken on the way and turned out not to matter stay; the smallest are spared first.
  std::vector<Entry*> by_bytes = victims;
  std::stable_sort(by_bytes.begin(), by_bytes.end(),
                   [](const Entry* a, const Entry* b) { return total(a->second.held) < total(b->second.held); });
  for (Entry* spared : by_bytes) {
    BytesByPool rest;
    for (const Entry* v : victims) {
      if (v != spared) rest = bytes_together(rest, v->second.held);
    }
    if (book_.shortfall(wanted, rest).empty()) victims.erase(std::find(victims.begin(), victims.end(), spared));
  }
  return victims;
}

void ModelSwapPolicy::stop_draining(const std::vector<Entry*>& except, SwapDecision& decision) {
  for (Entry& entry : models_) {
    if (entry.second.state != State::kDraining) continue;
    if (std::find(except.begin(), except.end(), &entry) != except.end()) continue;
    entry.second.state = State::kResident;
    decision.actions.push_back({SwapActionKind::kResume, entry.first, std::nullopt});
  }
}

}  // namespace hearth
