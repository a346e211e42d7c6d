#include "text/stop_strings.h"

#include <gtest/gtest.h>

#include <random>

namespace hearth {
namespace {

struct Shown {
  std::string text, matched;
};

Shown run(const std::vector<std::string>& stops, const std::string& text, std::size_t a, std::size_t b) {
  StopStrings stream(stops);
  std::string out = stream.push(text.substr(0, a));
  out += stream.push(text.substr(a, b - a));
  out += stream.push(text.substr(b));
  out += stream.finish();
  return {out, stream.matched()};
}

// The first position at which some stop string ends, found the slow way.
Shown expected(const std::vector<std::string>& stops, const std::string& text) {
  for (std::size_t end = 1; end <= text.size(); ++end) {
    const std::string* best = nullptr;
    for (const auto& stop : stops)
      if (!stop.empty() && text.substr(0, end).ends_with(stop) && (best == nullptr || stop.size() > best->size()))
        best = &stop;
    if (best != nullptr) return {text.substr(0, end - best->size()), *best};
  }
  return {text, ""};
}

TEST(StopStrings, any_cut_of_any_text_stops_at_the_same_place) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 400; ++round) {
    const auto word = [&random](std::size_t longest) {
      std::string s;
      for (std::size_t i = random() % (longest + 1); i > 0; --i) s += static_cast<char>('a' + random() % 2);
      return s;
    };
    const std::vector<std::string> stops = {word(5), word(4), word(6)};
    const std::string text = word(24);
    const Shown want = expected(stops, text);
    for (std::size_t a = 0; a <= text.size(); ++a)
      for (std::size_t b = a; b <= text.size(); b += 2) {
        const Shown got = run(stops, text, a, b);
        ASSERT_EQ(got.text, want.text) << text << " by " << stops[0] << "," << stops[1] << "," << stops[2];
        ASSERT_EQ(got.matched, want.matched);
      }
  }
}

TEST(StopStrings, shows_at_once_what_cannot_be_a_beginning) {
  StopStrings stream({"\nUser:"});
  EXPECT_EQ(stream.push("Hello\nUs"), "Hello");
  EXPECT_EQ(stream.push("ual "), "\nUsual ");
  EXPECT_EQ(stream.push("x\nUser: more"), "x");
  EXPECT_TRUE(stream.stopped());
  EXPECT_EQ(stream.push("never"), "");
  EXPECT_EQ(stream.finish(), "");
}

TEST(StopStrings, none_pass_everything) {
  StopStrings stream({""});
  EXPECT_EQ(stream.push("text"), "text");
  EXPECT_FALSE(stream.stopped());
}

}  // namespace
}  // namespace hearth
