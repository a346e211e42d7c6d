// The program's own reading of texts, for training: what the network computes on, of many texts at once. encoding.py
// builds this as a shared library with the sources of src/router that it leans on, so that what is trained on is what
// the program sees; text_features.py is the same a second time, for the parity fixture.
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "router/intent_features.h"
#include "router/intent_text.h"
#include "router/intent_weights.h"
#include "router/intent_words.h"

namespace {

using namespace hearth;

// Texts one behind the other in `bytes`, text i from offsets[i] to offsets[i + 1]; flags: 1 image, 2 audio, 4 tools.
struct Texts {
  std::int64_t n;
  const char* bytes;
  const std::int64_t* offsets;
  const std::int64_t* n_chars;
  const std::uint8_t* flags;
};

// Where it goes; the caller gives room for kNgramsMax n-grams and kWordPiecesMax pieces a text. ngram_ends has an entry
// for each segment of each text, piece_ends one for each text. dense: [n][kIntentDense].
struct Encoded {
  std::uint16_t* ngrams;
  std::int64_t* ngram_ends;
  std::uint16_t* pieces;
  std::uint8_t* from_start;
  std::uint8_t* from_end;
  std::int64_t* piece_ends;
  float* dense;
};

class Encoder {
 public:
  Encoder(const IntentWeights& weights, const Encoded& out) : weights_(weights), out_(out) {}

  void add(const RouteRequest& request, std::uint64_t n_chars) {
    read_window(request.text, window_);
    read_tokens(window_, tokens_);
    for (std::size_t segment = 0; segment < kIntentSegments; ++segment) add_ngrams(segment);
    read_word_pieces(weights_, tokens_, pieces_);
    std::memcpy(out_.pieces + n_pieces_, pieces_.ids.data(), pieces_.n * sizeof(std::uint16_t));
    std::memcpy(out_.from_start + n_pieces_, pieces_.from_start.data(), pieces_.n);
    std::memcpy(out_.from_end + n_pieces_, pieces_.from_end.data(), pieces_.n);
    n_pieces_ += static_cast<std::int64_t>(pieces_.n);
    out_.piece_ends[n_texts_] = n_pieces_;
    float* const dense = out_.dense + n_texts_ * static_cast<std::int64_t>(kIntentDense);
    const auto figures = read_dense(request, n_chars, window_);
    read_signals(weights_, tokens_, std::copy(figures.begin(), figures.end(), dense));
    ++n_texts_;
  }

 private:
  void add_ngrams(std::size_t wanted) {
    const auto put = [&](std::uint32_t hash, std::size_t segment) {
      if (segment == wanted) out_.ngrams[n_ngrams_++] = static_cast<std::uint16_t>(hash & (kNgramBuckets - 1));
    };
    for_each_word_ngram(tokens_, put);
    for_each_char_ngram(tokens_, put);
    out_.ngram_ends[n_texts_ * static_cast<std::int64_t>(kIntentSegments) + static_cast<std::int64_t>(wanted)] =
        n_ngrams_;
  }

  const IntentWeights& weights_;
  Encoded out_;
  TextWindow window_;
  TokenFlow tokens_;
  WordPieces pieces_;
  std::int64_t n_texts_ = 0, n_ngrams_ = 0, n_pieces_ = 0;
};

}  // namespace

// Encodes with the tables of a weights file (`file`, `n_file` bytes, which may be untrained). 0, or 1 for a file that
// is none. Not thread-safe.
extern "C" int hearth_encode_texts(const void* file, std::int64_t n_file, const Texts* texts, const Encoded* out) {
  const auto weights = IntentWeights::open({static_cast<const std::byte*>(file), static_cast<std::size_t>(n_file)});
  if (!weights) return 1;
  static std::optional<Encoder> encoder;  // too large for a stack
  encoder.emplace(*weights, *out);
  for (std::int64_t i = 0; i < texts->n; ++i) {
    std::array<RouteAttachment, 2> attachments;
    std::size_t n_attachments = 0;
    if ((texts->flags[i] & 1) != 0) attachments[n_attachments++].kind = AttachmentKind::kImage;
    if ((texts->flags[i] & 2) != 0) attachments[n_attachments++].kind = AttachmentKind::kAudio;
    RouteRequest request;
    request.text = {texts->bytes + texts->offsets[i],
                    static_cast<std::size_t>(texts->offsets[i + 1] - texts->offsets[i])};
    request.attachments = std::span(attachments).first(n_attachments);
    request.has_tools = (texts->flags[i] & 4) != 0;
    encoder->add(request, static_cast<std::uint64_t>(texts->n_chars[i]));
  }
  return 0;
}
