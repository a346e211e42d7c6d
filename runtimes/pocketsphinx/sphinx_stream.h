// One speaker's audio on a PocketSphinx decoder.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sphinx_model.h"

namespace hearth::pocketsphinx {

// A decoder that is held for an utterance or for a draft of it, and goes back to its model.
class HeldDecoder {
 public:
  HeldDecoder(SphinxModel& model, DecoderUse use) : model_(model), use_(use), decoder_(model.borrow(use)) {}
  ~HeldDecoder() { model_.give_back(use_, std::move(decoder_)); }
  HeldDecoder(const HeldDecoder&) = delete;
  HeldDecoder& operator=(const HeldDecoder&) = delete;
  [[nodiscard]] ps_decoder_t* get() const { return decoder_.get(); }

 private:
  SphinxModel& model_;
  DecoderUse use_;
  Decoder decoder_;
};

// One thread at a time. What is final depends on the utterance alone: not on how it was cut into calls, nor on what
// the decoder heard before. Partial results come from a decoder of their own, which goes over the audio once as it
// comes; the end of an utterance is decoded from all of it, which is what normalises it best.
class SphinxStream final : public sdk::TranscribeStream {
 public:
  SphinxStream(std::shared_ptr<SphinxModel> model, bool partials) : model_(std::move(model)), partials_(partials) {}
  ~SphinxStream() override { end_draft(); }

  // Throws INVALID_ARGUMENT when the utterance grows beyond the window.
  void accept(std::span<const float> samples, const sdk::CallGuard& call, const sdk::SegmentReceiver& receive) override;
  void finish(const sdk::CallGuard& call, const sdk::SegmentReceiver& receive) override;

 private:
  void draft(const sdk::CallGuard& call, const sdk::SegmentReceiver& receive);
  void end_draft();
  void begin_next();
  [[nodiscard]] sdk::SpokenSegment result(ps_decoder_t* decoder) const;

  std::shared_ptr<SphinxModel> model_;  // shared: decoders go back to it
  const bool partials_;
  std::unique_ptr<HeldDecoder> drafting_;  // in an utterance of the decoder's
  std::size_t n_drafted_ = 0;              // samples of the utterance that it took
  std::vector<std::int16_t> utterance_;
  std::uint64_t n_before_ = 0;  // samples of the utterances before this one
};

}  // namespace hearth::pocketsphinx
