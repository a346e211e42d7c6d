// The transcribe capability as typed interfaces: a speech model, and streams of audio on it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hearth/abi/hearth_speech.h"
#include "hearth/sdk/runtime.h"

namespace hearth::sdk {

struct TranscribeInfo {
  std::uint32_t sample_rate_hz = 16'000;
  bool has_partials = false;
  bool has_words = false;
  bool can_translate = false;
  std::uint32_t window_ms = 0;  // 0: any
  std::string languages;        // comma-separated
};

struct TranscribeOptions {
  bool translate = false;
  bool partials = false;
  std::string language;
  std::string prompt;
  nlohmann::json extra = nlohmann::json::object();  // checked against the runtime's session keys
};

struct SpokenWord {
  std::string text;
  std::chrono::nanoseconds start{};
  std::chrono::nanoseconds end{};
  std::optional<double> confidence = {};
};

struct SpokenSegment {
  bool is_final = true;
  std::chrono::nanoseconds start{};
  std::chrono::nanoseconds end{};
  std::string text;
  std::string language = {};
  std::optional<double> confidence = {};
  std::vector<SpokenWord> words = {};
};

using SegmentReceiver = std::function<void(const SpokenSegment&)>;

// Used by one thread at a time. The model outlives it.
class TranscribeStream {
 public:
  TranscribeStream() = default;
  virtual ~TranscribeStream() = default;
  TranscribeStream(const TranscribeStream&) = delete;
  TranscribeStream& operator=(const TranscribeStream&) = delete;

  // See hearth_transcribe. Samples come checked to be finite.
  virtual void accept(std::span<const float> samples, const CallGuard& call, const SegmentReceiver& receive) = 0;
  virtual void finish(const CallGuard& call, const SegmentReceiver& receive) = 0;
};

// A speech model; loaded models that are one derive from both this and Model. Used from any thread at once.
class TranscribeModel {
 public:
  virtual ~TranscribeModel() = default;
  [[nodiscard]] virtual const TranscribeInfo& info() const = 0;
  // `options` come checked against info().
  [[nodiscard]] virtual std::unique_ptr<TranscribeStream> new_stream(const TranscribeOptions& options) = 0;
};

}  // namespace hearth::sdk
