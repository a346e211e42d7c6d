// The `transcribe` capability of a loaded model: audio in, segments of text out. Typed C++ over hearth_transcribe, the
// same whether the runtime is in this process or in a worker.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/call_bounds.h"
#include "hearth/abi/hearth_speech.h"
#include "plugin_host/runtime.h"

namespace hearth {

// See hearth_transcribe_info.
struct TranscribeInfo {
  std::uint32_t sample_rate_hz = 0;
  bool has_partials = false;
  bool has_words = false;
  bool can_translate = false;
  std::uint32_t window_ms = 0;  // 0: any
  std::vector<std::string> languages;
};

// See hearth_transcribe_options.
struct TranscribeOptions {
  bool translate = false;
  bool partials = false;
  std::string language = {};
  std::string prompt = {};
  std::string extra_json = {};
};

// Seconds of the stream's audio.
struct SpokenWord {
  std::string text;
  double start_s = 0;
  double end_s = 0;
  std::optional<double> confidence;
};
struct SpokenSegment {
  bool is_final = true;
  double start_s = 0;
  double end_s = 0;
  std::string text;
  std::string language;
  std::optional<double> confidence;
  std::vector<SpokenWord> words;
};

class TranscribeStream;

// Thread-safe. Keeps its model alive.
class TranscribeModel {
 public:
  // kUnsupported when the runtime has no such table, or the model is no speech model.
  static Result<std::shared_ptr<TranscribeModel>> from(std::shared_ptr<Model> model);
  TranscribeModel(std::shared_ptr<Model> model, const hearth_transcribe* table, TranscribeInfo info)
      : model_(std::move(model)), table_(table), info_(std::move(info)) {}

  [[nodiscard]] const TranscribeInfo& info() const { return info_; }
  [[nodiscard]] const std::shared_ptr<Model>& model() const { return model_; }
  // kUnsupported: a language or a translation that the model doesn't offer.
  [[nodiscard]] Result<std::unique_ptr<TranscribeStream>> new_stream(const TranscribeOptions& options) const;

 private:
  std::shared_ptr<Model> model_;
  const hearth_transcribe* table_;
  TranscribeInfo info_;
};

// One speaker's audio. Externally synchronised: one thread at a time. Keeps its model alive.
class TranscribeStream {
 public:
  TranscribeStream(std::shared_ptr<Model> model, const hearth_transcribe* table, hearth_transcribe_stream* handle)
      : model_(std::move(model)), table_(table), handle_(handle) {}
  ~TranscribeStream() { table_->stream_free(handle_); }
  TranscribeStream(const TranscribeStream&) = delete;
  TranscribeStream& operator=(const TranscribeStream&) = delete;

  // Mono samples in [-1,1] at info().sample_rate_hz. What became final, then at most one segment that is not. After
  // kCancelled or kDeadlineExceeded the stream takes no more.
  [[nodiscard]] Result<std::vector<SpokenSegment>> accept(std::span<const float> samples,
                                                          const CallBounds& bounds = {});
  // Ends the utterance: the rest of it. More audio may follow.
  [[nodiscard]] Result<std::vector<SpokenSegment>> finish(const CallBounds& bounds = {});

 private:
  std::shared_ptr<Model> model_;
  const hearth_transcribe* table_;
  hearth_transcribe_stream* handle_;
};

// The table of a plugin, checked; kUnsupported when it has none, kInvalidData when it lacks a call.
Result<const hearth_transcribe*> transcribe_table_of(const hearth_plugin& plugin);

}  // namespace hearth
