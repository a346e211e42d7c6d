#include "engine/vocabulary.h"

#include <chrono>

#include "engine/runtime_fixture.h"

namespace hearth {
namespace {

TEST(Vocabulary, knows_each_token_as_the_model_does) {
  TestRuntimes runtimes;
  const auto model = runtimes.load("fake", TestRuntimes::sample("chat.fake.json"));
  const auto vocabulary = must(Vocabulary::read(*model));
  EXPECT_EQ(vocabulary->size(), must(model->info()).n_vocab);
  const auto tokens = must(model->tokenize("<|user|>Hello there", false, true));
  EXPECT_EQ(vocabulary->text(tokens), "Hello there");
  EXPECT_EQ(vocabulary->text(tokens, true), "<|user|>Hello there");
  EXPECT_TRUE(vocabulary->is_control(tokens.front()));
  EXPECT_FALSE(vocabulary->is_end(tokens.front()));
  EXPECT_EQ(vocabulary->end_tokens(), (std::vector<Token>{1, 2}));
  for (const Token outside : {Token{-1}, static_cast<Token>(vocabulary->size()), Token{0x7FFFFFFF}}) {
    EXPECT_EQ(vocabulary->piece(outside, true), "");
    EXPECT_EQ(vocabulary->attributes(outside), 0U);
  }
}

TEST(Vocabulary, gives_constraints_text_tokens_only) {
  TestRuntimes runtimes;
  const auto vocabulary =
      must(Vocabulary::read(*runtimes.load("fake", TestRuntimes::sample("chat.fake.json"), Transport::kWorker)));
  const auto out = vocabulary->constraint_vocabulary();
  ASSERT_EQ(out.tokens.size(), vocabulary->size());
  EXPECT_EQ(out.end_tokens, vocabulary->end_tokens());
  for (Token token = 0; token < static_cast<Token>(out.tokens.size()); ++token)
    EXPECT_EQ(out.tokens[static_cast<std::size_t>(token)].empty(), vocabulary->is_control(token)) << token;
  EXPECT_NE(std::ranges::find(out.tokens, std::string(" there")), out.tokens.end());
}

// A call a token would take seconds here: a round trip is tens of microseconds, and there are three a token.
TEST(Vocabulary, large_ones_come_through_a_worker_at_once) {
  TestRuntimes runtimes;
  std::string words;
  constexpr int kWords = 150'000;
  for (int i = 0; i < kWords; ++i) words += (i == 0 ? "\"w" : ",\"w") + std::to_string(i) + "\"";
  const auto model =
      runtimes.fake(R"({"hearth_fake":1,"name":"large","vocabulary":[)" + words + "]}", Transport::kWorker);
  const auto start = std::chrono::steady_clock::now();
  const auto vocabulary = must(Vocabulary::read(*model));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  EXPECT_EQ(vocabulary->size(), kWords + 256U + 3U);
  EXPECT_EQ(vocabulary->piece(static_cast<Token>(vocabulary->size()) - 1), "w" + std::to_string(kWords - 1));
}

TEST(Vocabulary, tells_what_differs_between_two) {
  TestRuntimes runtimes;
  const auto of = [&](const std::string& rest) {
    return must(Vocabulary::read(*runtimes.fake(R"({"hearth_fake":1,"name":"m",)" + rest + "}")));
  };
  const auto base = of(R"("vocabulary":["aa","bb"])");
  EXPECT_EQ(difference(*base, *of(R"("name":"other","vocabulary":["aa","bb"])")), "");
  EXPECT_EQ(difference(*base, *of(R"("vocabulary":["aa","cc"])")), "token 260 is 'bb' in one and 'cc' in the other");
  EXPECT_EQ(difference(*base, *of(R"("vocabulary":["aa"])")), "one has 261 tokens, the other 260");
}

TEST(Vocabulary, of_a_real_model_is_whole) {
  TestRuntimes runtimes;
  if (!runtimes.has("llama")) GTEST_SKIP() << "the llama runtime was not built here";
  const auto model = runtimes.load("llama", TestRuntimes::starter());
  const auto vocabulary = must(Vocabulary::read(*model));
  EXPECT_EQ(vocabulary->size(), must(model->info()).n_vocab);
  EXPECT_FALSE(vocabulary->end_tokens().empty());
  const std::string text = "The quick brown fox \xE2\x9C\x93";
  auto back = vocabulary->text(must(model->tokenize(text, false, false)));
  if (back.size() == text.size() + 1 && back.front() == ' ') back.erase(0, 1);  // SentencePiece's leading blank
  EXPECT_EQ(back, text);
}

}  // namespace
}  // namespace hearth
