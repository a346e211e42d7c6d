// What to do when something has gone wrong: a pure state machine. Events and time in, actions out; every restart, retry
// and refusal has a bound.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/telemetry.h"

namespace hearth {

struct WatchdogLimits {
  // Restarts: after a crash wait this long, each further crash in the window twice as long, at most the last.
  double backoff_s = 0.25, backoff_max_s = 30;
  double crash_window_s = 600;
  std::size_t crashes_to_quarantine = 3;  // by its own fault, within the window
  // Memory: one measure at a time, its effect is waited for; after this long without a failure the next is the first.
  double memory_settle_s = 1, memory_calm_s = 30;
  // New requests are taken again after this long without a failure, where the machine has memory to show.
  double accept_s = 30;
  // Less than this share available, or more of the time lost waiting for it: caches are given back before anything
  // fails. 0: not looked at.
  double memory_low = 0, stall_high_percent = 0;
  // Disk: writing stops below, and goes on above twice that.
  std::uint64_t disk_low_bytes = 256ULL << 20U;
  // Queue: longer than this for that long, and not getting shorter.
  std::uint32_t queue_most = 64;
  double queue_patience_s = 10;
  // Heat: above the throttle point by this the firmware has failed to hold it; work pauses until it is as far below.
  double trip_above_c = 8, trip_calm_c = 5;
};

enum class CrashCause {
  kOwnFault,    // a signal or an exit that the model or its runtime brought about
  kKilled,      // somebody ended the worker
  kOutOfMemory  // the kernel ended it, or an allocation failed
};

// What has happened.
struct ModelBegan {  // its worker is up and has loaded it; again after a restart
  std::string model;
  double stall_s = 10;  // no step for longer than this while it has work: stalled. The plan's bound on a step
};
struct ModelStepped {
  std::string model;
  bool has_work = true;  // after this step
};
struct ModelGotWork {
  std::string model;
};
struct ModelCrashed {
  std::string model, what;  // "SIGSEGV while decoding"
  CrashCause cause = CrashCause::kOwnFault;
};
struct ModelLeft {  // unloaded on purpose
  std::string model;
};
struct AllocationFailed {
  bool can_step_down = false;  // whether a rung that saves memory is left
};
struct MachineFelt {  // once a second or so; also what makes time pass
  TelemetrySample sample;
};
using WatchdogEvent =
    std::variant<ModelBegan, ModelStepped, ModelGotWork, ModelCrashed, ModelLeft, AllocationFailed, MachineFelt>;

enum class Remedy {
  kKill,        // a stalled worker; its crash is then told of as any other
  kRestart,     // with the model's last rung
  kQuarantine,  // not loaded again until somebody says so
  kGiveCachesBack,
  kStepDown,  // one rung that saves memory
  kRefuse,    // new requests, with the reason
  kAccept,
  kStopWriting,  // caches, downloads: whatever fills the disk
  kResumeWriting,
  kShedQueue,  // the newest, down to queue_most
  kPause,      // between steps, until kResume
  kResume,
  kKeepCaches  // memory is calm: what was given back may fill again
};
[[nodiscard]] std::string_view remedy_name(Remedy remedy);

struct WatchdogAction {
  Remedy remedy = Remedy::kRestart;
  std::string model;  // empty: of the whole server
  std::string why;    // one sentence with the figures
};

// Externally synchronised. Bounded: crashes are kept for their window, at most as many as lead to quarantine.
class Watchdog {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit Watchdog(const WatchdogLimits& limits) : limits_(limits) {}

  // What to do now. Time that goes back counts as standing still. Events of a model in quarantine change nothing.
  [[nodiscard]] std::vector<WatchdogAction> observe(const WatchdogEvent& event, Time at);

  // Somebody says that a model may be tried again: its crashes are forgotten. False when it wasn't in quarantine.
  bool release(const std::string& model);
  [[nodiscard]] bool quarantined(const std::string& model) const;
  // Requests are refused for want of memory.
  [[nodiscard]] bool refusing() const { return refusing_; }
  // When a crashed model may be loaded again; absent where it waits for nothing.
  [[nodiscard]] std::optional<Time> restart_at(const std::string& model) const;
  // When observe(MachineFelt) has to be called at the latest for a restart that is due; absent: nothing waits.
  [[nodiscard]] std::optional<Time> next_restart() const;

 private:
  struct Model {
    double stall_s = 10;
    bool up = false, has_work = false, killed = false, quarantined = false;
    std::optional<Time> stepped;
    std::deque<Time> faults;  // its own
    double backoff_s = 0;
    std::optional<Time> crashed, restart_at;
  };

  void on(const ModelBegan& event, std::vector<WatchdogAction>& out);
  void on(const ModelStepped& event, std::vector<WatchdogAction>& out);
  void on(const ModelGotWork& event, std::vector<WatchdogAction>& out);
  void on(const ModelCrashed& event, std::vector<WatchdogAction>& out);
  void on(const ModelLeft& event, std::vector<WatchdogAction>& out);
  void on(const AllocationFailed& event, std::vector<WatchdogAction>& out);
  void on(const MachineFelt& event, std::vector<WatchdogAction>& out);
  void relieve_memory(bool can_step_down, std::vector<WatchdogAction>& out);
  void look_at_models(std::vector<WatchdogAction>& out);
  void look_at_memory(const TelemetrySample& sample, std::vector<WatchdogAction>& out);
  [[nodiscard]] bool is_short(const TelemetrySample& sample) const;
  void look_at_disk(const TelemetrySample& sample, std::vector<WatchdogAction>& out);
  void look_at_queue(const TelemetrySample& sample, std::vector<WatchdogAction>& out);
  void look_at_heat(const TelemetrySample& sample, std::vector<WatchdogAction>& out);
  [[nodiscard]] double seconds_since(Time at) const;

  WatchdogLimits limits_;
  Time now_{};
  std::map<std::string, Model> models_;
  int memory_measures_ = 0;  // taken since it was last calm
  std::optional<Time> memory_failed_, memory_acted_;
  std::optional<std::uint64_t> out_of_memory_events_;
  bool can_step_down_ = true, refusing_ = false, writing_ = true, paused_ = false;
  std::optional<Time> queue_long_since_;
  std::uint32_t queue_was_ = 0;
};

}  // namespace hearth
