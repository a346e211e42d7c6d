#include "app/plan_verification_speech.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "app/load_history.h"
#include "app/model_recogniser.h"
#include "app/model_speaker.h"
#include "audio/resampler.h"
#include "audio/word_errors.h"
#include "plugin_host/synthesize_model.h"
#include "plugin_host/transcribe_model.h"

namespace hearth {
namespace {

// Long enough that what comes before the first sound or word weighs little, short enough for every machine.
constexpr const char* kSpoken =
    "The old man walked slowly down to the river, and sat there until the sun had gone down behind the hills.";

bool has_capability(const RuntimeInfo& info, const char* capability) {
  return std::ranges::find(info.capabilities, capability) != info.capabilities.end();
}

// What the voice that needs no download says, at `sample_rate_hz`.
Result<std::vector<float>> spoken_sound(const SessionHost& host, std::uint32_t sample_rate_hz,
                                        const CallBounds& bounds) {
  HEARTH_ASSIGN(speaker, open_speaker(host, {}, bounds));
  HEARTH_ASSIGN(resampler, Resampler::create(speaker->facts().sample_rate_hz, sample_rate_hz));
  std::vector<float> sound;
  Status resampled;
  const auto receive = [&](std::span<const float> part) {
    resampled = resampler->process(part, sound);
    return resampled.has_value();
  };
  const Status spoken = speaker->speak(kSpoken, {}, bounds, receive);
  HEARTH_TRY(resampled);
  HEARTH_TRY(spoken);
  HEARTH_TRY(resampler->finish(sound));
  return sound;
}

class SpeechMeasuring {
 public:
  SpeechMeasuring(const SessionHost& host, const MeasuringOptions& options, const CallBounds& bounds)
      : host_(host), options_(options), bounds_(bounds) {}

  Result<MeasuredChoice> run(const PlanChoice& choice, const std::filesystem::path& file) {
    HEARTH_TRY(load(choice, file));
    HEARTH_TRY(has_capability(info_, HEARTH_CAP_TRANSCRIBE) ? hear() : speak());
    HEARTH_TRY(memory());
    out_.runtime_version = info_.version;
    return std::move(out_);
  }

 private:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(host_.clock.now().time_since_epoch()).count();
  }
  void tell(const char* what) const {
    if (options_.on_progress) options_.on_progress(what);
  }

  Status load(const PlanChoice& choice, const std::filesystem::path& file) {
    tell("loading");
    HEARTH_ASSIGN(runtime, host_.registry.open(choice.runtime, Transport::kInProcess));
    HEARTH_ASSIGN(info, runtime->describe());
    info_ = std::move(info);
    LoadOptions options;
    options.path = file.string();
    options.n_threads = choice.settings.threads > 0 ? static_cast<std::uint32_t>(choice.settings.threads) : 0;
    out_.settings = {{"threads", std::to_string(options.n_threads)}};
    HEARTH_TRY(try_in_worker(choice.runtime, options));
    watch_.start({});
    const double start = seconds();
    HEARTH_ASSIGN(loaded, runtime->load(options, bounds_));
    loaded_ = std::move(loaded);
    keep("load_ms", "ms", (seconds() - start) * 1000, watch_.stop({}));
    return {};
  }

  // A file that was never loaded before may end the process that loads it; voices inside a library are no file.
  Status try_in_worker(const std::string& runtime_name, const LoadOptions& options) const {
    if (options.path == HEARTH_FORMAT_BUILTIN) return {};
    HEARTH_ASSIGN(key, LoadHistory::key(options.path, runtime_name, info_.version));
    if (host_.history.passed(key)) return {};
    HEARTH_ASSIGN(runtime, host_.registry.open(runtime_name, Transport::kWorker));
    HEARTH_ASSIGN(loaded, runtime->load(options, bounds_));
    loaded.reset();
    (void)host_.history.record_passed(key);  // a read-only home only means a trial the next time too
    return {};
  }

  Status hear() {
    HEARTH_ASSIGN(model, TranscribeModel::from(loaded_));
    HEARTH_ASSIGN(sound, spoken_sound(host_, model->info().sample_rate_hz, bounds_));
    const double sound_s = static_cast<double>(sound.size()) / model->info().sample_rate_hz;
    tell("hearing");
    std::string heard;
    const auto once = [&](Run& run) -> Status {
      HEARTH_ASSIGN(stream, model->new_stream({.partials = model->info().has_partials}));
      Recognised all;
      const auto take = [&](std::vector<SpokenSegment> segments) {
        if (!segments.empty() && !run.first_s) run.first_s = seconds() - run.start_s;
        append_final(all, std::move(segments));
      };
      HEARTH_ASSIGN(early, stream->accept(sound, bounds_));
      take(std::move(early));
      HEARTH_ASSIGN(rest, stream->finish(bounds_));
      take(std::move(rest));
      heard = transcript_text(all.segments);
      run.sound_s = sound_s;
      return {};
    };
    HEARTH_TRY(repeat("first_word_ms", once));
    // The same audio is understood alike each time: one figure, which nothing disturbs.
    add("wer", "share", count_word_errors(normalised_words(kSpoken), normalised_words(heard)).rate());
    return {};
  }

  Status speak() {
    HEARTH_ASSIGN(model, SynthesizeModel::from(loaded_));
    tell("speaking");
    return repeat("first_audio_ms", [&](Run& run) -> Status {
      std::size_t n_samples = 0;
      HEARTH_TRY(model->synthesize(kSpoken, {}, bounds_, [&](std::span<const float> part) {
        if (!part.empty() && !run.first_s) run.first_s = seconds() - run.start_s;
        n_samples += part.size();
        return true;
      }));
      if (n_samples == 0) return fail(ErrorCode::kInvalidData, "the voice said nothing", "get its file anew");
      run.sound_s = static_cast<double>(n_samples) / model->info().sample_rate_hz;
      return {};
    });
  }

  struct Run {
    double start_s = 0;
    double sound_s = 0;                  // how much was heard or spoken
    std::optional<double> first_s = {};  // until the first word or sound
  };
  template <class Once>
  Status repeat(const char* first_metric, const Once& once) {
    Run warm_up{.start_s = seconds()};
    HEARTH_TRY(once(warm_up));
    for (std::uint32_t taken = 0; taken < 2 * options_.repeats && kept("rtf") < options_.repeats; ++taken) {
      watch_.start({});
      Run run{.start_s = seconds()};
      HEARTH_TRY(once(run));
      const double took_s = seconds() - run.start_s;
      const auto seen = watch_.stop({});
      keep("rtf", "s/s", took_s / run.sound_s, seen);
      if (run.first_s) keep(first_metric, "ms", *run.first_s * 1000, seen);
    }
    return {};
  }

  Status memory() {
    HEARTH_ASSIGN(held, loaded_->placement());
    for (const auto& [component, bytes] : held.by_component())
      add(component + "_bytes", "bytes", static_cast<double>(bytes));
    add("reserved_bytes", "bytes", static_cast<double>(held.total_bytes()));
    return {};
  }

  VerifyMeasurement& measurement(const std::string& metric, const char* unit) {
    const auto found = std::ranges::find(out_.measurements, metric, &VerifyMeasurement::metric);
    if (found != out_.measurements.end()) return *found;
    return out_.measurements.emplace_back(VerifyMeasurement{.metric = metric, .unit = unit});
  }
  [[nodiscard]] std::size_t kept(const std::string& metric) const {
    const auto found = std::ranges::find(out_.measurements, metric, &VerifyMeasurement::metric);
    return found == out_.measurements.end() ? 0 : found->samples.size();
  }
  void add(const std::string& metric, const char* unit, double value) {
    measurement(metric, unit).samples.push_back(value);
  }
  void keep(const std::string& metric, const char* unit, double value, const ObservedConditions& seen) {
    VerifyMeasurement& into = measurement(metric, unit);
    (seen.disturbed ? into.disturbed_samples : into.samples).push_back(value);
    into.conditions = seen.conditions;
    if (seen.disturbed) into.disturbance = seen.disturbance;
  }

  const SessionHost& host_;
  const MeasuringOptions& options_;
  const CallBounds& bounds_;
  ConditionsWatch watch_;
  RuntimeInfo info_;
  std::shared_ptr<Model> loaded_;  // shared: as loading gives it
  MeasuredChoice out_;
};

}  // namespace

bool runs_speech(const PlanChoice& choice, RuntimeRegistry& registry) {
  const auto runtime = registry.open(choice.runtime, Transport::kInProcess);
  if (!runtime) return false;
  const auto info = (*runtime)->describe();
  return info && (has_capability(*info, HEARTH_CAP_TRANSCRIBE) || has_capability(*info, HEARTH_CAP_SYNTHESIZE));
}

Result<MeasuredChoice> measure_speech_choice(const SessionHost& host, const PlanChoice& choice,
                                             const std::filesystem::path& file, const MeasuringOptions& options,
                                             const CallBounds& bounds) {
  return SpeechMeasuring(host, options, bounds).run(choice, file);
}

}  // namespace hearth
