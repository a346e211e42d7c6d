// The voices of eSpeak NG, more than a hundred languages, and one text spoken by one of them.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "hearth/sdk/plugin.h"

namespace hearth::espeak {

// Thread-safe: the library is one state for the whole process, so that texts are spoken one after the other.
class EspeakVoices final : public sdk::Model, public sdk::SynthesizeModel {
 public:
  // Throws UNAVAILABLE where the library finds no data.
  EspeakVoices();

  [[nodiscard]] sdk::MemoryItems placement() const override;
  [[nodiscard]] const sdk::SynthesizeInfo& info() const override { return info_; }
  [[nodiscard]] const std::vector<sdk::Voice>& voices() const override { return voices_; }
  void synthesize(const std::string& text, const sdk::SynthesizeOptions& options, const sdk::CallGuard& call,
                  const sdk::AudioReceiver& receive) override;

 private:
  void list_voices();

  sdk::SynthesizeInfo info_;
  std::vector<sdk::Voice> voices_;
  std::vector<std::string> names_;  // the library's, of voices_ in their order
};

// Bytes of the library's data that any voice needs.
[[nodiscard]] sdk::MemoryItems voice_memory();
// "1.51".
[[nodiscard]] std::string library_version();

}  // namespace hearth::espeak
