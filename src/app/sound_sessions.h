// Graphs for sound brought up for one command, and recordings put through them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/tensor_host.h"
#include "audio/byte_input.h"
#include "base/call_bounds.h"
#include "pipeline/noise_suppressor.h"
#include "pipeline/sound_events.h"
#include "pipeline/wake_word.h"

namespace hearth {

struct SoundGraphOptions {
  std::vector<std::string> models;  // files, or names in the store
  std::string runtime;              // empty: for each the best-scoring one that reads it
  TransportChoice transport = TransportChoice::kAuto;
};

// Sessions are externally synchronised and stay usable after an error of a recording. open() has the errors of
// TensorHost::create, of loading, and kInvalidArgument where not as many models were given as belong together.

struct DenoisedRecording {
  double audio_s = 0;
  double processing_s = 0;  // reading and writing included
  std::uint32_t sample_rate_hz = 0;
};

class DenoiseSession {
 public:
  static Result<std::unique_ptr<DenoiseSession>> open(const TensorHostParts& parts, const SoundGraphOptions& options,
                                                      const CallBounds& bounds);
  // Writes `out` whole or not at all; what it ends in tells its kind. Holds the result in memory, 230 MB an hour.
  // kInvalidArgument: no such kind. Errors of MonoReader, NoiseSuppressor, encode_audio and write_file_atomic.
  [[nodiscard]] Result<DenoisedRecording> run(std::unique_ptr<ByteInput> input, const std::filesystem::path& out,
                                              const CallBounds& bounds);

 private:
  std::unique_ptr<TensorHost> host_;
  std::unique_ptr<NoiseSuppressor> suppressor_;  // goes before the host
};

struct NamedSoundEvent {
  std::string label;
  double start_s = 0;
  double end_s = 0;
  float score = 0;
};

struct SoundEventList {
  double audio_s = 0;
  std::vector<NamedSoundEvent> events;  // by their start, the surest first
};

class SoundEventSession {
 public:
  // `labels`: a file of the classes' names; empty: MODEL_class_map.csv beside the model, where there is one.
  static Result<std::unique_ptr<SoundEventSession>> open(const TensorHostParts& parts, const SoundGraphOptions& options,
                                                         const SoundEventOptions& events, std::filesystem::path labels,
                                                         const CallBounds& bounds);
  [[nodiscard]] Result<SoundEventList> run(std::unique_ptr<ByteInput> input, const CallBounds& bounds);

 private:
  std::unique_ptr<TensorHost> host_;
  std::unique_ptr<SoundEventDetector> detector_;
  std::vector<std::string> names_;  // empty: the classes have numbers
};

struct WakeWordList {
  double audio_s = 0;
  std::vector<WakeWordHit> hits;
  float score_max = 0;
};

class WakeWordSession {
 public:
  static Result<std::unique_ptr<WakeWordSession>> open(const TensorHostParts& parts, const SoundGraphOptions& options,
                                                       const WakeWordOptions& wake, const CallBounds& bounds);
  [[nodiscard]] Result<WakeWordList> run(std::unique_ptr<ByteInput> input, const CallBounds& bounds);

 private:
  std::unique_ptr<TensorHost> host_;
  std::unique_ptr<WakeWordDetector> detector_;
};

}  // namespace hearth
