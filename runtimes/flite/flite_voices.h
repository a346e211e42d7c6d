// The voices that come with Flite, and one text spoken by one of them.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "hearth/sdk/plugin.h"

struct cst_voice_struct;

namespace hearth::flite {

// Thread-safe: the library counts references to what its voices share without locks, so that texts are spoken one after
// the other.
class FliteVoices final : public sdk::Model, public sdk::SynthesizeModel {
 public:
  FliteVoices();

  [[nodiscard]] sdk::MemoryItems placement() const override;
  [[nodiscard]] const sdk::SynthesizeInfo& info() const override { return info_; }
  [[nodiscard]] const std::vector<sdk::Voice>& voices() const override { return voices_; }
  void synthesize(const std::string& text, const sdk::SynthesizeOptions& options, const sdk::CallGuard& call,
                  const sdk::AudioReceiver& receive) override;

 private:
  sdk::SynthesizeInfo info_;
  std::vector<sdk::Voice> voices_;
  std::vector<cst_voice_struct*> handles_;  // of voices_, in their order; alive to the end of the process
};

// Bytes of the libraries that hold the voices: mapped, and read as they are used.
[[nodiscard]] sdk::MemoryItems voice_memory();

}  // namespace hearth::flite
