// Writes utterances down on a thread of its own while they are spoken, one behind the other.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/call_bounds.h"
#include "pipeline/speech_recogniser.h"

namespace hearth {

struct WrittenUtterance {
  std::string text;
  double audio_s = 0;
};

// begin(), push(), end() and drop() on one thread. What the ports hold outlives this.
class UtteranceScribe {
 public:
  struct Ports {
    // The model of the utterance; blocks until it is loaded, and keeps it until the recogniser goes.
    std::function<Result<std::unique_ptr<SpeechRecogniser>>(const CallBounds&)> recogniser;
    // More of an utterance's text, on the scribe's thread.
    std::function<void(const std::string& id, const std::string& text)> more;
    // It is over: all of its text, or why there is none. Once for each that was ended, in their order.
    std::function<void(const std::string& id, Result<WrittenUtterance>)> done;
  };
  static constexpr std::uint32_t kRateHz = 16'000;  // of what is pushed
  static constexpr std::size_t kWaitingSamplesMax = std::size_t{60} * kRateHz;

  explicit UtteranceScribe(Ports ports);
  // Ends what is under way; what was ended and not written yet is told no more.
  ~UtteranceScribe();
  UtteranceScribe(const UtteranceScribe&) = delete;
  UtteranceScribe& operator=(const UtteranceScribe&) = delete;

  void begin(std::string id);
  // Mono in [-1,1]. Blocks while kWaitingSamplesMax wait to be heard.
  void push(std::span<const float> samples);
  void end();
  // What was begun and not ended is forgotten.
  void drop();

 private:
  struct Step {
    enum class Kind { kBegin, kAudio, kEnd, kDrop } kind = Kind::kAudio;
    std::string id = {};
    std::vector<float> samples = {};
  };
  struct Open;
  void run();
  void take(Step step, std::unique_ptr<Open>& open);
  void add(Step step);

  const Ports ports_;
  CancelToken cancel_;
  std::mutex gate_;  // of the four below
  std::condition_variable changed_;
  std::deque<Step> waiting_;
  std::size_t n_waiting_ = 0;  // samples
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace hearth
