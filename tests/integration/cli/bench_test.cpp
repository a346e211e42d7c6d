#include "cli_fixture.h"

namespace hearth::test {
namespace {

using nlohmann::json;

class BenchCommandTest : public CliTest {
 protected:
  // 20 ms a decoded token, 2 ms a prompt token.
  [[nodiscard]] std::vector<std::string> slow(std::vector<std::string> more) const {
    std::vector<std::string> words = {
        "bench",       "-m",        script("slow.fake.json"), "--prompt", "20", "--tokens", "5", "--repeats", "2",
        "--transport", "in-process"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

TEST_F(BenchCommandTest, prefill_and_decode_are_measured_apart) {
  const json found = hearth_json(slow({}), "bench");
  EXPECT_EQ(found["prefill_tok_s"]["n"], 2);
  EXPECT_EQ(found["decode_tok_s"]["samples"].size(), 2U);
  // What the script says is the most that can be measured.
  EXPECT_LE(found["decode_tok_s"]["max"].get<double>(), 50.5);
  EXPECT_GT(found["decode_tok_s"]["median"].get<double>(), 1.0);
  EXPECT_LE(found["prefill_tok_s"]["max"].get<double>(), 505);
  EXPECT_FALSE(found.contains("load"));
}

TEST_F(BenchCommandTest, a_closed_loop_answers_every_request) {
  const json found = hearth_json(
      slow({"--clients", "3", "--requests", "6", "--mix-min", "2", "--mix-max", "9", "--mix-answer", "4"}), "bench");
  const json& load = found["load"];
  EXPECT_EQ(load["requests"], 6);
  EXPECT_EQ(load["failed"], 0) << load.dump(1);
  EXPECT_EQ(load["completion_tokens"], 24);
  EXPECT_EQ(load["samples"].size(), 6U);
  EXPECT_EQ(load["clients"], 3);
  EXPECT_GT(load["ttft_ms"]["p50"].get<double>(), 0);
}

TEST_F(BenchCommandTest, an_open_loop_says_its_rate) {
  const json found = hearth_json(
      slow({"--rate", "50", "--requests", "4", "--mix-min", "2", "--mix-max", "4", "--mix-answer", "2"}), "bench");
  EXPECT_EQ(found["load"]["arrivals_per_s"], 50.0);
  EXPECT_EQ(found["load"]["failed"], 0);
}

TEST_F(BenchCommandTest, refuses_what_it_cannot_measure) {
  EXPECT_EQ(hearth_error(slow({"--clients", "2", "--mix-min", "9", "--mix-max", "3"}), 2)["code"], "invalid_argument");
  EXPECT_NE(hearth_error(slow({"--clients", "2", "--mix", "nowhere.tsv"}), 4)["message"].get<std::string>().find(
                "nowhere.tsv"),
            std::string::npos);
  EXPECT_NE(hearth_error({"bench", "-m", "nowhere.gguf"}, 4)["message"].get<std::string>().find("nowhere.gguf"),
            std::string::npos);
  EXPECT_EQ(hearth_error(slow({"--clients", "2", "--rate", "3"}), 2)["code"], "invalid_argument");
}

}  // namespace
}  // namespace hearth::test
