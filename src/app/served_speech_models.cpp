#include "app/served_speech_models.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "platform/file.h"

namespace hearth {

Status ServedSpeechModels::add(SpeechModelSettings settings, ModelFile file) {
  const std::string name = settings.name;
  if (has(name))
    return fail(ErrorCode::kInvalidArgument, fmt::format("two models are called '{}'", name),
                "give them names with -m NAME=FILE");
  Served served;
  HEARTH_ASSIGN(runtime, choose_runtime(host_.registry, settings.runtime, file.format, HEARTH_CAP_TRANSCRIBE));
  HEARTH_ASSIGN(key, LoadHistory::key(file.model.path, runtime.name, runtime.info.version));
  HEARTH_ASSIGN(info, file_info(file.model.path));
  ModelFacts& facts = served.facts;
  facts.name = name;
  facts.kind = ModelKind::kSpeech;
  facts.aliases = settings.aliases;
  facts.path = file.model.path.string();
  facts.file_bytes = file.model.bytes;
  facts.created_unix = std::chrono::duration_cast<std::chrono::seconds>(info.modified_at.time_since_epoch()).count();
  facts.format = file.format;
  facts.runtime = runtime.name;
  facts.runtime_version = runtime.info.version;
  facts.pinned = settings.pinned;
  facts.rung = "full";
  settings.load.path = facts.path;
  served.history_key = std::move(key);
  served.runtime = std::move(runtime);
  served.settings = std::move(settings);
  const std::lock_guard lock(gate_);
  served_.emplace(name, std::move(served));
  return {};
}

bool ServedSpeechModels::has(const std::string& name) const {
  const std::lock_guard lock(gate_);
  return served_.contains(name);
}

std::vector<ModelFacts> ServedSpeechModels::models() const {
  const std::lock_guard lock(gate_);
  std::vector<ModelFacts> facts;
  for (const auto& [name, served] : served_) facts.push_back(served.facts);
  return facts;
}

Result<ServedSpeechModels::Served> ServedSpeechModels::find(const std::string& name) const {
  const std::lock_guard lock(gate_);
  const auto found = served_.find(name);
  if (found == served_.end()) return fail(ErrorCode::kNotFound, fmt::format("there is no model '{}' here", name));
  return found->second;
}

Result<ModelNeed> ServedSpeechModels::need(const std::string& name) {
  HEARTH_ASSIGN(served, find(name));
  HEARTH_ASSIGN(runtime, host_.registry.open(served.runtime.name, Transport::kInProcess));
  HEARTH_ASSIGN(estimate, runtime->estimate(served.settings.load, {}));
  ModelNeed need;
  for (const auto& item : estimate.items) need.steady[item.device == "cpu" ? "ram" : item.device] += item.bytes;
  need.pinned = served.settings.pinned;
  need.ttl_s = served.settings.ttl_s;
  return need;
}

// A file that never ran with this version of the runtime runs in a worker first.
Result<OpenedSpeechModel> ServedSpeechModels::open_speech(const std::string& name, const CallBounds& bounds) {
  HEARTH_ASSIGN(served, find(name));
  const auto choice = served.settings.transport;
  const bool worker = choice == TransportChoice::kWorker ||
                      (choice == TransportChoice::kAuto && !host_.history.passed(served.history_key));
  HEARTH_ASSIGN(runtime, host_.registry.open(served.runtime.name, worker ? Transport::kWorker : Transport::kInProcess));
  HEARTH_ASSIGN(loaded, runtime->load(served.settings.load, bounds));
  HEARTH_ASSIGN(model, TranscribeModel::from(std::move(loaded)));
  {
    const std::lock_guard lock(gate_);
    served_.at(name).in_worker = worker;
  }
  return OpenedSpeechModel{std::move(served.facts), std::move(model)};
}

void ServedSpeechModels::answered(const std::string& name) {
  std::string key;
  {
    const std::lock_guard lock(gate_);
    const auto found = served_.find(name);
    if (found == served_.end() || !found->second.in_worker || found->second.recorded) return;
    found->second.recorded = true;
    key = found->second.history_key;
  }
  (void)host_.history.record_passed(key);  // a read-only home only means that the next run uses a worker again
}

}  // namespace hearth
