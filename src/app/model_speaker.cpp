#include "app/model_speaker.h"

#include <algorithm>
#include <filesystem>

#include "app/model_opening.h"
#include "plugin_host/synthesize_model.h"

namespace hearth {
namespace {

class ModelSpeaker final : public Speaker {
 public:
  ModelSpeaker(std::shared_ptr<SynthesizeModel> model, std::string name, std::string runtime)
      : model_(std::move(model)) {
    const auto& info = model_->info();
    facts_.model = std::move(name);
    facts_.runtime = std::move(runtime);
    facts_.sample_rate_hz = info.sample_rate_hz;
    facts_.normalizes = info.normalizes;
    facts_.text_bytes_max = info.text_bytes_max;
    facts_.speed_min = info.speed_min;
    facts_.speed_max = info.speed_max;
    for (const auto& voice : model_->voices()) facts_.voices.push_back({voice.id, voice.language, voice.about});
  }
  [[nodiscard]] const SpeakerFacts& facts() const override { return facts_; }
  [[nodiscard]] Status speak(const std::string& sentence, const SpeakingStyle& style, const CallBounds& bounds,
                             const std::function<bool(std::span<const float>)>& receive) override {
    return model_->synthesize(sentence, {style.voice, style.speed, {}}, bounds, receive);
  }

 private:
  std::shared_ptr<SynthesizeModel> model_;  // shared: as SynthesizeModel::from gives it
  SpeakerFacts facts_;
};

struct VoiceSource {
  std::string name;  // of the model, for people
  std::string runtime;
  Transport transport;
  LoadOptions load;
};

Result<std::unique_ptr<Speaker>> load_speaker(const SessionHost& host, const VoiceSource& source,
                                              const CallBounds& bounds) {
  HEARTH_ASSIGN(runtime, host.registry.open(source.runtime, source.transport));
  HEARTH_ASSIGN(loaded, runtime->load(source.load, bounds));
  HEARTH_ASSIGN(model, SynthesizeModel::from(loaded));
  return std::unique_ptr<Speaker>(std::make_unique<ModelSpeaker>(std::move(model), source.name, source.runtime));
}

// Voices inside a library are no unknown file: they need no trial in a worker.
Result<std::unique_ptr<Speaker>> open_builtin(const SessionHost& host, const SpeakerSettings& settings,
                                              const CallBounds& bounds) {
  const std::string& wanted = settings.runtime.empty() ? settings.model : settings.runtime;
  auto chosen = choose_runtime(host.registry, wanted, HEARTH_FORMAT_BUILTIN, HEARTH_CAP_SYNTHESIZE);
  if (!chosen)
    return fail(ErrorCode::kUnavailable,
                wanted.empty() ? "no runtime on this machine brings voices along"
                               : "the runtime '" + wanted + "' is not here, or brings no voices along",
                "install flite, or name a voice model with -m; `hearth runtimes` lists what is here");
  LoadOptions load = settings.load;
  load.path = HEARTH_FORMAT_BUILTIN;
  const auto transport = settings.transport == TransportChoice::kWorker ? Transport::kWorker : Transport::kInProcess;
  return load_speaker(host, {chosen->name, chosen->name, transport, load}, bounds);
}

}  // namespace

bool names_builtin_voices(RuntimeRegistry& registry, const std::string& reference) {
  const auto names = registry.names();
  std::error_code absent;
  if (std::ranges::find(names, reference) == names.end() || std::filesystem::exists(reference, absent)) return false;
  return choose_runtime(registry, reference, HEARTH_FORMAT_BUILTIN, HEARTH_CAP_SYNTHESIZE).has_value();
}

Result<std::unique_ptr<Speaker>> open_speaker(const SessionHost& host, const SpeakerSettings& settings,
                                              const CallBounds& bounds) {
  if (settings.model.empty() || names_builtin_voices(host.registry, settings.model))
    return open_builtin(host, settings, bounds);
  HEARTH_ASSIGN(file, open_model_file(settings.model, host.store, host.registry));
  HEARTH_ASSIGN(chosen, choose_runtime(host.registry, settings.runtime, file.format, HEARTH_CAP_SYNTHESIZE));
  HEARTH_ASSIGN(key, LoadHistory::key(file.model.path, chosen.name, chosen.info.version));
  const bool worker = settings.transport == TransportChoice::kWorker ||
                      (settings.transport == TransportChoice::kAuto && !host.history.passed(key));
  LoadOptions load = settings.load;
  load.path = file.model.path.string();
  const auto transport = worker ? Transport::kWorker : Transport::kInProcess;
  HEARTH_ASSIGN(speaker, load_speaker(host, {file.model.name, chosen.name, transport, load}, bounds));
  if (worker) (void)host.history.record_passed(key);  // a read-only home only means a worker the next time too
  return std::move(speaker);
}

}  // namespace hearth
