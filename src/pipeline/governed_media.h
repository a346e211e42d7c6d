// Rungs of vision, hearing and speaking carried out in front of their services: smaller inputs, fewer frames, smaller
// models. What a request began on it ends on.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "domain/ladder.h"
#include "domain/telemetry.h"
#include "pipeline/speech_service.h"
#include "pipeline/transcription_service.h"
#include "pipeline/vision_service.h"

namespace hearth {

// What the governor asks of the modalities besides text, and what they did lately. Thread-safe; the clock outlives it.
class MediaGovernance {
 public:
  // `smaller`: a served model to the one that answers for it where less is to be done, whichever their modality.
  MediaGovernance(const Clock& clock, std::map<std::string, std::string> smaller);

  // `rung` is its name; empty: as planned.
  void set(Modality modality, RungSettings settings, std::string rung);
  [[nodiscard]] RungSettings settings(Modality modality) const;
  // "full" as planned.
  [[nodiscard]] std::string rung(Modality modality) const;
  // Who answers for `model` on the rung in force: itself as planned; its smaller one on "smaller"; the end of the chain
  // of smaller ones on "floor".
  [[nodiscard]] std::string model_for(Modality modality, const std::string& model) const;
  // Whether the next picture for `model` is looked at, on a rung of every nth frame. Pictures count as frames of a
  // stream while less than a second passes between them: one that comes by itself is always looked at.
  [[nodiscard]] bool takes_frame(const std::string& model);

  // A request is under way from begin() to end().
  void begin(Modality modality);
  void end(Modality modality);
  // Share of the time since the last call in which a request of the modality was under way, 0 to 1.
  [[nodiscard]] double take_activity(Modality modality);

 private:
  using Instant = std::chrono::steady_clock::time_point;
  struct State {
    RungSettings settings;
    std::string rung;
    std::uint32_t under_way = 0;
    Instant changed{};  // when under_way was last 0 or 1 anew, or asked about
    double busy_s = 0;
    Instant asked{};
  };
  struct Frames {
    Instant last{};
    std::uint32_t skipped = 0;  // since one was looked at
  };
  static void settle(State& state, Instant now);
  [[nodiscard]] const State& of(Modality modality) const { return states_[static_cast<std::size_t>(modality)]; }
  [[nodiscard]] State& of(Modality modality) { return states_[static_cast<std::size_t>(modality)]; }

  const Clock& clock_;
  const std::map<std::string, std::string> smaller_;
  mutable std::mutex gate_;  // of what follows
  std::array<State, kModalities> states_{};
  std::map<std::string, Frames> frames_;  // by model: bounded by the models that answered
};

// In front of each service: the service and the governance outlive it and what is under way. Thread-safe.
class GovernedVision final : public VisionService {
 public:
  GovernedVision(VisionService& below, std::shared_ptr<MediaGovernance> governance)
      : below_(below), governance_(std::move(governance)) {}
  // kOverloaded besides: this frame is left out.
  void look(VisionRequest request, std::function<void(const Result<VisionAnswer*>&)> done) override;
  void with_recipe(const std::string& model,
                   std::function<void(Result<std::shared_ptr<const VisionRecipe>>)> done) override {
    below_.with_recipe(model, std::move(done));
  }

 private:
  VisionService& below_;
  const std::shared_ptr<MediaGovernance> governance_;  // shared with callbacks under way
};

class GovernedTranscription final : public TranscriptionService {
 public:
  GovernedTranscription(TranscriptionService& below, std::shared_ptr<MediaGovernance> governance)
      : below_(below), governance_(std::move(governance)) {}
  void transcribe(TranscriptionRequest request, TranscriptionListener listener) override;

 private:
  TranscriptionService& below_;
  const std::shared_ptr<MediaGovernance> governance_;
};

class GovernedSpeech final : public SpeechService {
 public:
  GovernedSpeech(SpeechService& below, std::shared_ptr<MediaGovernance> governance)
      : below_(below), governance_(std::move(governance)) {}
  [[nodiscard]] const std::vector<OfferedSpeaker>& speakers() const override { return below_.speakers(); }
  void speak(SpeechRequest request, std::shared_ptr<SpeechListener> listener) override;

 private:
  SpeechService& below_;
  const std::shared_ptr<MediaGovernance> governance_;
};

}  // namespace hearth
