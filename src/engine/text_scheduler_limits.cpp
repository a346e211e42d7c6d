// What the governor and the watchdog ask of a model at work.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/cache_salt.h"
#include "engine/text_scheduler.h"

namespace hearth {
namespace {

// Precisions from which a rung may step down. One that is quantised by plan stays as it is.
constexpr std::array<std::string_view, 4> kWholeTypes = {"", "f16", "bf16", "f32"};

bool is_whole(std::string_view type) { return std::ranges::find(kWholeTypes, type) != kWholeTypes.end(); }

}  // namespace

void TextScheduler::set_limits(const TextLimits& limits) {
  post([this, limits] { apply(limits); });
}

void TextScheduler::apply(const TextLimits& limits) {
  limits_ = limits;
  planner_.set_sequences(static_cast<std::uint32_t>(model_.slots * std::clamp(limits.concurrency_share, 0.0, 1.0)));
}

void TextScheduler::set_paused(bool paused) {
  post([this, paused] { paused_ = paused; });
}

void TextScheduler::keep_prefixes(bool in_ram, bool on_disk) {
  post([this, in_ram, on_disk] {
    prefixes_in_ram_ = in_ram;
    prefixes_on_disk_ = on_disk;
    if (kv_ == nullptr) return;
    kv_->keep_in_ram(in_ram);
    kv_->keep_on_disk(on_disk);
  });
}

void TextScheduler::shed_queue(std::size_t most) {
  post([this, most] {
    std::vector<RunningAnswer*> waiting;  // one a request: siblings come after the first choice has started
    for (auto& [id, answer] : answers_)
      if (answer.state == AnswerState::kQueued && !answer.request->started) waiting.push_back(&answer);
    if (waiting.size() <= most) return;
    std::ranges::sort(waiting, std::ranges::greater(), [](const RunningAnswer* each) { return each->id; });
    waiting.resize(waiting.size() - most);
    const Error error = Error(ErrorCode::kOverloaded,
                              fmt::format("{} requests waited and the queue did not get shorter; the newest are let go",
                                          waiting.size() + most),
                              "send fewer requests at once")
                            .with("retry_after_s", "10");
    for (RunningAnswer* each : waiting) fail_request(*each->request, error);
  });
}

void TextScheduler::end_stalled(const std::string& why) {
  if (!model_.model->model()->source()->end_worker(why)) stall_.request();
}

void TextScheduler::worker_ended(const Error& error, std::function<void()> then) {
  post([this, error, then = std::move(then)] {
    bool leaves = false;
    {
      const std::lock_guard lock(gate_);
      leaves = stopping_;
    }
    if (!leaves) give_up(error);
    then();
  });
}

ModelPulse TextScheduler::pulse() const {
  ModelPulse pulse;
  pulse.model = model_.facts.name;
  pulse.rounds = rounds_.load(std::memory_order_relaxed);
  pulse.busy_s = static_cast<double>(busy_us_.load(std::memory_order_relaxed)) / 1e6;
  pulse.completion_tokens = metrics_.completion_tokens.value();
  pulse.failed_allocations = failed_allocations_.load(std::memory_order_relaxed);
  pulse.worker_pid = model_.model->model()->source()->worker_pid();
  pulse.has_work = open_.load(std::memory_order_relaxed) > 0;
  const std::lock_guard lock(gate_);
  pulse.waiting = load_.waiting;
  pulse.has_work = pulse.has_work || !inbox_.empty();
  return pulse;
}

// 0: as loaded. Answers wait for memory, prompts for cores: these keep all.
unsigned TextScheduler::threads_of(std::span<const StepItem> items) const {
  const std::uint32_t planned = kv_->granted().n_threads;
  if (limits_.threads_share >= 1 || planned < 2 || !std::ranges::all_of(items, &StepItem::decode)) return 0;
  return std::max(1U, static_cast<unsigned>(planned * limits_.threads_share));
}

const std::string& TextScheduler::wanted_kv_type() const {
  const std::string& planned = model_.options.kv_type_k;
  return limits_.kv_type && is_whole(planned) ? *limits_.kv_type : planned;
}

bool TextScheduler::wants_other_cache() const {
  return wanted_kv_type() != kv_type_ && wanted_kv_type() != refused_kv_type_;
}

// Nothing runs. The old cache goes first: both at once might not fit.
void TextScheduler::change_cache() {
  const std::string before = kv_type_;
  const std::string wanted = wanted_kv_type();
  const std::uint32_t cells = kv_->granted().n_ctx;
  kv_.reset();
  if (auto made = make_cache(wanted, cells); made) {
    ports_.logger.write(LogLevel::kInfo, "engine",
                        fmt::format("{}: the KV cache is {} now", model_.facts.name, wanted.empty() ? "f16" : wanted));
    return;
  } else {
    refused_kv_type_ = wanted;
    ports_.logger.write(LogLevel::kWarn, "engine",
                        fmt::format("{} stays with its KV cache: {}", model_.facts.name, to_string(made.error())));
  }
  if (auto again = make_cache(before, cells); !again) recover(again.error());
}

}  // namespace hearth
