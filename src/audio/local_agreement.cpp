#include "audio/local_agreement.h"

#include <algorithm>

#include "audio/word_errors.h"

namespace hearth {
namespace {

// Signs alone are no word: two of them are alike.
bool same_word(const std::string& a, const std::string& b) {
  return a == b || normalised_words(a) == normalised_words(b);
}

}  // namespace

void LocalAgreement::push(const std::vector<std::string>& words) {
  std::size_t n_common = 0;
  while (n_common < std::min(words.size(), last_.size()) && same_word(words[n_common], last_[n_common])) ++n_common;
  words_.resize(n_stable_);
  for (std::size_t i = n_stable_; i < words.size(); ++i) words_.push_back(words[i]);
  n_stable_ = std::max(n_stable_, n_common);
  last_ = words;
}

void LocalAgreement::reset() {
  words_.clear();
  last_.clear();
  n_stable_ = 0;
}

}  // namespace hearth
