#include "pipeline/speech_probability.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hearth {
namespace {

class DetectorProbability final : public SpeechProbability {
 public:
  explicit DetectorProbability(std::unique_ptr<VoiceDetector> detector) : detector_(std::move(detector)) {}
  [[nodiscard]] Result<float> next(std::span<const float> frame, const CallBounds& bounds) override {
    return detector_->probability(frame, bounds);
  }

 private:
  std::unique_ptr<VoiceDetector> detector_;
};

// Source of the constants: our choice. Conversational speech lies 20 dB and more above a quiet room's noise, and its
// weakest sounds about 10 dB.
constexpr float kQuietestDb = -60;     // below it nothing is heard, however still the room is
constexpr float kSpeechAboveDb = 10;   // above the noise: as likely speech as not
constexpr float kSpreadDb = 2;         // of the logistic function around that
constexpr float kNoiseRiseDbPerS = 1;  // of the noise that is known: a pause between words brings it down at once

class LoudnessProbability final : public SpeechProbability {
 public:
  [[nodiscard]] Result<float> next(std::span<const float> frame, const CallBounds& /*bounds*/) override {
    double energy = 0;
    for (const float sample : frame) energy += static_cast<double>(sample) * static_cast<double>(sample);
    const double mean = frame.empty() ? 0 : energy / static_cast<double>(frame.size());
    const auto db = static_cast<float>(10 * std::log10(mean + 1e-12));
    const float rise_db = kNoiseRiseDbPerS * static_cast<float>(kFrameSamples) / static_cast<float>(kSampleRateHz);
    noise_db_ = std::max(kQuietestDb, std::min(db, noise_db_ + rise_db));
    return 1 / (1 + std::exp((noise_db_ + kSpeechAboveDb - db) / kSpreadDb));
  }

 private:
  float noise_db_ = kQuietestDb;
};

}  // namespace

std::unique_ptr<SpeechProbability> probability_of_detector(std::unique_ptr<VoiceDetector> detector) {
  return std::make_unique<DetectorProbability>(std::move(detector));
}

std::unique_ptr<SpeechProbability> probability_of_loudness() { return std::make_unique<LoudnessProbability>(); }

}  // namespace hearth
