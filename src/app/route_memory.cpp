#include "app/route_memory.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "platform/file.h"

namespace hearth {
namespace {

using nlohmann::json;

constexpr std::uint64_t kSnapshotBytesMax = 16U << 20U;
constexpr std::uint64_t kJournalBytesMax = 4U << 20U;

// A line is its text's hash and the text: a cut or changed one is known.
std::uint64_t line_hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // Source: FNV-1a, 64 bits
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

json to_json(const RouteRecord& record) {
  const RouteOutcome& o = record.outcome;
  return {{"target", record.target},
          {"intent", to_string(record.intent)},
          {"context", record.choice.context},
          {"expected", record.choice.expected},
          {"slo_met", o.slo_met},
          {"failed", o.failed},
          {"aborted", o.aborted},
          {"retried", o.retried},
          {"thumbs", o.thumbs},
          {"energy_share", o.energy_share},
          {"latency_share", o.latency_share},
          {"time_ratio", o.time_ratio},
          {"total_ms", record.total_ms}};
}

RouteRecord record_of(const json& line) {
  RouteRecord record;
  line.at("target").get_to(record.target);
  record.intent = intent_of(line.at("intent").get<std::string>()).value_or(Intent::kChat);
  line.at("context").get_to(record.choice.context);
  line.at("expected").get_to(record.choice.expected);
  RouteOutcome& o = record.outcome;
  line.at("slo_met").get_to(o.slo_met);
  line.at("failed").get_to(o.failed);
  line.at("aborted").get_to(o.aborted);
  line.at("retried").get_to(o.retried);
  line.at("thumbs").get_to(o.thumbs);
  line.at("energy_share").get_to(o.energy_share);
  line.at("latency_share").get_to(o.latency_share);
  line.at("time_ratio").get_to(o.time_ratio);
  line.at("total_ms").get_to(record.total_ms);
  return record;
}

json to_json(const RouteTally& t) {
  return {{"n", t.n},
          {"slo_missed", t.slo_missed},
          {"failed", t.failed},
          {"aborted", t.aborted},
          {"retried", t.retried},
          {"thumbs_up", t.thumbs_up},
          {"thumbs_down", t.thumbs_down},
          {"total_ms", t.total_ms},
          {"total_reward", t.total_reward}};
}

RouteTally tally_of(const json& j) {
  RouteTally t;
  j.at("n").get_to(t.n);
  j.at("slo_missed").get_to(t.slo_missed);
  j.at("failed").get_to(t.failed);
  j.at("aborted").get_to(t.aborted);
  j.at("retried").get_to(t.retried);
  j.at("thumbs_up").get_to(t.thumbs_up);
  j.at("thumbs_down").get_to(t.thumbs_down);
  j.at("total_ms").get_to(t.total_ms);
  j.at("total_reward").get_to(t.total_reward);
  return t;
}

}  // namespace

Result<RouteMemory> RouteMemory::open(const std::filesystem::path& home, const RoutingBanditSettings& settings) {
  RouteMemory memory(home / "routing", settings);
  memory.read_snapshot();
  memory.read_journal();
  return memory;
}

std::filesystem::path RouteMemory::journal_path() const {
  return folder_ / fmt::format("outcomes.{}.jsonl", generation_);
}

void RouteMemory::read_snapshot() {
  auto text = read_file(folder_ / "learned.json", kSnapshotBytesMax);
  if (!text) {
    if (text.error().code != ErrorCode::kNotFound) notice_ = text.error().message;
    return;
  }
  try {
    const json snapshot = json::parse(*text);
    std::vector<BanditArm> arms;
    for (const auto& item : snapshot.at("arms")) {
      BanditArm& arm = arms.emplace_back();
      item.at("target").get_to(arm.target);
      item.at("n_outcomes").get_to(arm.n_outcomes);
      item.at("log_time_ratio").get_to(arm.log_time_ratio);
      item.at("precision").get_to(arm.precision);
      item.at("moment").get_to(arm.moment);
    }
    std::map<std::string, std::map<std::string, RouteTally>> tallies;
    for (const auto& [target, intents] : snapshot.at("tallies").items())
      for (const auto& [intent, tally] : intents.items()) tallies[target][intent] = tally_of(tally);
    const auto n_choices = snapshot.at("n_choices").get<std::uint64_t>();
    bandit_.restore(std::move(arms), n_choices, snapshot.at("n_explored").get<std::uint64_t>());
    tallies_ = std::move(tallies);
    snapshot.at("generation").get_to(generation_);
  } catch (const json::exception&) {
    notice_ = "what routing had learnt is not readable and starts anew: " + (folder_ / "learned.json").string();
  }
}

void RouteMemory::read_journal() {
  auto text = read_file(journal_path(), kJournalBytesMax);
  if (!text) return;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    torn_ = end == std::string_view::npos || line.size() < 18 ||
            line.substr(0, 16) != fmt::format("{:016x}", line_hash(line.substr(17)));
    if (torn_) return;
    const json parsed = json::parse(line.substr(17), nullptr, false);
    try {
      learn(record_of(parsed));
    } catch (const json::exception&) {
      torn_ = true;
      return;
    }
    ++n_journalled_;
    rest.remove_prefix(end + 1);
  }
}

void RouteMemory::learn(const RouteRecord& record) {
  const float reward = reward_of(record.outcome);
  bandit_.learn(record.target, record.choice, record.outcome);
  RouteTally& tally = tallies_[record.target][std::string(to_string(record.intent))];
  ++tally.n;
  tally.slo_missed += record.outcome.slo_met ? 0 : 1;
  tally.failed += record.outcome.failed ? 1 : 0;
  tally.aborted += record.outcome.aborted ? 1 : 0;
  tally.retried += record.outcome.retried ? 1 : 0;
  tally.thumbs_up += record.outcome.thumbs > 0 ? 1 : 0;
  tally.thumbs_down += record.outcome.thumbs < 0 ? 1 : 0;
  tally.total_ms += record.total_ms;
  tally.total_reward += static_cast<double>(reward);
}

Status RouteMemory::add(const RouteRecord& record) {
  learn(record);
  HEARTH_TRY(ensure_folder(folder_));
  if (torn_ || n_journalled_ >= kJournalMax) return write_snapshot();  // which holds this outcome already
  if (!journal_) {
    HEARTH_ASSIGN(journal, AppendFile::open(journal_path()));
    journal_ = std::move(journal);
  }
  const std::string line = to_json(record).dump(-1, ' ', false, json::error_handler_t::replace);
  ++n_journalled_;
  Status written = journal_->append(fmt::format("{:016x} {}\n", line_hash(line), line));
  torn_ = !written.has_value();  // maybe a part of it is there
  return written;
}

// The new snapshot names the next journal: a process killed between the two finds the old pair or the new one.
Status RouteMemory::write_snapshot() {
  json snapshot = {{"generation", generation_ + 1},
                   {"n_choices", bandit_.n_choices()},
                   {"n_explored", bandit_.n_explored()},
                   {"arms", json::array()},
                   {"tallies", json::object()}};
  for (const BanditArm& arm : bandit_.arms())
    snapshot["arms"].push_back({{"target", arm.target},
                                {"n_outcomes", arm.n_outcomes},
                                {"log_time_ratio", arm.log_time_ratio},
                                {"precision", arm.precision},
                                {"moment", arm.moment}});
  for (const auto& [target, intents] : tallies_)
    for (const auto& [intent, tally] : intents) snapshot["tallies"][target][intent] = to_json(tally);
  HEARTH_TRY(
      write_file_atomic(folder_ / "learned.json", snapshot.dump(-1, ' ', false, json::error_handler_t::replace)));
  const std::filesystem::path old = journal_path();
  ++generation_;
  n_journalled_ = 0;
  torn_ = false;
  journal_.reset();
  (void)remove_path(old);  // one that stays is never read again
  return {};
}

}  // namespace hearth
