// Ends an answer at one of several strings, wherever the stream is cut.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hearth {

// Holds back what may be the beginning of a stop string. The one that ends first ends the answer; of those that end at
// the same byte the longest. Text after it is dropped. Externally synchronised.
class StopStrings {
 public:
  // Empty strings are ignored.
  explicit StopStrings(std::vector<std::string> stops);

  // What of `text` may be shown. Once stopped() everything is dropped.
  [[nodiscard]] std::string push(std::string_view text);
  // The text has ended: what was held back.
  [[nodiscard]] std::string finish();

  [[nodiscard]] bool stopped() const { return !matched_.empty(); }
  [[nodiscard]] const std::string& matched() const { return matched_; }  // empty until stopped

 private:
  [[nodiscard]] const std::string* ending() const;
  [[nodiscard]] std::size_t held_length() const;
  std::vector<std::string> stops_;
  std::string held_;  // a suffix of the text so far, shorter than the longest stop string
  std::string matched_;
};

}  // namespace hearth
