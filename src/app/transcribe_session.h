// A speech model brought up for one command, and recordings and streams put through it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/model_recogniser.h"
#include "app/tensor_host.h"
#include "audio/byte_input.h"
#include "audio/transcript.h"
#include "base/call_bounds.h"
#include "pipeline/live_transcription.h"
#include "pipeline/utterances.h"
#include "plugin_host/transcribe_model.h"

namespace hearth {

struct TranscribeSessionOptions {
  std::string model;    // empty: the floor, see find_speech_floor
  std::string runtime;  // empty: the best-scoring one that reads the file
  LoadOptions load;     // path is filled in
  TransportChoice transport = TransportChoice::kAuto;
  TranscribeOptions transcribe;
  std::string vad_model;      // a file or name of a voice detector; empty: all audio goes to the model
  std::uint32_t streams = 1;  // that listen() may have open at once
};

struct TranscribedRecording {
  std::vector<TranscriptSegment> segments;
  std::string language;     // where it was detected
  std::string note;         // what is odd about the file; may be empty
  double audio_s = 0;       // how long the recording is
  double spoken_s = 0;      // how much of it the model heard
  double processing_s = 0;  // reading, detection and transcription together
  std::uint64_t n_clipped = 0;
  [[nodiscard]] double rtf() const { return audio_s > 0 ? processing_s / audio_s : 0; }
};

// What listen() gives. The session outlives it.
class LiveListening {
 public:
  [[nodiscard]] LiveTranscription& stream() { return *live_; }

 private:
  friend class TranscribeSession;
  std::unique_ptr<VoiceDetector> detector_;
  std::unique_ptr<LiveTranscription> live_;  // goes before the detector
};

// Where a distribution's package keeps the speech model that needs no download. kNotFound tells which to install.
[[nodiscard]] Result<std::string> find_speech_floor();

// Externally synchronised, but where a call says otherwise.
class TranscribeSession {
 public:
  // Errors of open_model_file, choose_runtime and loading; kUnsupported as TranscribeModel::new_stream.
  static Result<std::unique_ptr<TranscribeSession>> open(const TensorHostParts& parts,
                                                         const TranscribeSessionOptions& options,
                                                         const CallBounds& bounds);

  // `progress` is told the seconds that are done, now and then. Errors of reading the file, of the model, and
  // kCancelled, kDeadlineExceeded. The session stays usable.
  [[nodiscard]] Result<TranscribedRecording> transcribe(std::unique_ptr<ByteInput> input, const CallBounds& bounds,
                                                        const std::function<void(double)>& progress);

  // A stream at sample_rate_hz(); see LiveTranscription. kUnsupported as TranscribeModel::new_stream. Thread-safe.
  [[nodiscard]] Result<std::unique_ptr<LiveListening>> listen(const LiveOptions& options,
                                                              std::function<void(const LiveEvent&)> receive,
                                                              const CallBounds& bounds);
  [[nodiscard]] std::uint32_t sample_rate_hz() const { return model_->info().sample_rate_hz; }

  [[nodiscard]] const ResolvedModel& model() const { return resolved_; }
  [[nodiscard]] const RuntimeInfo& runtime() const { return runtime_info_; }

 private:
  TranscribeSession() = default;
  [[nodiscard]] Status open_model(const SessionHost& host, const TranscribeSessionOptions& options,
                                  const CallBounds& bounds);
  [[nodiscard]] Status open_detector(const TensorHostParts& parts, const TranscribeSessionOptions& options,
                                     const CallBounds& bounds);
  [[nodiscard]] Result<std::unique_ptr<VoiceDetector>> new_detector(const CallBounds& bounds);

  TranscribeOptions options_;
  ResolvedModel resolved_;
  RuntimeInfo runtime_info_;
  std::shared_ptr<TranscribeModel> model_;  // shared: streams keep it
  std::unique_ptr<ModelRecogniser> recogniser_;
  std::unique_ptr<TensorHost> detector_host_;
  std::unique_ptr<SpeechWorkers> workers_;
};

}  // namespace hearth
