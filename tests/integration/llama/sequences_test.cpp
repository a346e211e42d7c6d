// What can be done to sequences: batch, copy, trim, shift, save, restore; and what happens when it can't.
#include <chrono>
#include <thread>

#include "llama_fixture.h"

namespace hearth::test {
namespace {

class LlamaSequences : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto path = shared_model("llm/stories260K-f32.gguf");
    HEARTH_NEED_MODEL(path);
    model_ = load_text({.path = path.string()});
    prompt_ = *model_->tokenize("Once upon a time", true, false);
    other_ = *model_->tokenize("The cat was", true, false);
  }
  // What a context of its own makes of `prompt`.
  std::vector<Token> alone(const std::vector<Token>& prompt, int n) {
    return greedy(*make_context(*model_), prompt, n);
  }

  std::shared_ptr<TextModel> model_;
  std::vector<Token> prompt_;
  std::vector<Token> other_;
};

TEST_F(LlamaSequences, rows_of_one_batch_are_in_the_order_of_their_entries) {
  for (const auto unified : {Toggle::kOn, Toggle::kOff}) {
    const auto context = make_context(*model_, {.n_ctx = 1024, .n_seq_max = 2, .unified_kv = unified});
    auto batch = prompt_batch(other_, 1);
    const auto first = prompt_batch(prompt_, 0);
    batch.insert(batch.end(), first.begin(), first.end());
    const auto rows = context->decode(batch);
    ASSERT_TRUE(rows) << to_string(rows.error());
    ASSERT_EQ(rows->n_rows, 2U);
    EXPECT_EQ(rows->row_size, 512U);
    EXPECT_EQ(best_token(*rows, 0), alone(other_, 1).front());
    EXPECT_EQ(best_token(*rows, 1), alone(prompt_, 1).front());
  }
}

TEST_F(LlamaSequences, a_batch_that_wants_no_output_gives_no_rows) {
  const auto context = make_context(*model_);
  auto batch = prompt_batch(prompt_);
  batch.back().wants_output = false;
  const auto rows = context->decode(batch);
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->n_rows, 0U);
}

TEST_F(LlamaSequences, trim_then_decode_equals_never_having_gone_on) {
  const auto context = make_context(*model_);
  greedy(*context, prompt_, 20);
  const auto n = static_cast<std::int32_t>(prompt_.size());
  ASSERT_TRUE(context->trim(0, n - 1, -1));
  EXPECT_EQ(context->range(0)->last, n - 2);
  EXPECT_EQ(greedy(*context, {prompt_.back()}, 20, 0, n - 1), alone(prompt_, 20));
  ASSERT_TRUE(context->trim(0, -1, -1));
  EXPECT_TRUE(context->range(0)->empty());
}

TEST_F(LlamaSequences, copy_continues_as_its_source_whole_and_in_part) {
  for (const auto unified : {Toggle::kOn, Toggle::kOff}) {
    const auto context = make_context(*model_, {.n_ctx = 1024, .n_seq_max = 3, .unified_kv = unified});
    const auto n = static_cast<std::int32_t>(prompt_.size());
    ASSERT_TRUE(context->decode(prompt_batch(prompt_)));
    greedy(*context, other_, 3, 1);  // what was there goes
    ASSERT_TRUE(context->copy(0, 1, -1, -1));
    EXPECT_EQ(context->range(1)->last, n - 1);
    ASSERT_TRUE(context->copy(0, 2, 0, n - 1));
    EXPECT_EQ(context->range(2)->last, n - 2);
    EXPECT_EQ(greedy(*context, {prompt_.back()}, 12, 2, n - 1), alone(prompt_, 12));
    ASSERT_TRUE(context->trim(1, n - 1, -1));
    EXPECT_EQ(greedy(*context, {prompt_.back()}, 12, 1, n - 1), alone(prompt_, 12));
  }
}

TEST_F(LlamaSequences, shift_moves_positions_and_keeps_what_was_said_last) {
  const auto context = make_context(*model_);
  greedy(*context, prompt_, 30);
  const auto before = *context->range(0);
  ASSERT_TRUE(context->trim(0, 1, 11));
  ASSERT_TRUE(context->shift(0, 11, -1, -10));
  const auto after = *context->range(0);
  EXPECT_EQ(after.first, 0);
  EXPECT_EQ(after.last, before.last - 10);
  EXPECT_TRUE(context->decode(std::vector<BatchEntry>{{prompt_[1], after.last + 1, 0, true}}));
}

TEST_F(LlamaSequences, restored_sequence_goes_on_as_the_saved_one) {
  const auto context = make_context(*model_);
  const auto n = static_cast<std::int32_t>(prompt_.size());
  ASSERT_TRUE(context->decode(prompt_batch({prompt_.begin(), prompt_.end() - 1})));
  std::string saved;
  const auto write = [&saved](std::span<const std::byte> bytes) {
    saved.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return true;
  };
  ASSERT_TRUE(context->save(0, write));

  const auto fresh = make_context(*model_, {.n_ctx = 512, .n_seq_max = 2});
  const auto restore = [&fresh](std::string_view bytes, std::int32_t sequence) {
    return fresh->restore(sequence, [bytes](std::span<std::byte> out) mutable {
      const auto size = std::min<std::size_t>({out.size(), bytes.size(), 1000});
      std::copy_n(bytes.data(), size, reinterpret_cast<char*>(out.data()));
      bytes.remove_prefix(size);
      return size;
    });
  };
  ASSERT_TRUE(restore(saved, 1));
  EXPECT_EQ(fresh->range(1)->last, n - 2);
  EXPECT_EQ(greedy(*fresh, {prompt_.back()}, 20, 1, n - 1), alone(prompt_, 20));

  for (std::size_t cut = 0; cut < saved.size(); cut += saved.size() / 16 + 1) {
    const auto truncated = restore(std::string_view(saved).substr(0, cut), 1);
    ASSERT_FALSE(truncated) << cut;
    EXPECT_EQ(truncated.error().code, ErrorCode::kInvalidData);
    EXPECT_TRUE(fresh->range(1)->empty());
    auto damaged = saved;
    damaged[cut] = static_cast<char>(damaged[cut] ^ 0x40);
    const auto refused = restore(damaged, 1);
    ASSERT_FALSE(refused) << cut;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidData);
    EXPECT_TRUE(fresh->range(1)->empty());
  }
  EXPECT_EQ(greedy(*fresh, prompt_, 5, 0), alone(prompt_, 5));
}

TEST_F(LlamaSequences, saving_stops_when_the_receiver_wants_no_more) {
  const auto context = make_context(*model_);
  ASSERT_TRUE(context->decode(prompt_batch(prompt_)));
  const auto status = context->save(0, [](std::span<const std::byte>) { return false; });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kCancelled);
}

TEST_F(LlamaSequences, full_context_is_out_of_memory_and_leaves_the_cells_as_they_were) {
  const auto context = make_context(*model_, {.n_ctx = 256});
  const auto tokens = greedy(*context, prompt_, 250 - static_cast<int>(prompt_.size()));
  const auto held = *context->range(0);
  const auto failed = context->decode(prompt_batch(std::vector<Token>(20, prompt_[1]), 0, held.last + 1));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kOutOfMemory);
  EXPECT_EQ(context->range(0)->last, held.last);
  EXPECT_TRUE(context->decode(std::vector<BatchEntry>{{tokens.back(), held.last + 1, 0, true}}));
}

TEST_F(LlamaSequences, a_gap_in_positions_is_refused_in_words) {
  const auto context = make_context(*model_);
  ASSERT_TRUE(context->decode(prompt_batch(prompt_)));
  const auto refused = context->decode(std::vector<BatchEntry>{{prompt_[1], 100, 0, true}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(refused.error().message.find("inconsistent sequence positions"), std::string::npos)
      << to_string(refused.error());
}

TEST_F(LlamaSequences, a_cancelled_or_late_decode_ends_by_name_and_the_context_lives_on) {
  const auto context = make_context(*model_, {.n_ctx = 512, .n_ubatch = 32});
  std::vector<Token> many(400, prompt_[1]);
  CancelToken cancel;
  std::jthread asker([&cancel] {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    cancel.request();
  });
  auto stopped = context->decode(prompt_batch(many), {.cancel = &cancel});
  for (int i = 0; i < 50 && stopped; ++i) {  // a machine that is fast enough ends first; then it is stopped at once
    ASSERT_TRUE(context->trim(0, -1, -1));
    stopped = context->decode(prompt_batch(many), {.cancel = &cancel});
  }
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  ASSERT_TRUE(context->trim(0, -1, -1));
  const auto late = context->decode(prompt_batch(many),
                                    {.deadline = std::chrono::steady_clock::now() + std::chrono::microseconds(300)});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kDeadlineExceeded);
  ASSERT_TRUE(context->trim(0, -1, -1));
  EXPECT_EQ(greedy(*context, prompt_, 10), alone(prompt_, 10));
}

TEST_F(LlamaSequences, contexts_of_one_model_decode_in_threads_of_their_own) {
  const auto expected = alone(prompt_, 60);
  const auto expected_other = alone(other_, 60);
  std::vector<Token> got;
  std::vector<Token> got_other;
  {
    std::jthread one([&] { got = greedy(*make_context(*model_), prompt_, 60); });
    std::jthread two([&] { got_other = greedy(*make_context(*model_), other_, 60); });
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(model_->model()->memory_now());
  }
  EXPECT_EQ(got, expected);
  EXPECT_EQ(got_other, expected_other);
}

TEST_F(LlamaSequences, a_thread_budget_changes_no_token) {
  const auto context = make_context(*model_);
  std::vector<Token> got;
  auto batch = prompt_batch(prompt_);
  for (int i = 0; i < 10; ++i) {
    const auto rows = context->decode(batch, {.n_threads = 1});
    ASSERT_TRUE(rows);
    got.push_back(best_token(*rows));
    batch = {{got.back(), static_cast<std::int32_t>(prompt_.size()) + i, 0, true}};
  }
  EXPECT_EQ(got, alone(prompt_, 10));
}

}  // namespace
}  // namespace hearth::test
