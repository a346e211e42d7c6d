// Voices as endpoints see them: a text in, the bytes of a sound file out while it is being spoken.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/call_bounds.h"
#include "hearth/result.h"
#include "pipeline/speaker.h"
#include "pipeline/speech_stream.h"

namespace hearth {

struct SpeechRequest {
  std::string model;  // the only one where it is empty
  std::string text;   // or SSML
  SpeakingStyle style;
  std::string format = "wav";                 // wav, flac, ogg, opus, mp3, pcm
  std::shared_ptr<const CancelToken> cancel;  // null: can't be cancelled
};

struct SpeechHead {
  std::string model;
  std::string media_type;            // "audio/wav"
  std::uint32_t sample_rate_hz = 0;  // of the sound file
};

struct SpeechEnd {
  double audio_s = 0;
  SpokenAudio spoken;
  std::size_t n_characters = 0;  // of the text
};

// Called on a thread of the service's, one call at a time: begin, bytes and end; or error, first or after begin.
class SpeechListener {
 public:
  virtual ~SpeechListener() = default;
  virtual void on_begin(const SpeechHead& head) = 0;
  // False: nobody takes more.
  [[nodiscard]] virtual bool on_bytes(std::string_view bytes) = 0;
  virtual void on_end(const SpeechEnd& end) = 0;
  virtual void on_error(const Error& error) = 0;
};

struct OfferedSpeaker {
  std::string name;
  std::shared_ptr<Speaker> speaker;  // shared: requests under way keep it
  std::vector<std::string> aliases = {};
};

// Thread-safe.
class SpeechService {
 public:
  virtual ~SpeechService() = default;
  [[nodiscard]] virtual const std::vector<OfferedSpeaker>& speakers() const = 0;
  // kNotFound: no such model or voice; kInvalidArgument, kInvalidData, kUnsupported as ScriptWriter::write and of the
  // format; kOverloaded: too many wait; what the speaker gives.
  virtual void speak(SpeechRequest request, std::shared_ptr<SpeechListener> listener) = 0;
};

struct SpeechServiceOptions {
  std::size_t threads = 2;                  // requests spoken at once
  std::size_t queue = 64;                   // that wait; more are told to come again
  std::size_t text_bytes_max = 32U << 10U;  // of one request: some forty minutes of speech
};

// Over speakers that are loaded. Ends what is under way when it goes.
class QueuedSpeechService final : public SpeechService {
 public:
  QueuedSpeechService(std::vector<OfferedSpeaker> speakers, const SpeechServiceOptions& options);
  ~QueuedSpeechService() override;
  QueuedSpeechService(const QueuedSpeechService&) = delete;
  QueuedSpeechService& operator=(const QueuedSpeechService&) = delete;

  [[nodiscard]] const std::vector<OfferedSpeaker>& speakers() const override { return speakers_; }
  void speak(SpeechRequest request, std::shared_ptr<SpeechListener> listener) override;

 private:
  struct Job {
    SpeechRequest request;
    std::shared_ptr<SpeechListener> listener;  // shared: its exchange keeps it too
  };
  void work();
  [[nodiscard]] Result<Speaker*> find(const std::string& model, std::string& name) const;
  void run(const Job& job, ScriptWriter& scripts) const;

  const std::vector<OfferedSpeaker> speakers_;
  const SpeechServiceOptions options_;
  std::mutex gate_;  // of the two below
  std::deque<Job> waiting_;
  bool closing_ = false;
  std::condition_variable changed_;
  CancelToken closed_;
  std::vector<std::thread> threads_;
};

}  // namespace hearth
