// The `synthesize` capability of a loaded model: text in, audio out. Typed C++ over hearth_synthesize, the same whether
// the runtime is in this process or in a worker.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/call_bounds.h"
#include "hearth/abi/hearth_speech.h"
#include "plugin_host/runtime.h"

namespace hearth {

// See hearth_synthesize_info.
struct SynthesizeInfo {
  std::uint32_t sample_rate_hz = 0;
  bool normalizes = false;
  std::uint32_t text_bytes_max = 0;  // 0: any
  double speed_min = 1;
  double speed_max = 1;
  std::vector<std::string> languages;
};

// See hearth_voice.
struct SynthesizeVoice {
  std::string id;
  std::string language;
  std::string about;
};

// See hearth_synthesize_options.
struct SynthesizeOptions {
  std::string voice = {};
  double speed = 0;  // 0: the usual one
  std::string extra_json = {};
};

// Thread-safe. Keeps its model alive.
class SynthesizeModel {
 public:
  // kUnsupported when the runtime has no such table, or the model doesn't speak. Asks for info and voices, which are
  // kept.
  static Result<std::shared_ptr<SynthesizeModel>> from(std::shared_ptr<Model> model);
  SynthesizeModel(std::shared_ptr<Model> model, const hearth_synthesize* table)
      : model_(std::move(model)), table_(table) {}

  [[nodiscard]] const SynthesizeInfo& info() const { return info_; }
  // The default one first.
  [[nodiscard]] const std::vector<SynthesizeVoice>& voices() const { return voices_; }

  // Speaks valid UTF-8 without NUL. `receive` gets mono samples in [-1,1], borrowed for the call, on this thread, and
  // returns false to stop. kNotFound: no such voice; kInvalidArgument: a speed out of bounds, a text that is too long;
  // kInvalidData: samples that are no numbers; kCancelled, also when `receive` stopped; kDeadlineExceeded.
  [[nodiscard]] Status synthesize(const std::string& text, const SynthesizeOptions& options, const CallBounds& bounds,
                                  const std::function<bool(std::span<const float>)>& receive) const;

 private:
  Status read_facts();

  std::shared_ptr<Model> model_;
  const hearth_synthesize* table_;
  SynthesizeInfo info_;
  std::vector<SynthesizeVoice> voices_;
};

// The table of a plugin, checked; kUnsupported when it has none, kInvalidData when it lacks a call.
Result<const hearth_synthesize*> synthesize_table_of(const hearth_plugin& plugin);

}  // namespace hearth
