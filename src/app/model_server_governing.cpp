// The governor of a server: which ladders its models have, and who is told of its steps.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/catalog_loading.h"
#include "app/governed_ladder.h"
#include "app/model_server.h"
#include "platform/cpu_count.h"

namespace hearth {
namespace {

constexpr double kCachesFirst_s = 2;  // they are given back within this, before anything is done without
constexpr double kStall_s = 30;       // a step of the slowest model that is served at all, several times over
constexpr double kAccept_s = 1.5;     // without a failed allocation, before requests are taken again
constexpr std::uint64_t kDiskLeast = 32U << 20U;  // for everything else that is kept in the home folder
constexpr std::chrono::seconds kStatusEvery{1};

std::uint64_t disk_low_bytes(const std::filesystem::path& home) {
  std::error_code error;
  const auto space = std::filesystem::space(home, error);
  return error ? 0 : std::min<std::uint64_t>(kDiskLeast, space.capacity / 20);
}

GovernorLimits governor_limits(const ModelServerOptions& options) {
  GovernorLimits limits;
  limits.memory_first_s = kCachesFirst_s;
  // A queue is bounded, and waiting is an answer; doing with less for it is asked for.
  limits.queue_high = options.govern_queue > 0 ? options.govern_queue : std::numeric_limits<std::uint32_t>::max();
  return limits;
}

}  // namespace

void ModelServer::make_media() {
  for (const ServedModelSettings& model : options_.models) {
    if (model.smaller.empty()) continue;
    smaller_[model.name] = model.smaller;
    for (const std::string& alias : model.aliases) smaller_[alias] = model.smaller;
  }
  media_ = std::make_shared<MediaGovernance>(app_.clock(), smaller_);
}

// What can be changed about pictures shows once their models are loaded.
void ModelServer::govern_media() {
  if (!options_.governed) return;
  const auto catalog = load_catalog(app_.installation().data_folder);
  if (!catalog) return;  // make_governor() has told of it
  const auto govern = [&](Modality modality, const std::vector<std::string>& models) {
    const auto ladder = catalog->ladder(modality, "");
    if (models.empty() || !ladder) return;
    MediaAbilities abilities = media_abilities(modality, models, smaller_);
    abilities.smaller_input = abilities.smaller_input && resizable_;
    const Ladder kept = carried_out(**ladder, abilities);
    if (kept.last() > 0) governor_->govern_too({kept, kept.last()});
  };
  std::vector<std::string> voices;
  if (voices_ != nullptr)
    for (const OfferedSpeaker& each : voices_->speakers()) voices.push_back(each.name);
  std::vector<std::string> hearing;
  for (const ModelFacts& each : models_->speech().models()) hearing.push_back(each.name);
  govern(Modality::kVision, pictured_);
  govern(Modality::kHearing, hearing);
  govern(Modality::kSpeaking, voices);
}

// Who stands in for a model must do the same work.
Status ModelServer::check_smaller() const {
  const auto kind_of = [this](const std::string& name) -> Result<std::string> {
    if (voices_ != nullptr)
      for (const OfferedSpeaker& each : voices_->speakers())
        if (each.name == name || std::ranges::find(each.aliases, name) != each.aliases.end())
          return std::string("voice");
    HEARTH_ASSIGN(facts, engine_->model(name));
    return std::string(to_string(facts.kind));
  };
  for (const auto& [name, smaller] : smaller_) {
    HEARTH_ASSIGN(kind, kind_of(name));
    HEARTH_ASSIGN(other, kind_of(smaller));
    if (kind != other)
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' ({}) can't answer for '{}' ({})", smaller, other, name, kind),
                  "name a model of the same kind after --smaller MODEL=");
  }
  return {};
}

// A server whose ladders can't be read serves all the same, with the watchdog alone.
Status ModelServer::make_governor() {
  ServerGovernorOptions options;
  options.machine = options_.machine_tree;
  options.telemetry.disk_folder = app_.home();
  options.canned_answer = options_.canned_answer;
  options.stall_s = options_.stall_s > 0 ? options_.stall_s : kStall_s;
  options.limits = governor_limits(options_);
  options.watchdog.memory_low = options.limits.memory_low;
  options.watchdog.stall_high_percent = options.limits.stall_high_percent;
  options.watchdog.accept_s = kAccept_s;
  options.watchdog.disk_low_bytes = disk_low_bytes(app_.home());
  options.watchdog.queue_most = static_cast<std::uint32_t>(
      std::min<std::size_t>(options_.queue.requests, std::numeric_limits<std::uint32_t>::max()));
  HEARTH_TRY(check_smaller());
  std::vector<ServedModelSettings> texts;
  for (const ServedModelSettings& model : options_.models) {
    HEARTH_ASSIGN(facts, engine_->model(model.name));
    if (facts.kind != ModelKind::kText) continue;
    if (!model.smaller.empty()) options.smaller[model.name] = model.smaller;
    texts.push_back(model);
  }
  const auto catalog = load_catalog(app_.installation().data_folder);
  const auto ladder = catalog ? catalog->ladder(Modality::kText, "") : Result<const Ladder*>(fail(catalog.error()));
  if (!options_.governed) {
    notices_.push_back("nothing is done without for heat, memory or battery: the governor is off");
  } else if (!ladder) {
    notices_.push_back("nothing is done without for heat, memory or battery: " + to_string(ladder.error()));
  } else if (!texts.empty()) {
    const Ladder kept = carried_out(**ladder, text_abilities(texts, usable_cpu_count()));
    options.modalities.push_back({kept, kept.last()});
  }
  governor_ = std::make_unique<ServerGovernor>(
      std::move(options), ServerGovernorPorts{*engine_, app_.clock(), app_.metrics(), app_.logger(), media_.get()});
  return {};
}

void ModelServer::start_governor() {
  governor_->start([this, last = Instant{}]() mutable {
    const Instant now = app_.clock().now();
    if (!stream_.watched() || now - last < kStatusEvery) return;
    last = now;
    stream_.publish(serve::current_status(sources_));
  });
}

void ModelServer::add_governing(serve::HearthSources& sources) {
  sources.governor = [this] {
    return governor_->status().dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  };
  sources.stream = &stream_;
  sources.release = [this](const std::string& model) -> Status {
    HEARTH_ASSIGN(facts, engine_->model(model));
    if (governor_->release(facts.name)) return {};
    return fail(ErrorCode::kInvalidArgument, "'" + facts.name + "' is in no quarantine");
  };
}

}  // namespace hearth
