// A speaker for tests: letters are tones, and what goes wrong is written down.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/speaker.h"

namespace hearth {

// Says each small letter as ten milliseconds of its place in the alphabet by 32, and nothing else.
class ScriptedSpeaker final : public Speaker {
 public:
  static constexpr std::uint32_t kRateHz = 8'000;
  static constexpr std::size_t kLetterSamples = kRateHz / 100;

  ScriptedSpeaker() {
    facts_.model = "letters";
    facts_.runtime = "scripted";
    facts_.sample_rate_hz = kRateHz;
    facts_.speed_min = 0.5;
    facts_.speed_max = 2;
    facts_.voices = {{"first", "en", ""}, {"second", "en", ""}};
  }
  [[nodiscard]] const SpeakerFacts& facts() const override { return facts_; }
  [[nodiscard]] Status speak(const std::string& sentence, const SpeakingStyle& style, const CallBounds& bounds,
                             const std::function<bool(std::span<const float>)>& receive) override {
    ++n_spoken;
    {
      std::unique_lock lock(gate_);
      styles.push_back(style);
      sentences.push_back(sentence);
      opened_.wait(lock, [this] { return !held_; });
    }
    if (sentence == fails_at) return fail(ErrorCode::kWorkerCrashed, "the speaker died");
    for (const char c : sentence) {
      if (bounds.cancel != nullptr && bounds.cancel->requested()) return fail(ErrorCode::kCancelled, "cancelled");
      if (c < 'a' || c > 'z') continue;
      const std::vector<float> letter(kLetterSamples, static_cast<float>(c - 'a' + 1) / 32);
      if (!receive(letter)) return fail(ErrorCode::kCancelled, "stopped");
    }
    return {};
  }
  // Until let_go() every sentence waits before its first letter.
  void hold() {
    const std::lock_guard lock(gate_);
    held_ = true;
  }
  void let_go() {
    const std::lock_guard lock(gate_);
    held_ = false;
    opened_.notify_all();
  }

  std::atomic<int> n_spoken{0};
  std::vector<SpeakingStyle> styles;  // this and the next are read once speaking has ended
  std::vector<std::string> sentences;
  std::string fails_at;  // written before it speaks, as the facts
  SpeakerFacts facts_;

 private:
  std::mutex gate_;
  std::condition_variable opened_;
  bool held_ = false;
};

}  // namespace hearth
