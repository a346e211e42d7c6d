// Speaks an answer while it is still being written: sentence by sentence, each as soon as it is whole.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/call_bounds.h"
#include "base/clock.h"
#include "hearth/result.h"

namespace hearth {

// When what happened; absent: it didn't.
struct ReplyTimes {
  using Instant = std::chrono::steady_clock::time_point;
  std::optional<Instant> first_text, last_text;
  std::optional<Instant> first_sentence;  // was whole, and given to the voice
  std::optional<Instant> first_audio, last_audio;
};

struct SpokenReply {
  ReplyTimes times;
  std::vector<std::string> sentences;  // those that were spoken to their end
  std::uint64_t n_samples = 0;
  bool interrupted = false;
};

struct ReplySpeakerOptions {
  // The first piece may end at a comma, semicolon or colon once it is so long: the sooner something is heard. Bytes.
  std::size_t first_clause_bytes = 24;
  std::size_t sentence_bytes_max = 1000;  // what is longer is spoken in parts
};

// say() and finish() on one thread; interrupt() on any. The voice works on a thread of its own, so that text and audio
// overlap. What the ports hold outlives this.
class ReplySpeaker {
 public:
  struct Ports {
    // The sentences of a text in their order, none longer than so many bytes; the last may go on.
    std::function<std::vector<std::string>(std::string_view, std::size_t)> split;
    // Speaks one sentence; `receive` gets its samples in pieces and returns false to stop, which is kCancelled.
    std::function<Status(const std::string&, const CallBounds&, const std::function<bool(std::span<const float>)>&)>
        synthesize;
    std::function<void(std::span<const float>)> play;  // on the voice's thread
    const Clock& clock;
  };

  explicit ReplySpeaker(Ports ports, const ReplySpeakerOptions& options = {});
  ~ReplySpeaker();
  ReplySpeaker(const ReplySpeaker&) = delete;
  ReplySpeaker& operator=(const ReplySpeaker&) = delete;

  // More of the answer. False: nobody listens any more, since it was interrupted or the voice failed; then the answer
  // need not be written on.
  bool say(std::string_view text);
  // The answer is whole: waits until all of it was spoken. The voice's first error.
  [[nodiscard]] Result<SpokenReply> finish();
  // Somebody else speaks: ends what is being said within a piece of audio and drops what waits. Thread-safe.
  void interrupt();

 private:
  void run();
  void speak(const std::string& sentence);
  void take_whole_sentences();
  void queue(std::string sentence);

  const Ports ports_;
  const ReplySpeakerOptions options_;
  CancelToken cancel_;
  std::string text_;  // that is no whole sentence yet
  std::mutex gate_;
  std::condition_variable wakes_;
  std::deque<std::string> waiting_;
  SpokenReply reply_;
  std::optional<Error> error_;
  bool over_ = false;  // nothing comes any more
  bool queued_any_ = false;
  std::thread thread_;
};

}  // namespace hearth
