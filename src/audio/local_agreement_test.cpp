#include "audio/local_agreement.h"

#include <gtest/gtest.h>

#include <random>

namespace hearth {
namespace {

using Words = std::vector<std::string>;

TEST(LocalAgreement, one_hypothesis_makes_nothing_stable) {
  LocalAgreement agreement;
  agreement.push({"ask", "not"});
  EXPECT_EQ(agreement.n_stable(), 0U);
  EXPECT_EQ(agreement.words(), (Words{"ask", "not"}));
}

TEST(LocalAgreement, the_common_prefix_of_two_is_stable) {
  LocalAgreement agreement;
  agreement.push({"ask", "not", "hot"});
  agreement.push({"Ask,", "not", "what", "your"});
  EXPECT_EQ(agreement.n_stable(), 2U);
  EXPECT_EQ(agreement.words(), (Words{"Ask,", "not", "what", "your"}));
}

TEST(LocalAgreement, what_is_stable_stays) {
  LocalAgreement agreement;
  agreement.push({"ask", "not", "what"});
  agreement.push({"ask", "not", "why"});
  agreement.push({"as", "if", "what", "your"});
  EXPECT_EQ(agreement.n_stable(), 2U);
  EXPECT_EQ(agreement.words(), (Words{"ask", "not", "what", "your"}));
  agreement.push({"as"});
  EXPECT_EQ(agreement.words(), (Words{"ask", "not"}));
  agreement.reset();
  EXPECT_TRUE(agreement.words().empty());
  EXPECT_EQ(agreement.n_stable(), 0U);
}

TEST(LocalAgreement, stable_words_only_ever_grow) {
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    LocalAgreement agreement;
    Words stable;
    for (int i = 0; i < 20; ++i) {
      Words words(random() % 8);
      for (auto& word : words) word = std::string(1, static_cast<char>('a' + random() % 2));
      agreement.push(words);
      ASSERT_GE(agreement.n_stable(), stable.size());
      ASSERT_GE(agreement.words().size(), agreement.n_stable());
      const auto end = agreement.words().begin() + static_cast<std::ptrdiff_t>(agreement.n_stable());
      const Words now(agreement.words().begin(), end);
      ASSERT_TRUE(std::equal(stable.begin(), stable.end(), now.begin()));
      stable = now;
    }
  }
}

}  // namespace
}  // namespace hearth
