// The file of stage 2's weights: int8 tables and a small head, made by tools/train/router, carried by the program.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "domain/route.h"
#include "hearth/result.h"
#include "router/intent_features.h"

namespace hearth {

// Dimensions are fixed, so that the loops over them are unrolled; the file says them again and must agree.
// Source: chosen by leaving whole sources out, see data/router/CARD.md.
inline constexpr std::size_t kNgramBuckets = std::size_t{1} << 15U;
inline constexpr std::size_t kNgramDim = 32;
// A word piece is 256 figures of the teacher; three learned maps of them, for a piece before, at and behind the one
// that is looked at, are kept instead: the map is linear, so it is done once for each piece and not for each text.
inline constexpr std::size_t kWordDim = 64;
inline constexpr std::size_t kWordTaps = 3;
inline constexpr std::size_t kWordHeads = 4;
inline constexpr std::size_t kPlaceBuckets = 11;  // distances from an edge, see intent_words.cpp
inline constexpr std::size_t kWordInputs = (kWordHeads + 1) * kWordDim;
// Lists of words that tell of effort (care, stakes, length, conditions, small talk, hard matters); numbers; length.
inline constexpr std::size_t kSignalLists = 6;
inline constexpr std::size_t kSignalCount = kSignalLists + 2;
inline constexpr std::size_t kIntentDense = kDenseFeatureCount + kSignalCount;
inline constexpr std::size_t kIntentHidden = 128;
inline constexpr std::size_t kIntentInputs = kIntentSegments * kNgramDim + kWordInputs + kIntentDense;
// The intents, then degrade_ok, then difficulty.
inline constexpr std::size_t kIntentOutputs = kIntentCount + 2;
inline constexpr std::size_t kDegradeOutput = kIntentCount;
inline constexpr std::size_t kDifficultyOutput = kIntentCount + 1;

// The last layer: what a user's own examples change. A plain value of 6 KB.
struct IntentHead {
  std::array<std::array<float, kIntentHidden>, kIntentOutputs> weight{};
  std::array<float, kIntentOutputs> bias{};
};

// One remembered training row: its hidden layer in steps of `replay_step`, and its intent. Against forgetting.
struct ReplayRow {
  Intent intent = Intent::kChat;
  std::span<const std::uint8_t, kIntentHidden> hidden;
};

// Views into the file's bytes, which must outlive them; the small floats are copied. Immutable, thread-safe.
class IntentWeights {
 public:
  // kInvalidData with what is wrong and where: magic, dimensions, length, checksum, a figure that is not finite, a
  // piece beyond the table. Needs a pass over the bytes (about 1 ms for 4 MB). Accepts any alignment.
  [[nodiscard]] static Result<IntentWeights> open(std::span<const std::byte> bytes);

  [[nodiscard]] const std::int8_t* ngram(std::uint32_t hash) const {
    return ngrams_ + (hash & (kNgramBuckets - 1)) * kNgramDim;
  }
  // Of one piece as its neighbour behind (tap 0), itself (1) and its neighbour before (2) sees it, kWordDim steps.
  [[nodiscard]] const std::int8_t* word(std::size_t piece, std::size_t tap) const {
    return words_ + (piece * kWordTaps + tap) * kWordDim;
  }
  [[nodiscard]] const std::array<float, kWordDim>& word_scale() const { return word_scale_; }
  [[nodiscard]] const std::array<float, kWordDim>& word_bias() const { return word_bias_; }
  using HeadFigures = std::array<float, kWordHeads>;
  [[nodiscard]] const std::array<HeadFigures, kWordDim>& attention() const { return attention_; }
  [[nodiscard]] const std::array<HeadFigures, kPlaceBuckets>& start_bias() const { return start_bias_; }
  [[nodiscard]] const std::array<HeadFigures, kPlaceBuckets>& end_bias() const { return end_bias_; }
  // The list that holds the word of this word_hash(); kSignalLists: none.
  [[nodiscard]] std::size_t signal_of(std::uint32_t hash) const;
  // The row of a word piece by the hash of its characters; kNoPiece for one that is not known.
  [[nodiscard]] std::uint32_t find_piece(std::uint64_t hash) const;
  static constexpr std::uint32_t kNoPiece = 0xFFFF;
  // [inputs][hidden]: the weights of one input lie together.
  [[nodiscard]] const std::int8_t* hidden_of_input(std::size_t input) const { return hidden_ + input * kIntentHidden; }
  [[nodiscard]] const std::array<float, kIntentHidden>& hidden_scale() const { return hidden_scale_; }
  [[nodiscard]] const std::array<float, kIntentHidden>& hidden_bias() const { return hidden_bias_; }
  [[nodiscard]] const IntentHead& head() const { return head_; }
  [[nodiscard]] float ngram_scale() const { return ngram_scale_; }
  [[nodiscard]] float temperature() const { return temperature_; }
  [[nodiscard]] float abstain_below() const { return abstain_below_; }
  // Of the file: tells one release's weights from another's, whose hidden layer means something else.
  [[nodiscard]] std::uint64_t checksum() const { return checksum_; }
  [[nodiscard]] std::size_t replay_count() const { return n_replay_; }
  [[nodiscard]] float replay_step() const { return replay_step_; }
  [[nodiscard]] ReplayRow replay(std::size_t i) const;

 private:
  IntentWeights() = default;
  [[nodiscard]] bool words_are_finite() const;

  const std::int8_t* ngrams_ = nullptr;
  const std::int8_t* words_ = nullptr;
  const std::byte* slots_ = nullptr;     // u32 fingerprints
  const std::byte* slot_ids_ = nullptr;  // u16 pieces
  const std::int8_t* hidden_ = nullptr;
  const std::uint8_t* replay_ = nullptr;
  std::uint64_t checksum_ = 0;
  std::size_t n_slots_ = 0;
  std::size_t n_replay_ = 0;
  const std::byte* signals_ = nullptr;  // u32 hashes in ascending order, then their lists as u8
  std::size_t n_signals_ = 0;
  std::array<float, kWordDim> word_scale_{}, word_bias_{};
  std::array<HeadFigures, kWordDim> attention_{};
  std::array<HeadFigures, kPlaceBuckets> start_bias_{}, end_bias_{};
  std::array<float, kIntentHidden> hidden_scale_{};
  std::array<float, kIntentHidden> hidden_bias_{};
  IntentHead head_;
  float ngram_scale_ = 0, temperature_ = 1, abstain_below_ = 0, replay_step_ = 0;
};

}  // namespace hearth
