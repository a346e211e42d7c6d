#include "schedule/request_queue.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace hearth {
namespace {

constexpr double kServiceMemoryS = 30;  // the rate is that of the last half minute of work

}  // namespace

double RequestQueue::weight_of(const std::string& key) const {
  const auto found = weights_.find(key);
  return found == weights_.end() ? 1 : found->second;
}

void RequestQueue::set_key_weight(const std::string& key, double weight) {
  if (weight > 0) weights_[key] = weight;
}

void RequestQueue::note_service(double tokens, double seconds) {
  if (!(seconds > 0) || tokens < 0) return;
  const double keep = std::exp(-seconds / kServiceMemoryS);
  served_tokens_ = served_tokens_ * keep + tokens;
  served_s_ = served_s_ * keep + seconds;
}

double RequestQueue::retry_after(double tokens_to_leave) {
  // Those refused before come again first: each later one is sent away for longer, or all would return at once.
  const double mean = places_.empty() ? 1 : static_cast<double>(tokens_) / static_cast<double>(places_.size());
  const double ahead = tokens_to_leave + refused_ahead_ * mean;
  refused_ahead_ = std::min(refused_ahead_ + 1, static_cast<double>(limits_.requests));
  const double rate = service_tok_s();
  const double wait = rate > 0 ? ahead / rate : limits_.retry_after_min_s;
  return std::clamp(std::ceil(wait), limits_.retry_after_min_s, limits_.retry_after_max_s);
}

std::optional<QueueRefusal> RequestQueue::refusal(const QueuedRequest& request) {
  if (places_.contains(request.id)) {
    return QueueRefusal{0, Error(ErrorCode::kInvalidArgument, fmt::format("request {} waits already", request.id))};
  }
  const double n = static_cast<double>(std::max<std::size_t>(1, places_.size()));
  const double mean = static_cast<double>(tokens_) / n;
  const auto refuse = [&](double to_leave, std::string message) {
    const double wait = retry_after(to_leave);
    Error error(ErrorCode::kOverloaded, std::move(message), fmt::format("try again in {:.0f} s", wait));
    return QueueRefusal{wait, std::move(error).with("retry_after_s", fmt::format("{:.0f}", wait))};
  };
  // Expired ones count until they are fetched, so that a caller that forgets them can't grow this without bound.
  if (const std::size_t held = places_.size() + expired_.size(); held >= limits_.requests) {
    return refuse(mean, fmt::format("the queue is full: {} requests wait, {} are allowed", held, limits_.requests));
  }
  const auto mine = requests_by_key_.find(request.key);
  if (mine != requests_by_key_.end() && mine->second >= limits_.requests_per_key) {
    // One of its own has to leave, which takes a turn of every key.
    return refuse(
        mean * static_cast<double>(requests_by_key_.size()),
        fmt::format("{} requests of this key wait already, {} are allowed", mine->second, limits_.requests_per_key));
  }
  if (!places_.empty() && tokens_ + request.cost_tokens > limits_.tokens) {
    return refuse(static_cast<double>(tokens_ + request.cost_tokens - limits_.tokens),
                  fmt::format("{} tokens of work wait, the request adds {}, {} are allowed", tokens_,
                              request.cost_tokens, limits_.tokens));
  }
  return std::nullopt;
}

std::optional<QueueRefusal> RequestQueue::push(QueuedRequest request, Instant now) {
  expire(now);
  request.cost_tokens = std::max(1U, request.cost_tokens);
  request.arrived = now;
  if (auto refused = refusal(request)) return refused;
  Flow& flow = flow_of(request.key, static_cast<std::size_t>(request.priority));
  if (flow.waiting.empty()) activate(flow);
  flow.waiting.push_back(std::move(request));
  const QueuedRequest& kept = flow.waiting.back();
  places_[kept.id] = {&flow, std::prev(flow.waiting.end())};
  if (kept.deadline) deadlines_.emplace(*kept.deadline, kept.id);
  ++requests_by_key_[kept.key];
  ++levels_[flow.level].requests;
  tokens_ += kept.cost_tokens;
  return std::nullopt;
}

RequestQueue::Flow& RequestQueue::flow_of(const std::string& key, std::size_t level) {
  auto& slot = flows_[{key, level}];
  if (!slot) {
    slot = std::make_unique<Flow>();
    slot->key = key;
    slot->level = level;
    slot->age = next_age_++;
    slot->time = levels_[level].now;
  }
  return *slot;
}

// An idle flow that is still known has a debt and keeps it; any other was forgotten and starts at the present
// (flow_of): waiting idly earns nothing.
void RequestQueue::activate(Flow& flow) {
  Level& level = levels_[flow.level];
  level.idle.erase({flow.time, flow.age});
  level.active.emplace(Order{flow.time, flow.age}, &flow);
  if (level.requests == 0) level.time = std::max(level.time, now_);
}

void RequestQueue::set_time(Flow& flow, double time) {
  Level& level = levels_[flow.level];
  auto& order = flow.waiting.empty() ? level.idle : level.active;
  order.erase({flow.time, flow.age});
  flow.time = time;
  order.emplace(Order{flow.time, flow.age}, &flow);
}

void RequestQueue::drop_flow(std::map<Order, Flow*>::iterator at, Level& level) {
  const Flow& flow = *at->second;
  const std::pair<std::string, std::size_t> name{flow.key, flow.level};
  level.idle.erase(at);
  flows_.erase(name);
}

void RequestQueue::forget_idle(Level& level) {
  while (!level.idle.empty() &&
         (level.idle.begin()->first.first <= level.now || level.idle.size() > limits_.remembered_flows)) {
    drop_flow(level.idle.begin(), level);
  }
}

RequestQueue::Level* RequestQueue::next_level() {
  Level* next = nullptr;
  for (Level& level : levels_) {
    if (level.requests > 0 && (next == nullptr || level.time < next->time)) next = &level;
  }
  return next;
}

const QueuedRequest* RequestQueue::front(Instant now) {
  expire(now);
  Level* level = next_level();
  return level == nullptr ? nullptr : &level->active.begin()->second->waiting.front();
}

std::optional<QueuedRequest> RequestQueue::pop(Instant now) {
  const QueuedRequest* next = front(now);
  if (next == nullptr) return std::nullopt;
  const auto place = places_.find(next->id);
  Flow& flow = *place->second.flow;
  Level& level = levels_[flow.level];
  const double cost = next->cost_tokens;
  now_ = std::max(now_, level.time);
  level.now = std::max(level.now, flow.time);
  level.time += cost / limits_.priority_share[flow.level];
  set_time(flow, flow.time + cost / weight_of(flow.key));
  refused_ahead_ = std::max(0.0, refused_ahead_ - 1);
  QueuedRequest popped = take_out(place);
  forget_idle(level);
  return popped;
}

QueuedRequest RequestQueue::take_out(std::unordered_map<RequestId, Place>::iterator place) {
  Flow& flow = *place->second.flow;
  Level& level = levels_[flow.level];
  QueuedRequest request = std::move(*place->second.at);
  flow.waiting.erase(place->second.at);
  places_.erase(place);
  if (request.deadline) deadlines_.erase({*request.deadline, request.id});
  const auto mine = requests_by_key_.find(request.key);
  if (--mine->second == 0) requests_by_key_.erase(mine);
  --level.requests;
  tokens_ -= request.cost_tokens;
  if (flow.waiting.empty()) {
    level.active.erase({flow.time, flow.age});
    level.idle.emplace(Order{flow.time, flow.age}, &flow);
  }
  return request;
}

bool RequestQueue::cancel(RequestId id) {
  const auto place = places_.find(id);
  if (place == places_.end()) return false;
  Level& level = levels_[place->second.flow->level];
  take_out(place);
  forget_idle(level);
  return true;
}

void RequestQueue::expire(Instant now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto place = places_.find(deadlines_.begin()->second);
    Level& level = levels_[place->second.flow->level];
    expired_.push_back(take_out(place));
    forget_idle(level);
  }
}

std::vector<QueuedRequest> RequestQueue::take_expired(Instant now) {
  expire(now);
  return std::exchange(expired_, {});
}

void RequestQueue::settle(const QueuedRequest& request, std::uint64_t used_tokens) {
  const auto priority = static_cast<std::size_t>(request.priority);
  const double difference = static_cast<double>(used_tokens) - static_cast<double>(request.cost_tokens);
  Level& level = levels_[priority];
  level.time += difference / limits_.priority_share[priority];
  const auto known = flows_.find({request.key, priority});
  if (known == flows_.end() && difference <= 0) return;
  Flow& flow = known == flows_.end() ? flow_of(request.key, priority) : *known->second;
  set_time(flow, flow.time + difference / weight_of(request.key));
  forget_idle(level);
}

}  // namespace hearth
