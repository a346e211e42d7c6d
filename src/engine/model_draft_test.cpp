#include "engine/model_draft.h"

#include <numeric>

#include "engine/runtime_fixture.h"

namespace hearth {
namespace {

constexpr const char* kStory = R"({"hearth_fake":1,"name":"m","context_length":4096,"otherwise":{"rule":"words"},
  "vocabulary":["red","green","blue","white","black"],"latency":{"decode_us":0}})";

class Drafts : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<ModelDraft> made(const std::shared_ptr<TextModel>& model, std::uint32_t sequences = 2,
                                                 float min_probability = 0.4F) {
    TextOptions context;
    context.n_ctx = 1024;
    context.n_batch = 256;
    ModelDraftOptions options;
    options.sequences = sequences;
    options.min_probability = min_probability;
    return must(ModelDraft::create(model, *must(Vocabulary::read(*model)), context, options, clock_));
  }
  // The target itself, token by token.
  [[nodiscard]] static std::vector<Token> truth(const TextModel& model, std::vector<Token> tokens, std::size_t n) {
    TextOptions options;
    options.n_ctx = 1024;
    const auto context = must(model.new_context(options));
    std::vector<Token> said;
    std::int32_t position = 0;
    while (said.size() < n) {
      std::vector<BatchEntry> batch;
      for (const Token token : tokens) batch.push_back({token, position++, 0, false});
      batch.back().wants_output = true;
      const auto rows = must(context->decode(batch));
      said.push_back(static_cast<Token>(std::ranges::max_element(rows.row(0)) - rows.row(0).begin()));
      tokens = {said.back()};
    }
    return said;
  }
  // Speculates until `said` is said; returns the steps of the target that it took.
  static std::size_t speculate(ModelDraft& draft, SequenceId id, const std::vector<Token>& said) {
    std::size_t at = 0;
    std::size_t steps = 0;
    while (at < said.size()) {
      const auto guesses = must(draft.draft(std::vector<SequenceId>{id}, 8, {}));
      std::size_t right = 0;
      if (!guesses.empty()) {
        const auto& tokens = guesses.front().tokens;
        while (right < tokens.size() && at + right < said.size() && tokens[right] == said[at + right]) ++right;
        draft.report(id, right);
      }
      const auto n = std::min(right + 1, said.size() - at);
      draft.accept(id, std::span(said).subspan(at, n));
      at += n;
      ++steps;
    }
    return steps;
  }

  FakeClock clock_;  // stands still: what drafting costs is what the test says
  TestRuntimes runtimes_;
};

TEST_F(Drafts, of_the_model_itself_come_true) {
  const auto model = runtimes_.fake(kStory);
  const std::vector<Token> prompt = {0, 5, 9, 300 - 40};
  const auto said = truth(*model, prompt, 90);
  const auto draft = made(model);
  draft->begin(1, prompt);
  EXPECT_EQ(speculate(*draft, 1, said), 10U);  // eight guesses and one token of the target's own a step
  EXPECT_GT(draft->gain(1)->facts().acceptance(), 0.95);
  EXPECT_EQ(draft->gain(1)->facts().pauses, 0U);
}

TEST_F(Drafts, that_did_not_come_true_leave_nothing_behind) {
  const auto model = runtimes_.fake(kStory);
  const auto draft = made(model);
  std::vector<Token> told = {0, 5, 9};
  draft->begin(1, told);
  for (Token other = 10; other < 16; ++other) {
    ASSERT_FALSE(must(draft->draft(std::vector<SequenceId>{1}, 8, {})).empty());
    draft->report(1, 8);  // so that it is not switched off
    draft->accept(1, std::vector<Token>{other});
    told.push_back(other);
  }
  const auto guesses = must(draft->draft(std::vector<SequenceId>{1}, 8, {}));
  EXPECT_EQ(guesses.at(0).tokens, truth(*model, told, 8));
}

TEST_F(Drafts, for_several_are_made_together_and_apart) {
  const auto model = runtimes_.fake(kStory);
  const auto draft = made(model);
  const std::vector<Token> a = {0, 5, 9};
  std::vector<Token> b(600);  // longer than one pass takes
  std::iota(b.begin(), b.end(), 0);
  for (auto& token : b) token = 3 + token % 200;
  draft->begin(1, a);
  draft->begin(2, b);
  draft->begin(3, a);  // there is no sequence left for it
  const std::vector<SequenceId> all = {1, 2, 3};
  auto guesses = must(draft->draft(all, 8, {}));
  ASSERT_EQ(guesses.size(), 1U);
  EXPECT_EQ(guesses[0].id, 1U);
  EXPECT_EQ(guesses[0].tokens, truth(*model, a, 8));
  for (int passes = 0; passes < 4 && guesses.size() < 2; ++passes) guesses = must(draft->draft(all, 8, {}));
  ASSERT_EQ(guesses.size(), 2U);
  EXPECT_EQ(guesses[1].tokens, truth(*model, b, 8));
  draft->end(1);
  draft->begin(3, a);
  EXPECT_EQ(must(draft->draft(std::vector<SequenceId>{3}, 4, {})).at(0).tokens, truth(*model, a, 4));
}

TEST_F(Drafts, end_where_the_draft_model_is_not_sure) {
  const auto model = runtimes_.fake(kStory);  // its best token has about 0.98
  const auto draft = made(model, 1, 0.9999F);
  draft->begin(1, std::vector<Token>{0, 5});
  EXPECT_TRUE(must(draft->draft(std::vector<SequenceId>{1}, 8, {})).empty());
}

TEST_F(Drafts, that_lose_are_switched_off) {
  const auto model = runtimes_.fake(kStory);
  const auto draft = made(model);
  draft->begin(1, std::vector<Token>{0, 5});
  int drafts = 0;
  for (int step = 0; step < 40; ++step) {
    if (!must(draft->draft(std::vector<SequenceId>{1}, 8, {})).empty()) {
      ++drafts;
      draft->report(1, 0);
    }
    draft->accept(1, std::vector<Token>{7});
  }
  EXPECT_EQ(drafts, 8);
  EXPECT_EQ(draft->gain(1)->facts().pauses, 1U);
}

TEST_F(Drafts, need_the_same_vocabulary) {
  const auto target = must(Vocabulary::read(*runtimes_.fake(kStory)));
  const auto other = runtimes_.fake(R"({"hearth_fake":1,"name":"m","vocabulary":["red","gray"]})");
  const auto refused = ModelDraft::create(other, *target, {}, {}, clock_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(refused.error().message.find("'green' in one and 'gray' in the other"), std::string::npos)
      << refused.error().message;
  const auto recurrent = runtimes_.fake(R"({"hearth_fake":1,"name":"m","recurrent":true})");
  EXPECT_EQ(ModelDraft::create(recurrent, *target, {}, {}, clock_).error().code, ErrorCode::kUnsupported);
}

TEST_F(Drafts, of_a_real_model_for_itself_nearly_always_come_true) {
  if (!runtimes_.has("llama")) GTEST_SKIP() << "the llama runtime was not built here";
  const auto model = runtimes_.load("llama", TestRuntimes::starter());
  const auto prompt = must(model->tokenize("Once upon a time there was", true, false));
  const auto said = truth(*model, prompt, 60);
  const auto draft = made(model, 1, 0.05F);
  draft->begin(1, prompt);
  EXPECT_LT(speculate(*draft, 1, said), 20U);
  EXPECT_GT(draft->gain(1)->facts().acceptance(), 0.9);
}

}  // namespace
}  // namespace hearth
