// Words of a wish, matched longest first and used once. Internal to reading requests.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hearth {

// The words in lower case; '.' stays inside numbers and names, '+' and '-' join names and are then also split points:
// "M3 Pro + Llama-3-8B" is m3, pro, llama-3-8b.
class WordReader {
 public:
  explicit WordReader(std::string_view text);

  // A run of unused words that, joined by hyphens, is `name` (as a record's id or alias is written). At most
  // kNameWordsMax words. Marks them used and returns them as they were written.
  [[nodiscard]] std::optional<std::string> take_name(std::string_view name);
  // The first unused run that is one of the space-separated phrases; marks it used.
  [[nodiscard]] std::optional<std::string> take_phrase(std::string_view phrase);
  // A number directly before or joined to one of the units: "16 GB", "8k", "30 tok/s".
  struct Quantity {
    double value = 0;
    std::string text;
  };
  [[nodiscard]] std::optional<Quantity> take_quantity(const std::vector<std::string_view>& units);
  // A word of the form "<number>b", as models are called by size: 70b, 1.7b.
  [[nodiscard]] std::optional<Quantity> take_billions();

  // Words that nothing has used and that are no mere grammar.
  [[nodiscard]] std::vector<std::string> left_over() const;

  // How many words of a name are compared at most.
  static constexpr std::size_t kNameWordsMax = 8;

 private:
  struct Word {
    std::string text;
    bool used = false;
  };
  [[nodiscard]] std::string take(std::size_t first, std::size_t count);
  [[nodiscard]] bool free(std::size_t first, std::size_t count) const;
  std::vector<Word> words_;
};

}  // namespace hearth
