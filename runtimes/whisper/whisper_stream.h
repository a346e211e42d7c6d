// One speaker's audio on a Whisper model.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "whisper_model.h"

namespace hearth::whisper {

// How tokens are chosen. Source of the defaults: whisper.cpp, examples/cli.
struct DecodingOptions {
  int beam_size = 5;
  int best_of = 5;
  bool fallback = true;          // tries higher temperatures where the text looks wrong
  bool tokens_as_words = false;  // words are the tokens, one by one
  bool short_audio = false;      // the encoder sees no more than was said
};

// One thread at a time. An utterance is held until it ends and is then recognised at once.
class WhisperStream final : public sdk::TranscribeStream {
 public:
  WhisperStream(std::shared_ptr<WhisperModel> model, const sdk::TranscribeOptions& options);

  // Throws INVALID_ARGUMENT when the utterance grows beyond the window.
  void accept(std::span<const float> samples, const sdk::CallGuard& call, const sdk::SegmentReceiver& receive) override;
  void finish(const sdk::CallGuard& call, const sdk::SegmentReceiver& receive) override;

  // The keys of TranscribeOptions::extra.
  [[nodiscard]] static std::vector<sdk::Key> keys();

 private:
  [[nodiscard]] whisper_full_params parameters(const sdk::CallGuard& call) const;
  [[nodiscard]] sdk::SpokenSegment segment(whisper_state* state, int index) const;
  [[nodiscard]] std::vector<sdk::SpokenWord> words(whisper_state* state, int index) const;

  std::shared_ptr<WhisperModel> model_;  // shared: states go back to it
  sdk::TranscribeOptions options_;
  DecodingOptions decoding_;
  std::vector<float> utterance_;
  std::uint64_t n_before_ = 0;  // samples of the utterances before this one
};

}  // namespace hearth::whisper
