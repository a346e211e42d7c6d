#include "bench/request_mix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include "support/paths.h"

namespace hearth::bench {
namespace {

TEST(UniformMix, stays_inside_its_bounds_and_repeats) {
  const UniformMix mix{.count = 5000, .prompt_min = 48, .prompt_max = 768, .answer_tokens = 64, .seed = 3};
  const auto requests = uniform_mix(mix);
  ASSERT_EQ(requests.size(), 5000U);
  double sum = 0;
  std::uint32_t least = 1000, most = 0;
  for (const auto& request : requests) {
    least = std::min(least, request.prompt_tokens);
    most = std::max(most, request.prompt_tokens);
    sum += request.prompt_tokens;
    EXPECT_EQ(request.answer_tokens, 64U);
  }
  EXPECT_EQ(least, 48U);
  EXPECT_EQ(most, 768U);
  EXPECT_NEAR(sum / 5000, 408, 10);
  EXPECT_EQ(uniform_mix(mix)[17].seed, requests[17].seed);
}

TEST(ReadMix, reads_the_recorded_mix) {
  std::ifstream file(test::source_dir().string() + "/bench/serving/uniform_48_768.tsv");
  const auto requests = read_mix(std::string{std::istreambuf_iterator<char>(file), {}}, 64);
  ASSERT_TRUE(requests) << to_string(requests.error());
  EXPECT_EQ(requests->size(), 256U);
  EXPECT_TRUE(
      std::ranges::all_of(*requests, [](const auto& r) { return r.prompt_tokens >= 48 && r.prompt_tokens <= 768; }));
}

TEST(ReadMix, names_the_line_that_is_wrong) {
  const auto fault = [](std::string_view text) { return to_string(read_mix(text, 1).error()); };
  EXPECT_NE(fault("request\tlength\n1\t2\n").find("line 1"), std::string::npos);
  EXPECT_NE(fault("words\tseed\n1\t2\nmany\t3\n").find("line 3"), std::string::npos);
  EXPECT_NE(fault("words\tseed\n0\t2\n").find("line 2"), std::string::npos);
  EXPECT_NE(fault("words\tseed\n-5\t2\n").find("line 2"), std::string::npos);
  EXPECT_NE(fault("words\tseed\n7\n").find("line 2"), std::string::npos);
  EXPECT_NE(fault("").find("no request"), std::string::npos);
  EXPECT_NE(fault("# only a remark\nwords\tseed\n").find("no request"), std::string::npos);
}

TEST(PoissonArrivals, come_at_the_rate_and_repeat) {
  const auto times = poisson_arrivals(20000, 10, 1);
  EXPECT_TRUE(std::ranges::is_sorted(times));
  EXPECT_NEAR(times.back().count(), 2000, 50);
  EXPECT_EQ(poisson_arrivals(5, 10, 1)[4], times[4]);
  // The gaps of a Poisson process deviate by as much as their mean.
  double squares = 0;
  for (std::size_t i = 1; i < times.size(); ++i) squares += std::pow((times[i] - times[i - 1]).count() - 0.1, 2);
  EXPECT_NEAR(std::sqrt(squares / 20000), 0.1, 0.01);
}

TEST(PromptOf, draws_tokens_of_the_vocabulary) {
  const LoadRequest request{.prompt_tokens = 1000, .answer_tokens = 1, .seed = 5};
  const auto tokens = prompt_of(request, 7);
  ASSERT_EQ(tokens.size(), 1000U);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    EXPECT_GE(tokens[i], 0);
    EXPECT_LT(tokens[i], 7);
    EXPECT_TRUE(i == 0 || tokens[i] != tokens[i - 1]);
  }
  EXPECT_EQ(prompt_of(request, 7), tokens);
  EXPECT_EQ(prompt_of(request, 1).size(), 1000U);
}

}  // namespace
}  // namespace hearth::bench
