// One speaker's audio on a PocketSphinx decoder.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sphinx_model.h"

namespace hearth::pocketsphinx {

// One thread at a time. What is understood depends on the utterance alone: not on how it was cut into calls, nor on
// what the decoder heard before.
class SphinxStream final : public sdk::TranscribeStream {
 public:
  SphinxStream(std::shared_ptr<SphinxModel> model, Decoder decoder)
      : model_(std::move(model)), decoder_(std::move(decoder)) {}
  ~SphinxStream() override;

  // Throws INVALID_ARGUMENT when the utterance grows beyond the window.
  void accept(std::span<const float> samples, const sdk::CallGuard& call, const sdk::SegmentReceiver& receive) override;
  void finish(const sdk::CallGuard& call, const sdk::SegmentReceiver& receive) override;

 private:
  [[nodiscard]] sdk::SpokenSegment result() const;

  std::shared_ptr<SphinxModel> model_;  // shared: the decoder goes back to it
  Decoder decoder_;
  std::vector<std::int16_t> utterance_;
  std::uint64_t n_before_ = 0;  // samples of the utterances before this one
};

}  // namespace hearth::pocketsphinx
