// Finds fixed strings in text that arrives byte by byte.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hearth {

// What a parser makes of one byte. All parsers here take one byte at a time, so that how a text is cut into pieces
// can't change what they find.
enum class Step {
  kMore,        // taken; more is wanted
  kDone,        // taken; it was the last
  kDoneBefore,  // not taken; the end was before it
  kFailed,      // not taken; it can't be there
};

[[nodiscard]] constexpr bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
[[nodiscard]] bool is_blank(std::string_view text);

// Looks for markers anywhere; holds back what may still become one. No marker may contain another.
class MarkerGate {
 public:
  static constexpr int kNone = -1;
  explicit MarkerGate(std::vector<std::string> markers) : markers_(std::move(markers)) {}

  // The index of the marker that ends with `c`, or kNone. What can't belong to a marker is appended to `released`.
  int put(char c, std::string& released);
  // Gives back what is held at the end of the text.
  [[nodiscard]] std::string flush() { return std::exchange(held_, {}); }
  [[nodiscard]] bool holds() const { return !held_.empty(); }
  [[nodiscard]] const std::string& marker(int index) const { return markers_[static_cast<std::size_t>(index)]; }

 private:
  std::vector<std::string> markers_;
  std::string held_;  // a proper prefix of some marker
};

// Wants one of several literals next, white space before it skipped. No literal may be a prefix of another.
class LiteralMatcher {
 public:
  static constexpr int kWaiting = -1;
  static constexpr int kMismatch = -2;  // the byte was not taken
  explicit LiteralMatcher(std::vector<std::string> literals) : literals_(std::move(literals)) {}

  int put(char c);
  void reset() { seen_.clear(); }

 private:
  std::vector<std::string> literals_;
  std::string seen_;
};

}  // namespace hearth
