// The synthesize capability as a typed interface: a model with voices.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "hearth/abi/hearth_speech.h"
#include "hearth/sdk/runtime.h"

namespace hearth::sdk {

struct SynthesizeInfo {
  std::uint32_t sample_rate_hz = 16'000;
  bool normalizes = false;
  std::uint32_t text_bytes_max = 0;  // 0: any
  double speed_min = 1;
  double speed_max = 1;
  std::string languages;  // comma-separated
};

struct Voice {
  std::string id;
  std::string language;
  std::string about;
};

struct SynthesizeOptions {
  std::string voice;  // empty: the first one
  double speed = 1;
  nlohmann::json extra = nlohmann::json::object();  // checked against the runtime's session keys
};

// False: nobody wants more; the SDK reports CANCELLED then, whatever the speaker does.
using AudioReceiver = std::function<bool(std::span<const float>)>;

// A model that speaks; loaded models that do derive from both this and Model. Used from any thread at once.
class SynthesizeModel {
 public:
  virtual ~SynthesizeModel() = default;
  [[nodiscard]] virtual const SynthesizeInfo& info() const = 0;
  // At least one; the first is the default.
  [[nodiscard]] virtual const std::vector<Voice>& voices() const = 0;
  // See hearth_synthesize. `text` is valid UTF-8 without NUL and within info().text_bytes_max; `options` come checked
  // against info() and voices(), with the default voice filled in.
  virtual void synthesize(const std::string& text, const SynthesizeOptions& options, const CallGuard& call,
                          const AudioReceiver& receive) = 0;
};

}  // namespace hearth::sdk
