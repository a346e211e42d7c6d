// What routing learnt on this machine, kept so that a killed process loses at most the last outcome.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "hearth/result.h"
#include "platform/append_file.h"
#include "router/route_bandit.h"

namespace hearth {

// Counts of one target's outcomes with one intent, for the report.
struct RouteTally {
  std::uint64_t n = 0, slo_missed = 0, failed = 0, aborted = 0, retried = 0, thumbs_up = 0, thumbs_down = 0;
  double total_ms = 0, total_reward = 0;
};

// One outcome as it is journalled.
struct RouteRecord {
  std::string target;
  Intent intent = Intent::kChat;
  BanditChoice choice;
  RouteOutcome outcome;
  double total_ms = 0;
};

// Below `home`/routing: a snapshot, replaced as a whole now and then, and a journal of the outcomes since, one line
// each. A line that was cut or changed ends the journal. Nothing of a request's text is kept. Externally synchronised;
// one writer at a time (the server that holds the lease), any number of readers.
class RouteMemory {
 public:
  static constexpr std::size_t kJournalMax = 512;  // outcomes before a new snapshot

  // Starts with nothing where no file is, or the snapshot is not readable: `notice` says so then.
  [[nodiscard]] static Result<RouteMemory> open(const std::filesystem::path& home,
                                                const RoutingBanditSettings& settings);

  // Learns and journals. The error is the disk's; what was learnt stays for this process.
  Status add(const RouteRecord& record);

  [[nodiscard]] RouteBandit& bandit() { return bandit_; }
  [[nodiscard]] const RouteBandit& bandit() const { return bandit_; }
  // By target and the intent's name.
  [[nodiscard]] const std::map<std::string, std::map<std::string, RouteTally>>& tallies() const { return tallies_; }
  [[nodiscard]] const std::string& notice() const { return notice_; }

 private:
  RouteMemory(std::filesystem::path folder, const RoutingBanditSettings& settings)
      : folder_(std::move(folder)), bandit_(settings) {}
  void learn(const RouteRecord& record);
  void read_snapshot();
  void read_journal();
  Status write_snapshot();
  [[nodiscard]] std::filesystem::path journal_path() const;

  std::filesystem::path folder_;
  RouteBandit bandit_;
  std::map<std::string, std::map<std::string, RouteTally>> tallies_;
  std::uint64_t generation_ = 0;  // of the snapshot, and of the journal that follows it
  std::size_t n_journalled_ = 0;
  bool torn_ = false;  // the journal ends in a cut line: nothing may follow it
  std::optional<AppendFile> journal_;
  std::string notice_;
};

}  // namespace hearth
