// Ears for tests: a tenth of a second above silence is a letter.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/listening_service.h"

namespace hearth {

// Understands each tenth of a second by its loudest sample: none below a hundredth, else the letter whose place in the
// alphabet is 32 times that. Letters that follow each other are told once; one segment for each utterance.
class LetterEars final : public ListeningService {
 public:
  static constexpr std::uint32_t kRateHz = 16'000;

  [[nodiscard]] std::vector<std::string> models() const override { return names; }
  [[nodiscard]] Result<std::unique_ptr<SpeechRecogniser>> recogniser(const std::string& model,
                                                                     const std::string& language,
                                                                     const CallBounds& bounds) override {
    const std::lock_guard lock(gate_);
    asked.push_back(model + "/" + language);
    if (bounds.cancel != nullptr && bounds.cancel->requested()) return fail(ErrorCode::kCancelled, "cancelled");
    if (broken) return fail(ErrorCode::kWorkerCrashed, "the ears died");
    return std::unique_ptr<SpeechRecogniser>(std::make_unique<Recogniser>(*this));
  }
  [[nodiscard]] Result<std::unique_ptr<SpeechProbability>> detector(const CallBounds& /*bounds*/) override {
    if (deaf) return fail(ErrorCode::kNotFound, "the detector is gone");
    return probability_of_loudness();
  }

  // Until let_go() nothing that was heard is told.
  void hold() {
    const std::lock_guard lock(gate_);
    held_ = true;
  }
  void let_go() {
    const std::lock_guard lock(gate_);
    held_ = false;
    opened_.notify_all();
  }

  std::vector<std::string> names{"ears"};
  std::vector<std::string> asked;  // read once it is over
  std::uint32_t window_ms = 0;     // written before it is used
  std::atomic<bool> broken{false};
  std::atomic<bool> deaf{false};

 private:
  class Recognition final : public SpeechRecognition {
   public:
    explicit Recognition(LetterEars& of) : of_(of) {}
    [[nodiscard]] Result<Recognised> accept(std::span<const float> samples, const CallBounds& /*bounds*/) override {
      heard_.insert(heard_.end(), samples.begin(), samples.end());
      return Recognised{};
    }
    [[nodiscard]] Result<Recognised> finish(const CallBounds& bounds) override {
      std::unique_lock lock(of_.gate_);
      while (of_.held_ && (bounds.cancel == nullptr || !bounds.cancel->requested()))
        of_.opened_.wait_for(lock, std::chrono::milliseconds(10));
      std::string text;
      constexpr std::size_t kPiece = kRateHz / 10;
      for (std::size_t at = 0; at + kPiece <= heard_.size(); at += kPiece) {
        float peak = 0;
        for (std::size_t i = at; i < at + kPiece; ++i) peak = std::max(peak, std::abs(heard_[i]));
        const char letter = static_cast<char>('a' + std::lround(peak * 32) - 1);
        if (peak >= 0.01F && (text.empty() || text.back() != letter)) text += letter;
      }
      Recognised all;
      if (!text.empty()) all.segments.push_back({0, 1, text, {}, {}});
      return all;
    }

   private:
    LetterEars& of_;
    std::vector<float> heard_;
  };
  class Recogniser final : public SpeechRecogniser {
   public:
    explicit Recogniser(LetterEars& of) : of_(of), facts_{kRateHz, false, of.window_ms} {}
    [[nodiscard]] const SpeechModelFacts& facts() const override { return facts_; }
    [[nodiscard]] Result<std::unique_ptr<SpeechRecognition>> begin(bool /*partials*/) override {
      return std::unique_ptr<SpeechRecognition>(std::make_unique<Recognition>(of_));
    }

   private:
    LetterEars& of_;
    SpeechModelFacts facts_;
  };

  std::mutex gate_;
  std::condition_variable opened_;
  bool held_ = false;
};

// A tone of that letter's loudness.
[[nodiscard]] inline std::vector<float> letter_sound(char letter, double seconds, std::uint32_t rate_hz) {
  std::vector<float> samples(static_cast<std::size_t>(seconds * rate_hz));
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<float>(static_cast<double>(letter - 'a' + 1) / 32 *
                                    std::sin(static_cast<double>(i) * 2 * 3.14159265358979 * 400 / rate_hz));
  return samples;
}

}  // namespace hearth
