// Text to token ids as a model's tokenizer.json says: WordPiece, byte-pair and Unigram vocabularies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/result.h"

namespace hearth {

// One sequence as an encoder reads it: [n_tokens] each.
struct TokenSequence {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> type_ids;  // 0; 1 for a pair's second text where the tokenizer says so
  std::uint32_t cut_tokens = 0;        // left out so that the sequence keeps within the limit
};

// Immutable; may be used from any thread at once.
//
// Ids equal those of the Python package `tokenizers` for the same file. What a file asks for that is not known here is
// refused when it is read (kUnsupported, with its name), never left out.
class Tokenizer {
 public:
  static constexpr std::size_t kFileBytesMax = std::size_t{128} << 20U;
  static constexpr std::size_t kTextBytesMax = std::size_t{16} << 20U;  // of one text

  // `json`: the bytes of a tokenizer.json. kInvalidData: not such a file, with where; kUnsupported: see above.
  [[nodiscard]] static Result<Tokenizer> parse(std::string_view json);

  // At most `most` tokens, special tokens included; 0 = no limit. Bytes that are no UTF-8 count as U+FFFD.
  // kInvalidArgument: a text over kTextBytesMax, or special tokens alone exceed `most`.
  [[nodiscard]] Result<TokenSequence> encode(std::string_view text, std::size_t most) const;
  // Two texts in one sequence, the longer cut first.
  [[nodiscard]] Result<TokenSequence> encode_pair(std::string_view first, std::string_view second,
                                                  std::size_t most) const;

  [[nodiscard]] std::size_t size() const;                      // ids are below this
  [[nodiscard]] std::int32_t pad_id() const;                   // 0 where the file names none
  [[nodiscard]] std::optional<std::size_t> own_limit() const;  // tokens, from the file's truncation
  [[nodiscard]] std::optional<std::int32_t> id_of(std::string_view token) const;

 private:
  struct Parts;
  explicit Tokenizer(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
  std::shared_ptr<const Parts> parts_;  // shared so that copies cost nothing
};

}  // namespace hearth
