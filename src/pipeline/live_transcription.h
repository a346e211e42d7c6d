// Speech written down while it is spoken: partial results as it goes on, a final one for each utterance.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audio/local_agreement.h"
#include "pipeline/speech_recogniser.h"
#include "pipeline/speech_workers.h"
#include "pipeline/utterance_cutter.h"

namespace hearth {

// Seconds of the stream.
struct LiveEvent {
  bool is_final = false;  // else it may be replaced by the next event; one without text takes the one before back
  double start_s = 0;
  double end_s = 0;
  std::string text = {};  // of the utterance
  // Of a partial result: the beginning of its text that two recognitions agree on.
  std::string stable_text = {};
  std::vector<TranscriptSegment> segments = {};  // of a final one
  std::string language = {};
  double delay_s = 0;  // of a final one: since it was known that the utterance is over
};

struct LiveOptions {
  bool partials = true;
  // False: push() waits until a partial result is told before it takes more. For recordings, which have time.
  bool may_drop_partials = true;
  double draft_every_s = 0.3;          // audio between partial results of engines that have them
  double redraft_every_s = 1.0;        // of engines that recognise again what is there
  double draft_lag_max_s = 2.0;        // audio that may come while one waits; then the utterance gets no more of them
  std::size_t finals_waiting_max = 2;  // utterances that wait; then push() blocks
};

struct LiveCounts {
  std::uint64_t finals = 0;  // utterances that ended; each was recognised
  std::uint64_t partials = 0;
  std::uint64_t partials_dropped = 0;
  double delay_max_s = 0;
};

// One stream. What is final depends on the audio alone: not on how it was cut into calls, nor on how busy the machine
// is; under load partial results are left out, never final ones. Holds at most the longest utterance and those that
// wait. Externally synchronised; counts() from any thread.
class LiveTranscription final : private SpeechTask {
 public:
  // Events come in order, one at a time, on threads of `workers`; what they call must not call back. Recogniser and
  // workers outlive the stream, and so does what `bounds` point to.
  struct Parts {
    SpeechRecogniser& recogniser;
    SpeechWorkers& workers;
    std::unique_ptr<UtteranceCutter> cutter;
    std::function<void(const LiveEvent&)> receive;
    CallBounds bounds = {};
  };
  LiveTranscription(Parts parts, const LiveOptions& options);
  // Waits for what runs; what waits is dropped.
  ~LiveTranscription() override;
  LiveTranscription(const LiveTranscription&) = delete;
  LiveTranscription& operator=(const LiveTranscription&) = delete;

  // Mono samples in [-1,1]. Blocks while as many utterances wait as may. Errors of the voice detector and, from
  // utterances before, of the recogniser; kCancelled, kDeadlineExceeded.
  [[nodiscard]] Status push(std::span<const float> samples);
  // The stream ends: returns when the last event was told. Errors as push.
  [[nodiscard]] Status finish();

  [[nodiscard]] LiveCounts counts() const;
  // Of the stream so far.
  [[nodiscard]] double seconds() const;

 private:
  struct Ended {
    Utterance utterance;
    std::chrono::steady_clock::time_point at;
  };
  struct Draft {
    std::uint64_t begin = 0;          // of the utterance
    std::vector<float> samples = {};  // new ones, or all where the engine recognises again
    std::size_t n_first = 0;          // of samples, when it was offered; the others came while it waited
  };
  void run_final() override;
  void run_draft() override;
  [[nodiscard]] Status take(std::span<const float> hop);
  [[nodiscard]] Status end_utterance(Utterance utterance);
  [[nodiscard]] Status offer_draft();
  [[nodiscard]] Status offer(Draft draft);
  [[nodiscard]] Result<Recognised> recognise(const Utterance& utterance);
  [[nodiscard]] Result<Recognised> recognise(const Draft& draft);
  [[nodiscard]] Result<Recognised> recognise_at_once(std::span<const float> samples);
  void tell_partial(const Draft& draft, const Recognised& heard);
  [[nodiscard]] Status begin_recognition();
  void withdraw();
  void leave_place();
  [[nodiscard]] Status failure() const;
  [[nodiscard]] Status gave_up() const;
  [[nodiscard]] double seconds_of(std::uint64_t n_samples) const;

  Parts parts_;
  const LiveOptions options_;
  const SpeechModelFacts facts_;
  const std::size_t hop_;
  // Of the caller's thread.
  std::vector<Utterance> ended_;
  std::optional<std::uint64_t> drafted_begin_;  // of the utterance that drafts were offered of
  std::uint64_t drafted_end_ = 0;
  bool drafts_lag_ = false;  // behind by more than may be: no more for this utterance

  // Of the worker that runs a task of this stream: one at a time.
  std::unique_ptr<SpeechRecognition> recognition_;  // of all its utterances, of engines that work as the audio comes
  std::optional<std::uint64_t> drafting_begin_;     // the utterance that it has begun; has a place of the workers
  std::size_t n_drafted_ = 0;                       // samples of it
  std::optional<std::uint64_t> refused_begin_;      // the utterance for which there was no place
  // The last result of an engine without partial ones: the final one where nothing more was said.
  struct Guess {
    std::uint64_t begin = 0;
    std::size_t n_samples = 0;
    Recognised heard;
  };
  std::optional<Guess> guess_;
  LocalAgreement agreement_;
  std::uint64_t agreement_begin_ = 0;
  std::string shown_;  // the last partial result that no final one has replaced

  mutable std::mutex gate_;  // of all below
  std::deque<Ended> waiting_;
  std::optional<Draft> draft_;
  std::optional<Error> error_;
  LiveCounts counts_;
};

}  // namespace hearth
