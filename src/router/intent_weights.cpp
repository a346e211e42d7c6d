#include "router/intent_weights.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <string_view>

#include "router/word_checksum.h"

namespace hearth {
namespace {

static_assert(std::endian::native == std::endian::little, "the file is little-endian and is read in place");

constexpr std::string_view kMagic = "HRTHINT2";
constexpr std::size_t kHeaderBytes = 64;
constexpr std::size_t kReplayMax = 8192;
constexpr std::size_t kSignalsMax = 4096;
constexpr std::size_t kSignalBytes = sizeof(std::uint32_t) + 1;

struct Header {
  std::array<char, 8> magic;
  std::uint32_t ngram_buckets, ngram_dim, n_pieces, word_dim, n_slots, n_dense, n_hidden, n_outputs;
  float ngram_scale;
  std::uint32_t n_signals, n_replay, word_heads;
  std::uint64_t checksum;  // of everything behind the header
};
static_assert(sizeof(Header) == kHeaderBytes);

Unexpected broken(const std::string& what) {
  return fail(ErrorCode::kInvalidData, "the intent weights are damaged: " + what,
              "install Hearth again, or undo what was learned with `hearth route learn --undo`");
}

// Hands out sections one behind the other, each padded to 64 bytes.
class Sections {
 public:
  explicit Sections(std::span<const std::byte> bytes) : bytes_(bytes) {}
  const std::byte* take(std::size_t n_bytes) {
    const std::byte* begin = bytes_.data() + at_;
    at_ += (n_bytes + 63) / 64 * 64;
    return begin;
  }
  // Arrays of float, or of arrays of float.
  template <class Array>
  void copy(Array& to) {
    std::memcpy(to.data(), take(sizeof to), sizeof to);
  }
  [[nodiscard]] std::size_t end() const { return at_; }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = kHeaderBytes;
};

std::size_t padded(std::size_t n_bytes) { return (n_bytes + 63) / 64 * 64; }

// The calibration block: temperature, abstention threshold, step of the replay rows.
constexpr std::size_t kCalibrationFloats = 4;

std::size_t expected_bytes(const Header& h) {
  return kHeaderBytes + padded(std::size_t{h.ngram_buckets} * h.ngram_dim) +
         padded(std::size_t{h.n_pieces} * kWordTaps * kWordDim) + padded(std::size_t{h.n_slots} * 4) +
         padded(std::size_t{h.n_slots} * 2) + padded(h.n_signals * kSignalBytes) + 2 * padded(kWordDim * 4) +
         padded(kWordDim * kWordHeads * 4) + 2 * padded(kPlaceBuckets * kWordHeads * 4) +
         padded(kIntentInputs * kIntentHidden) + 2 * padded(kIntentHidden * 4) +
         padded(kIntentOutputs * kIntentHidden * 4) + padded(kIntentOutputs * 4) + padded(kCalibrationFloats * 4) +
         padded(std::size_t{h.n_replay} * (kIntentHidden + 1));
}

Status check_header(const Header& h, std::size_t n_bytes) {
  if (std::string_view(h.magic.data(), h.magic.size()) != kMagic)
    return broken("they don't begin with " + std::string(kMagic));
  if (h.ngram_buckets != kNgramBuckets || h.ngram_dim != kNgramDim || h.word_dim != kWordDim ||
      h.n_dense != kIntentDense || h.word_heads != kWordHeads || h.n_hidden != kIntentHidden ||
      h.n_outputs != kIntentOutputs)
    return broken("their dimensions are those of another version");
  if (h.n_pieces == 0 || h.n_pieces >= IntentWeights::kNoPiece || !std::has_single_bit(h.n_slots) ||
      h.n_slots <= h.n_pieces || h.n_slots > (1U << 20U) || h.n_replay > kReplayMax || h.n_signals > kSignalsMax)
    return broken("their tables' sizes make no sense");
  if (expected_bytes(h) != n_bytes)
    return broken(std::to_string(n_bytes) + " bytes where the header asks for " + std::to_string(expected_bytes(h)));
  if (!std::isfinite(h.ngram_scale)) return broken("a scale is not a number");
  return {};
}

template <class Range>
bool all_finite(const Range& values) {
  for (const float v : values)
    if (!std::isfinite(v)) return false;
  return true;
}

template <class Rows>
bool rows_are_finite(const Rows& rows) {
  return std::all_of(rows.begin(), rows.end(), [](const auto& row) { return all_finite(row); });
}

bool head_is_finite(const IntentHead& head) { return rows_are_finite(head.weight) && all_finite(head.bias); }

std::uint32_t fingerprint_at(const std::byte* slots, std::size_t i) {
  std::uint32_t value = 0;
  std::memcpy(&value, slots + i * sizeof value, sizeof value);
  return value;
}
std::uint16_t piece_at(const std::byte* ids, std::size_t i) {
  std::uint16_t value = 0;
  std::memcpy(&value, ids + i * sizeof value, sizeof value);
  return value;
}

// Every slot names a piece of the table or none, and enough are free for a search to end.
Status check_slots(const std::byte* ids, const Header& h) {
  std::size_t n_free = 0;
  for (std::size_t i = 0; i < h.n_slots; ++i) {
    const auto id = piece_at(ids, i);
    if (id == IntentWeights::kNoPiece) {
      ++n_free;
    } else if (id >= h.n_pieces) {
      return broken("slot " + std::to_string(i) + " names piece " + std::to_string(id) + " of " +
                    std::to_string(h.n_pieces));
    }
  }
  if (n_free == 0) return broken("no slot of the word pieces is free");
  return {};
}

std::uint32_t signal_hash_at(const std::byte* signals, std::size_t i) { return fingerprint_at(signals, i); }
std::size_t signal_list_at(const std::byte* signals, std::size_t n, std::size_t i) {
  return static_cast<std::size_t>(signals[n * sizeof(std::uint32_t) + i]);
}

bool signals_are_sorted(const std::byte* signals, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    if (signal_list_at(signals, n, i) >= kSignalLists) return false;
    if (i > 0 && signal_hash_at(signals, i) <= signal_hash_at(signals, i - 1)) return false;
  }
  return true;
}

}  // namespace

bool IntentWeights::words_are_finite() const {
  return all_finite(word_scale_) && all_finite(word_bias_) && rows_are_finite(attention_) &&
         rows_are_finite(start_bias_) && rows_are_finite(end_bias_);
}

Result<IntentWeights> IntentWeights::open(std::span<const std::byte> bytes) {
  if (bytes.size() < kHeaderBytes || bytes.size() % 8 != 0) return broken("they are cut off");
  Header h{};
  std::memcpy(&h, bytes.data(), sizeof h);
  HEARTH_TRY(check_header(h, bytes.size()));
  if (word_checksum(bytes.subspan(kHeaderBytes)) != h.checksum) return broken("their checksum is another");
  IntentWeights w;
  Sections sections(bytes);
  const auto int8_at = [](const std::byte* p) { return reinterpret_cast<const std::int8_t*>(p); };
  w.ngrams_ = int8_at(sections.take(kNgramBuckets * kNgramDim));
  w.words_ = int8_at(sections.take(std::size_t{h.n_pieces} * kWordTaps * kWordDim));
  w.slots_ = sections.take(std::size_t{h.n_slots} * 4);
  w.slot_ids_ = sections.take(std::size_t{h.n_slots} * 2);
  w.n_slots_ = h.n_slots;
  w.checksum_ = h.checksum;
  HEARTH_TRY(check_slots(w.slot_ids_, h));
  w.signals_ = sections.take(h.n_signals * kSignalBytes);
  w.n_signals_ = h.n_signals;
  sections.copy(w.word_scale_);
  sections.copy(w.word_bias_);
  sections.copy(w.attention_);
  sections.copy(w.start_bias_);
  sections.copy(w.end_bias_);
  w.hidden_ = int8_at(sections.take(kIntentInputs * kIntentHidden));
  sections.copy(w.hidden_scale_);
  sections.copy(w.hidden_bias_);
  static_assert(sizeof w.head_.weight == kIntentOutputs * kIntentHidden * sizeof(float));
  std::memcpy(w.head_.weight.data(), sections.take(sizeof w.head_.weight), sizeof w.head_.weight);
  sections.copy(w.head_.bias);
  std::array<float, kCalibrationFloats> calibration{};
  sections.copy(calibration);
  w.replay_ = reinterpret_cast<const std::uint8_t*>(sections.take(std::size_t{h.n_replay} * (kIntentHidden + 1)));
  w.n_replay_ = h.n_replay;
  w.ngram_scale_ = h.ngram_scale;
  w.temperature_ = calibration[0];
  w.abstain_below_ = calibration[1];
  w.replay_step_ = calibration[2];
  if (!all_finite(calibration) || !(w.temperature_ > 0) || !all_finite(w.hidden_scale_) ||
      !all_finite(w.hidden_bias_) || !head_is_finite(w.head_) || !w.words_are_finite())
    return broken("a figure is not finite");
  if (!signals_are_sorted(w.signals_, w.n_signals_)) return broken("the lists of words are out of order");
  for (std::size_t i = 0; i < w.n_replay_; ++i)
    if (w.replay_[i * (kIntentHidden + 1)] >= kIntentCount) return broken("a remembered row has no intent");
  return w;
}

std::uint32_t IntentWeights::find_piece(std::uint64_t hash) const {
  const auto fingerprint = static_cast<std::uint32_t>(hash >> 32U);
  const std::size_t mask = n_slots_ - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {  // ends: open() saw a free slot
    const auto id = piece_at(slot_ids_, i);
    if (id == kNoPiece || fingerprint_at(slots_, i) == fingerprint) return id;
  }
}

std::size_t IntentWeights::signal_of(std::uint32_t hash) const {
  std::size_t low = 0;
  std::size_t high = n_signals_;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const std::uint32_t here = signal_hash_at(signals_, middle);
    if (here == hash) return signal_list_at(signals_, n_signals_, middle);
    (here < hash ? low : high) = here < hash ? middle + 1 : middle;
  }
  return kSignalLists;
}

ReplayRow IntentWeights::replay(std::size_t i) const {
  const std::uint8_t* row = replay_ + i * (kIntentHidden + 1);
  return {static_cast<Intent>(*row), std::span<const std::uint8_t, kIntentHidden>(row + 1, kIntentHidden)};
}

}  // namespace hearth
