// Which words of a growing hypothesis will stay: those on which two recognitions running agree.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace hearth {

// LocalAgreement-2: the longest common prefix of the last two hypotheses is stable, and what was stable once stays so,
// whatever later hypotheses say. Words are compared in lower case and without signs. Externally synchronised.
// Source: Liu, Spanakis, Niehues, "Low-Latency Sequence-to-Sequence Speech Recognition and Translation by Partial
// Hypothesis Selection", Interspeech 2020, section 3.2.
class LocalAgreement {
 public:
  // Takes the words of the next hypothesis, from the utterance's beginning.
  void push(const std::vector<std::string>& words);
  // For the next utterance.
  void reset();

  // The newest hypothesis behind what is stable.
  [[nodiscard]] const std::vector<std::string>& words() const { return words_; }
  // How many of words() are stable.
  [[nodiscard]] std::size_t n_stable() const { return n_stable_; }

 private:
  std::vector<std::string> words_;
  std::vector<std::string> last_;  // the newest hypothesis as it came
  std::size_t n_stable_ = 0;
};

}  // namespace hearth
