// One speaker's audio on a PocketSphinx decoder.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cepstral_mean.h"
#include "sphinx_model.h"

namespace hearth::pocketsphinx {

// A decoder that is held for an utterance, and goes back to its model.
class HeldDecoder {
 public:
  explicit HeldDecoder(SphinxModel& model) : model_(model), decoder_(model.borrow()) {}
  ~HeldDecoder();
  HeldDecoder(const HeldDecoder&) = delete;
  HeldDecoder& operator=(const HeldDecoder&) = delete;

  // Begins an utterance, ending the one before, with nothing left of what came before it.
  void begin();
  // Normalises by `mean` from here on.
  void set_mean(const std::array<mfcc_t, CepstralMean::kSize>& mean);
  void process(std::span<const std::int16_t> samples);
  // Ends the utterance; what was understood stays to be read.
  void end();
  [[nodiscard]] ps_decoder_t* search() const { return decoder_.search.get(); }
  [[nodiscard]] fe_t* front_end() const { return decoder_.front_end.get(); }

 private:
  SphinxModel& model_;
  Decoder decoder_;
  bool in_utterance_ = false;
};

// One thread at a time. What is final depends on the utterance alone: not on how it was cut into calls, nor on whether
// partial results are wanted, nor on what was heard before. (A mean carried over from utterances before errs more where
// the speaker or the room changes: on the test media by 45.9 % of the words instead of 41.2 %.)
//
// The models want features that are normalised by the mean over the utterance, which is known when it has ended. So
// that the search need not begin there, it begins with the mean of the first second, follows the mean as it changes,
// and begins anew whenever the mean is of twice as many frames as when it last did. So most of it is always normalised
// by a mean over at least half of what there is, and the search goes over no more than thrice the audio.
class SphinxStream final : public sdk::TranscribeStream {
 public:
  SphinxStream(std::shared_ptr<SphinxModel> model, bool partials) : model_(std::move(model)), partials_(partials) {}

  // Throws INVALID_ARGUMENT when the utterance grows beyond the window.
  void accept(std::span<const float> samples, const sdk::CallGuard& call, const sdk::SegmentReceiver& receive) override;
  void finish(const sdk::CallGuard& call, const sdk::SegmentReceiver& receive) override;

 private:
  void begin_utterance();
  void take_steps(const sdk::CallGuard& call);
  void take_step(std::span<const std::int16_t> step, const sdk::CallGuard& call);
  void search_anew(const sdk::CallGuard& call);
  void tell_partial(const sdk::SegmentReceiver& receive) const;
  void begin_next();
  [[nodiscard]] sdk::SpokenSegment result() const;

  std::shared_ptr<SphinxModel> model_;  // shared: decoders go back to it
  const bool partials_;
  std::unique_ptr<HeldDecoder> decoder_;  // of the utterance that is going on
  CepstralMean mean_;
  std::vector<std::int16_t> utterance_;
  std::size_t n_taken_ = 0;     // samples of it that mean_ knows
  std::size_t n_searched_ = 0;  // and the search
  bool searching_ = false;
  std::uint64_t n_frames_anew_ = 0;  // of the mean, at which the search begins anew
  std::uint64_t n_before_ = 0;       // samples of the utterances before this one
};

}  // namespace hearth::pocketsphinx
