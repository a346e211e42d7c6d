// hearth run embed and rerank on a graph of the fake runtime.
#include <sstream>

#include "cli_fixture.h"

namespace hearth::test {
namespace {

using nlohmann::json;

// Each token is the vector {3, 4}.
std::string encoder_script(const std::string& memory = {}) {
  return R"({"hearth_fake": 1, "name": "encoder", )" + memory + R"("tensor": {
    "inputs": [{"name": "input_ids", "type": "i64", "shape": [-1, -1]},
               {"name": "attention_mask", "type": "i64", "shape": [-1, -1]}],
    "outputs": [{"name": "last_hidden_state", "type": "f32", "shape": [-1, -1, 2], "rule": "table",
                 "values": [3, 4]}]}})";
}

class EncoderCliTest : public CliTest {
 protected:
  EncoderCliTest() {
    (void)home_.file("tokenizer.json", R"({
      "added_tokens": [{"id": 0, "content": "[PAD]", "special": true}],
      "pre_tokenizer": {"type": "WhitespaceSplit"},
      "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
      "model": {"type": "WordPiece", "unk_token": "[UNK]",
                "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "a": 4, "b": 5}}})");
    encoder_ = home_.file("encoder.fake.json", encoder_script()).string();
  }
  [[nodiscard]] ProgramResult feed(std::vector<std::string> arguments, const std::string& input) const {
    auto run = command(std::move(arguments));
    run.input = input;
    return run_program(run);
  }
  std::string encoder_;
};

TEST_F(EncoderCliTest, each_line_becomes_a_vector) {
  const auto result = feed({"run", "embed", "-m", encoder_, "--json"}, "a b\nb\na a a\n");
  ASSERT_EQ(result.exit_status, 0) << result.out << result.err;
  std::istringstream lines(result.out);
  int n = 0;
  for (std::string line; std::getline(lines, line); ++n) {
    const json vector = json::parse(line)["embedding"];
    ASSERT_EQ(vector.size(), 2U);
    EXPECT_NEAR(vector[0].get<double>(), 0.6, 1e-6);
    EXPECT_NEAR(vector[1].get<double>(), 0.8, 1e-6);
  }
  EXPECT_EQ(n, 3);
}

TEST_F(EncoderCliTest, lines_are_ranked_by_the_cosine_of_their_vectors) {
  const auto result = feed({"run", "rerank", "-m", encoder_, "--query", "a", "--json"}, "a\nb\n");
  ASSERT_EQ(result.exit_status, 0) << result.out << result.err;
  const json document = json::parse(result.out);
  EXPECT_EQ(document["method"], "cosine");
  EXPECT_EQ(document["results"].size(), 2U);
}

TEST_F(EncoderCliTest, a_graph_beyond_the_memory_is_refused_before_it_is_loaded) {
  const auto huge = home_.file("huge.fake.json", encoder_script(R"("memory": {"other_bytes": 900000000000000}, )"));
  const json error = hearth_error({"run", "embed", "-m", huge.string()}, 3);
  EXPECT_EQ(error["code"], "does_not_fit");
}

}  // namespace
}  // namespace hearth::test
