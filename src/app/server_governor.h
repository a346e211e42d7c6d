// The governor and the watchdog at work on a running server: samples the machine, carries out what they decide.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/governor_record.h"
#include "base/clock.h"
#include "base/log.h"
#include "engine/text_engine.h"
#include "governor/governor.h"
#include "governor/watchdog.h"
#include "metrics/registry.h"
#include "pipeline/governed_media.h"
#include "probe/telemetry_sampler.h"

namespace hearth {

struct ServerGovernorOptions {
  std::filesystem::path machine = "/";  // whose /proc and /sys are read: this machine's, or a simulated or recorded one
  TelemetryOptions telemetry{};
  std::vector<GovernedModality> modalities{};    // what the server can carry out of each
  std::map<std::string, std::string> smaller{};  // text model to the one that answers for it on "smaller model"
  GovernorLimits limits{};
  WatchdogLimits watchdog{};
  std::string canned_answer{};  // see TextGovernance
  double stall_s = 30;          // without a step, while there is work
};

struct ServerGovernorPorts {
  TextEngine& engine;
  const Clock& clock;
  MetricsRegistry& metrics;
  Logger& logger;
  MediaGovernance* media = nullptr;  // of the modalities besides text; null: none is served
};

// Thread-safe. Its thread runs from start() to stop(); the ports outlive that. It judges the engine's crashes from its
// making on, and must outlive the engine for that.
class ServerGovernor {
 public:
  ServerGovernor(ServerGovernorOptions options, const ServerGovernorPorts& ports);
  ~ServerGovernor();
  ServerGovernor(const ServerGovernor&) = delete;
  ServerGovernor& operator=(const ServerGovernor&) = delete;

  // Before start(): a modality more.
  void govern_too(GovernedModality modality);
  // `after_sample` is called on its thread after each sample, without a lock.
  void start(std::function<void()> after_sample = {});
  void stop();
  // One round of start()'s loop, at the clock's time: what tests call instead of it.
  void look();

  // "full" as planned, and where the modality is not governed.
  [[nodiscard]] std::string rung(Modality modality = Modality::kText) const;
  [[nodiscard]] bool background_allowed() const;
  // The "governor" of data/schemas/status.schema.json.
  [[nodiscard]] nlohmann::ordered_json status() const;
  // A model in quarantine may be loaded again. False: it was in none.
  bool release(const std::string& model);

 private:
  struct Known {        // of a loaded model, as of the last look
    bool dead = false;  // it crashed and is not unloaded yet
    std::uint64_t rounds = 0;
    int worker_pid = 0;
    double busy_s = 0;
    std::uint64_t failed_allocations = 0;
  };
  struct Decided {  // to be carried out without the lock
    std::vector<WatchdogAction> actions;
    std::vector<GovernorStep> steps;
    bool models_came = false;
  };

  void run();
  [[nodiscard]] FailureVerdict judge(const std::string& model, const Error& error);
  [[nodiscard]] TelemetrySample sample(const std::vector<ModelPulse>& pulses, Instant now);
  void feed(const std::vector<ModelPulse>& pulses, Instant now, Decided& decided);
  [[nodiscard]] Decided decide(const std::vector<ModelPulse>& pulses, Instant now);
  void carry_out(const Decided& decided);
  void carry_out(const WatchdogAction& action);
  void follow_rung();
  void follow_media_rungs();
  void note(const WatchdogAction& action);
  void note(const GovernorStep& step);
  void note_effects();
  void measure_energy(const std::vector<ModelPulse>& pulses, double seconds);

  ServerGovernorOptions options_;  // immutable from start() on
  ServerGovernorPorts ports_;
  std::map<Modality, Ladder> ladders_;

  mutable std::mutex gate_;  // of what follows, up to `governance_`
  TelemetrySampler sampler_;
  Governor governor_;
  Watchdog watchdog_;
  std::vector<WatchdogAction> owed_;  // of crashes, to be carried out with the next look
  GovernorRecord record_;
  TelemetrySample last_;
  std::map<std::string, Known> known_;
  std::optional<Instant> looked_at_;
  std::uint64_t tokens_ = 0;
  double tok_s_ = 0;
  std::optional<double> energy_per_token_j_;
  bool refusing_ = false, paused_ = false;

  TextGovernance governance_;  // of the thread that looks

  std::mutex run_gate_;  // of `stopping_`
  std::condition_variable wake_;
  bool stopping_ = false;
  std::function<void()> after_sample_;
  std::thread thread_;
};

}  // namespace hearth
