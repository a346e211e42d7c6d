#include "pipeline/graph.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

std::string graph(const std::string& stages) {
  return R"({"name": "t", "models": {"d": "detect", "c": "classify"}, "stages": [)" + stages + "]}";
}

TEST(PipelineGraph, stages_come_in_the_order_of_their_links) {
  const auto parsed = parse_pipeline(graph(R"({"id": "end", "kind": "emit", "from": "find"},
    {"id": "find", "kind": "detect", "model": "d", "from": "in", "queue": 2, "drop": "oldest", "score": 0.5},
    {"id": "in", "kind": "pictures"})"));
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->stages.size(), 3U);
  EXPECT_EQ(parsed->stages[0].id, "in");
  EXPECT_EQ(parsed->stages[1].id, "find");
  EXPECT_EQ(parsed->stages[1].queue, 2U);
  EXPECT_EQ(parsed->stages[1].drop, DropPolicy::kOldest);
  EXPECT_EQ(parsed->stages[1].numbers.at("score"), 0.5);
  EXPECT_EQ(parsed->stages[2].from, 1U);
}

TEST(PipelineGraph, what_is_wrong_is_named) {
  const std::pair<std::string, const char*> cases[] = {
      {"[]", "no JSON object"},
      {R"({"name": "t"})", "stages"},
      {R"({"name": "t", "odd": 1, "stages": []})", "odd"},
      {graph(R"({"id": "a", "kind": "pictures"}, {"id": "b", "kind": "emit"})"), "dangling"},
      {graph(R"({"id": "a", "kind": "pictures"}, {"id": "b", "kind": "emit", "from": "z"})"), "dangling"},
      {graph(R"({"id": "a", "kind": "pictures"})"), "dangling"},
      {graph(R"({"id": "a", "kind": "detect", "model": "d", "from": "b"}, {"id": "b", "kind": "draw", "from": "a"})"),
       "cyclic"},
      {graph(R"({"id": "a", "kind": "detect", "model": "d", "from": "a"})"), "cyclic"},
      {graph(R"({"id": "a", "kind": "pictures"}, {"id": "b", "kind": "draw", "from": "a"},
                {"id": "e", "kind": "emit", "from": "b"})"),
       "mistyped"},
      {graph(R"({"id": "a", "kind": "pictures", "from": "a"}, {"id": "e", "kind": "emit", "from": "a"})"), "source"},
      {graph(R"({"id": "a", "kind": "pictures"}, {"id": "a", "kind": "emit", "from": "a"})"), "twice"},
      {graph(R"({"id": "a", "kind": "magic"})"), "unknown kind"},
      {graph(R"({"id": "a", "kind": "pictures"}, {"id": "b", "kind": "detect", "model": "x", "from": "a"})"),
       "does not declare"},
      {graph(R"({"id": "a", "kind": "pictures"}, {"id": "b", "kind": "detect", "model": "d", "from": "a", "scor": 1})"),
       "scor"},
      {graph(R"({"id": "a", "kind": "pictures"}, {"id": "b", "kind": "emit", "from": "a", "queue": 0})"), "queue"},
      {graph(R"({"id": "a", "kind": "pictures"}, {"id": "b", "kind": "emit", "from": "a", "drop": "all"})"), "drop"},
      {R"({"name": "t", "models": {"d": "fly"}, "stages": [{"id": "a", "kind": "pictures"}]})", "task"},
  };
  for (const auto& [text, word] : cases) {
    const auto parsed = parse_pipeline(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidData) << text;
    EXPECT_NE(parsed.error().message.find(word), std::string::npos) << text << "\n" << parsed.error().message;
  }
}

}  // namespace
}  // namespace hearth
