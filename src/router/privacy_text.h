// The request's text as the privacy detector reads it: in windows of fixed size, without what hides characters from a
// pattern and stays invisible to a reader.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hearth {

// Walks a text of any length and any bytes once. Invisible characters (zero width, direction marks, soft hyphens,
// variation selectors) and combining accents are dropped, full-width forms and the digits of other scripts become
// ASCII, NUL becomes a blank, all spaces become ' '. Allocates nothing; borrows the text.
class PrivacyText {
 public:
  // No pattern is longer than this; a hit is counted by where it begins.
  static constexpr std::size_t kReach = 256;

  explicit PrivacyText(std::string_view text) : rest_(text) {}

  // The next window; false when all was seen. `view` holds it with kReach bytes of what came before (as far as there
  // are) and after; hits may begin in [first, last) only.
  struct Window {
    std::string_view view;
    std::size_t first = 0, last = 0;
    std::size_t offset = 0;  // of view's first byte since the beginning of the text, in bytes kept
  };
  [[nodiscard]] bool next(Window& window);

 private:
  static constexpr std::size_t kBytes = 8192;
  void fill();

  std::string_view rest_;
  std::array<char, kBytes + 8> buffer_;  // written before it is read, up to size_
  std::size_t size_ = 0;
  std::size_t first_ = 0;
  std::size_t offset_ = 0;
  bool started_ = false;
};

// A word in lower case as a hash. ASCII, Latin-1, Greek and Cyrillic letters are lowered.
struct PrivacyWord {
  std::size_t bytes = 0;  // in the text
  std::uint64_t hash = 0;
  bool capital = false;  // begins with a capital letter
};
// The word that begins at `at`; 0 bytes where none does. Letters are ASCII letters and everything above ASCII.
[[nodiscard]] PrivacyWord word_at(std::string_view text, std::size_t at);
// FNV-1a over bytes that are in lower case already.
// Source: Fowler, Noll, Vo; draft-eastlake-fnv, 64-bit offset basis and prime.
[[nodiscard]] constexpr std::uint64_t word_hash(std::string_view lower) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : lower) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

}  // namespace hearth
