#include "app/server_governor.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "platform/process_memory.h"
#include "platform/this_thread.h"

namespace hearth {
namespace {

// How often deadlines of hanging models are looked at; sampling is slower where nothing is hot.
constexpr std::chrono::milliseconds kLook{250};
constexpr double kEnergyWindow_s = 10;

// The border to plugins carries a code and a message, no more: how a worker ended is read from its sentence.
CrashCause cause_of(const Error& error) {
  if (error.code == ErrorCode::kOutOfMemory) return CrashCause::kOutOfMemory;
  const bool killed = error.message.find("was killed by SIGKILL") != std::string::npos ||
                      error.message.find("was killed by SIGTERM") != std::string::npos;
  return error.code == ErrorCode::kWorkerCrashed && killed ? CrashCause::kKilled : CrashCause::kOwnFault;
}

Error quarantined(const std::string& model, const std::string& why) {
  return Error(ErrorCode::kUnavailable, why,
               fmt::format("POST /v1/hearth/models/{}/release once its cause is mended", model))
      .with("model", model);
}

}  // namespace

ServerGovernor::ServerGovernor(ServerGovernorOptions options, const ServerGovernorPorts& ports)
    : options_(std::move(options)),
      ports_(ports),
      sampler_(SystemTree(options_.machine), options_.telemetry),
      governor_(options_.limits, options_.modalities),
      watchdog_(options_.watchdog) {
  for (const GovernedModality& each : options_.modalities) ladders_.emplace(each.ladder.modality, each.ladder);
  governance_.canned_answer = options_.canned_answer;
  ports_.engine.residents().set_judge(
      [this](const std::string& model, const Error& error) { return judge(model, error); });
}

ServerGovernor::~ServerGovernor() { stop(); }

void ServerGovernor::govern_too(GovernedModality modality) {
  const std::lock_guard lock(gate_);  // requests ask for rungs already
  ladders_.emplace(modality.ladder.modality, modality.ladder);
  options_.modalities.push_back(std::move(modality));
  governor_ = Governor(options_.limits, options_.modalities);
}

void ServerGovernor::start(std::function<void()> after_sample) {
  after_sample_ = std::move(after_sample);
  thread_ = std::thread([this] { run(); });
}

void ServerGovernor::stop() {
  {
    const std::lock_guard lock(run_gate_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ServerGovernor::run() {
  name_this_thread("hearth-governor");
  Instant next = ports_.clock.now();
  std::unique_lock lock(run_gate_);
  while (!stopping_) {
    lock.unlock();
    const Instant now = ports_.clock.now();
    ports_.engine.expire_late(now);
    if (now >= next) {
      look();
      if (after_sample_) after_sample_();
      const std::lock_guard state(gate_);
      next = now + governor_.sample_every();
    }
    const auto pause = std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(next - ports_.clock.now()),
                                  std::chrono::milliseconds(10), kLook);
    lock.lock();
    wake_.wait_for(lock, pause, [this] { return stopping_; });
  }
}

void ServerGovernor::look() {
  const std::vector<ModelPulse> pulses = ports_.engine.pulses();
  const Decided decided = decide(pulses, ports_.clock.now());
  carry_out(decided);
}

TelemetrySample ServerGovernor::sample(const std::vector<ModelPulse>& pulses, Instant now) {
  TelemetrySample sample = sampler_.sample(now);
  const double seconds = looked_at_ ? std::max(1e-3, seconds_between(*looked_at_, now)) : 0;
  double busy_s = 0;
  for (const ModelPulse& each : pulses) {
    sample.waiting_requests += static_cast<std::uint32_t>(each.waiting);
    const auto before = known_.find(each.model);
    if (before != known_.end() && each.busy_s >= before->second.busy_s) busy_s += each.busy_s - before->second.busy_s;
  }
  if (seconds > 0) sample.activity[static_cast<std::size_t>(Modality::kText)] = std::min(1.0, busy_s / seconds);
  if (ports_.media != nullptr)
    for (const Modality each : {Modality::kVision, Modality::kHearing, Modality::kSpeaking})
      sample.activity[static_cast<std::size_t>(each)] = ports_.media->take_activity(each);
  last_ = sample;
  if (seconds > 0) measure_energy(pulses, seconds);
  looked_at_ = now;
  return sample;
}

// Averaged, since a sample may fall between two tokens. Power is the whole machine's.
void ServerGovernor::measure_energy(const std::vector<ModelPulse>& pulses, double seconds) {
  std::uint64_t tokens = 0;
  for (const ModelPulse& each : pulses) tokens += each.completion_tokens;
  const double came = tokens >= tokens_ ? static_cast<double>(tokens - tokens_) : 0;
  tokens_ = tokens;
  tok_s_ += (came / seconds - tok_s_) * std::min(1.0, seconds / kEnergyWindow_s);
  energy_per_token_j_.reset();
  if (last_.power_w && tok_s_ > 0.1) energy_per_token_j_ = *last_.power_w / tok_s_;
}

// Signs of life, for the watchdog.
void ServerGovernor::feed(const std::vector<ModelPulse>& pulses, Instant now, Decided& decided) {
  const auto tell = [&](const WatchdogEvent& event) {
    for (WatchdogAction& each : watchdog_.observe(event, now)) decided.actions.push_back(std::move(each));
  };
  std::map<std::string, Known> known;
  for (const ModelPulse& each : pulses) {
    const auto before = known_.find(each.model);
    const bool same =
        before != known_.end() && each.rounds >= before->second.rounds && each.worker_pid == before->second.worker_pid;
    if (same && before->second.dead) {
      known[each.model] = before->second;
      continue;
    }
    const bool is_new = !same;
    if (is_new) tell(ModelBegan{each.model, options_.stall_s});
    decided.models_came |= is_new;
    if (is_new || each.rounds != before->second.rounds) tell(ModelStepped{each.model, each.has_work});
    if (each.has_work) tell(ModelGotWork{each.model});
    const std::uint64_t failed_before = is_new ? 0 : before->second.failed_allocations;
    if (each.failed_allocations > failed_before) tell(AllocationFailed{governor_.can_relieve(Strain::kMemory)});
    known[each.model] = {false, each.rounds, each.worker_pid, each.busy_s, each.failed_allocations};
  }
  for (const auto& [name, before] : known_)
    if (!known.contains(name) && !watchdog_.restart_at(name)) tell(ModelLeft{name});
  known_ = std::move(known);
}

ServerGovernor::Decided ServerGovernor::decide(const std::vector<ModelPulse>& pulses, Instant now) {
  const std::lock_guard lock(gate_);
  Decided decided;
  const TelemetrySample felt = sample(pulses, now);
  feed(pulses, now, decided);
  for (WatchdogAction& each : watchdog_.observe(MachineFelt{felt}, now)) decided.actions.push_back(std::move(each));
  for (const WatchdogAction& each : decided.actions) note(each);
  for (WatchdogAction& each : std::exchange(owed_, {})) decided.actions.push_back(std::move(each));
  for (const WatchdogAction& each : decided.actions) {
    if (each.remedy != Remedy::kStepDown) continue;
    for (GovernorStep& step : governor_.relieve(Strain::kMemory, felt)) decided.steps.push_back(std::move(step));
  }
  for (GovernorStep& step : governor_.observe(felt)) decided.steps.push_back(std::move(step));
  for (const GovernorStep& each : decided.steps) note(each);
  note_effects();
  return decided;
}

void ServerGovernor::note(const WatchdogAction& action) {
  const auto about = std::string(remedy_name(action.remedy));
  record_.add(action, ports_.clock.wall_now());
  ports_.logger.write(LogLevel::kWarn, "watchdog", fmt::format("{}: {}", about, action.why));
  ports_.metrics.counter("hearth_watchdog_remedies_total", "What the watchdog did.", metric_label("remedy", about))
      .add();
}

void ServerGovernor::note(const GovernorStep& step) {
  const auto ladder = ladders_.find(step.modality);
  if (ladder == ladders_.end()) return;
  record_.add(step, ladder->second, ports_.clock.wall_now());
  ports_.logger.write(LogLevel::kWarn, "governor", step.why);
  ports_.metrics
      .counter("hearth_governor_steps_total", "Steps on ladders of degradation.",
               metric_label("modality", modality_name(step.modality)) + "," +
                   metric_label("cause", strain_name(step.cause)) + "," +
                   metric_label("direction", step.to > step.from ? "down" : "up"))
      .add();
}

void ServerGovernor::note_effects() {
  for (const StepEffect& effect : governor_.take_effects()) {
    const auto ladder = ladders_.find(effect.step.modality);
    if (ladder == ladders_.end()) continue;
    record_.add(effect, ladder->second, ports_.clock.wall_now());
    const auto change = [](const std::optional<double>& before, const std::optional<double>& after, const char* unit) {
      return before && after ? fmt::format(", {:.1f} to {:.1f} {}", *before, *after, unit) : std::string();
    };
    ports_.logger.write(LogLevel::kInfo, "governor",
                        fmt::format("{} came to{}{}", ladder->second.rungs[effect.step.to].name,
                                    change(effect.temperature_before_c, effect.temperature_after_c, "degC"),
                                    change(effect.power_before_w, effect.power_after_w, "W")));
  }
}

void ServerGovernor::carry_out(const Decided& decided) {
  for (const WatchdogAction& each : decided.actions) carry_out(each);
  follow_rung();
  follow_media_rungs();
  if (!decided.actions.empty() || !decided.steps.empty() || decided.models_came) ports_.engine.govern(governance_);
}

void ServerGovernor::carry_out(const WatchdogAction& action) {
  switch (action.remedy) {
    case Remedy::kKill: ports_.engine.end_stalled(action.model, action.why); break;
    case Remedy::kRestart: ports_.engine.with_kit(action.model, [](const auto&) {}); break;
    case Remedy::kGiveCachesBack:
      governance_.prefixes_in_ram = false;
      ports_.engine.govern(governance_);
      ports_.engine.residents().unload_idle();
      give_back_free_memory();
      break;
    case Remedy::kKeepCaches: governance_.prefixes_in_ram = true; break;
    case Remedy::kRefuse:
      governance_.refusal = Error(ErrorCode::kOverloaded, action.why, "try again later, or send less at once")
                                .with("retry_after_s", "30");
      break;
    case Remedy::kAccept: governance_.refusal.reset(); break;
    case Remedy::kStopWriting: governance_.prefixes_on_disk = false; break;
    case Remedy::kResumeWriting: governance_.prefixes_on_disk = true; break;
    case Remedy::kShedQueue: ports_.engine.shed_queues(options_.watchdog.queue_most); break;
    case Remedy::kPause: governance_.paused = true; break;
    case Remedy::kResume: governance_.paused = false; break;
    case Remedy::kStepDown:    // the governor's, already
    case Remedy::kQuarantine:  // said with the crash
      break;
  }
}

// The rung's settings as the engine takes them.
void ServerGovernor::follow_rung() {
  RungSettings settings;
  TextLimits limits;
  {
    const std::lock_guard lock(gate_);
    settings = governor_.settings(Modality::kText);
    if (governor_.rung(Modality::kText) > 0) limits.rung = governor_.rung_name(Modality::kText);
    refusing_ = governance_.refusal.has_value();
    paused_ = governance_.paused;
  }
  limits.concurrency_share = settings.concurrency_share.value_or(1);
  limits.threads_share = settings.threads_share.value_or(1);
  limits.context_share = settings.context_share.value_or(1);
  limits.kv_type = settings.kv_type;
  limits.speculation = settings.speculation.value_or(true);
  limits.max_new_tokens = settings.max_new_tokens;
  if (settings.model) limits.instead = options_.smaller;
  if (limits == governance_.limits) return;
  for (const auto& [model, smaller] : options_.smaller)
    ports_.engine.residents().set_leaving(model, limits.instead.contains(model));
  governance_.limits = std::move(limits);
}

void ServerGovernor::follow_media_rungs() {
  if (ports_.media == nullptr) return;
  const std::lock_guard lock(gate_);
  for (const auto& [modality, ladder] : ladders_) {
    if (modality == Modality::kText) continue;
    const std::size_t at = governor_.rung(modality);
    ports_.media->set(modality, governor_.settings(modality), at > 0 ? ladder.rungs[at].name : std::string());
  }
}

FailureVerdict ServerGovernor::judge(const std::string& model, const Error& error) {
  const Instant now = ports_.clock.now();
  const CrashCause cause = cause_of(error);
  const std::lock_guard lock(gate_);
  std::vector<WatchdogAction> actions;
  if (cause == CrashCause::kOutOfMemory)
    actions = watchdog_.observe(AllocationFailed{governor_.can_relieve(Strain::kMemory)}, now);
  for (WatchdogAction& each : watchdog_.observe(ModelCrashed{model, error.message, cause}, now))
    actions.push_back(std::move(each));
  FailureVerdict verdict;
  for (WatchdogAction& each : actions) {
    note(each);
    if (each.remedy == Remedy::kQuarantine)
      verdict.quarantine = quarantined(model, each.why);
    else
      owed_.push_back(std::move(each));
  }
  if (const auto at = watchdog_.restart_at(model)) verdict.wait_s = std::max(0.0, seconds_between(now, *at));
  if (const auto known = known_.find(model); known != known_.end()) known->second.dead = true;
  return verdict;
}

bool ServerGovernor::release(const std::string& model) {
  {
    const std::lock_guard lock(gate_);
    if (!watchdog_.release(model)) return false;
  }
  return ports_.engine.residents().release(model);
}

std::string ServerGovernor::rung(Modality modality) const {
  const std::lock_guard lock(gate_);
  if (modality == Modality::kText && refusing_ && !options_.canned_answer.empty()) return "canned answer";
  return governor_.rung(modality) == 0 ? "full" : std::string(governor_.rung_name(modality));
}

bool ServerGovernor::background_allowed() const {
  const std::lock_guard lock(gate_);
  return governor_.background_allowed();
}

nlohmann::ordered_json ServerGovernor::status() const {
  using nlohmann::ordered_json;
  const std::lock_guard lock(gate_);
  ordered_json rungs = ordered_json::array();
  for (const GovernedModality& each : options_.modalities) {
    const std::size_t at = governor_.rung(each.ladder.modality);
    rungs.push_back({{"modality", modality_name(each.ladder.modality)},
                     {"rung", each.ladder.rungs[at].name},
                     {"step", at},
                     {"lowest", std::min(each.lowest, each.ladder.last())},
                     {"action", each.ladder.rungs[at].action}});
  }
  ordered_json out = {{"rungs", std::move(rungs)},
                      {"strained", governor_.strained()},
                      {"paused", paused_},
                      {"refusing", refusing_},
                      {"background_allowed", governor_.background_allowed()},
                      {"tok_s", tok_s_}};
  if (energy_per_token_j_) out["energy_per_token_j"] = *energy_per_token_j_;
  ordered_json workers = ordered_json::object();
  for (const auto& [name, known] : known_)
    if (known.worker_pid != 0) workers[name] = known.worker_pid;
  out["workers"] = std::move(workers);
  out["sample"] = sample_to_json(last_);
  out["events"] = record_.to_json();
  return out;
}

}  // namespace hearth
