// Sequences: copy, trim, shift, range, save and restore; adapters.
#include <algorithm>
#include <cstring>
#include <string>

#include "contract_fixture.h"

namespace hearth::contract {
namespace {

class SequenceContract : public Contract {
 protected:
  [[nodiscard]] static std::string save(const TextContext& context, std::int32_t sequence) {
    std::string state;
    must(context.save(sequence, [&](std::span<const std::byte> bytes) {
      state.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      return true;
    }));
    return state;
  }
  [[nodiscard]] static Status restore(TextContext& context, std::int32_t sequence, std::string_view state) {
    return context.restore(sequence, [state](std::span<std::byte> bytes) mutable {
      const auto n = std::min(bytes.size(), state.size());
      if (n != 0) std::memcpy(bytes.data(), state.data(), n);
      state.remove_prefix(n);
      return n;
    });
  }
};
INSTANTIATE_TEST_SUITE_P(All, SequenceContract, testing::ValuesIn(subjects()), subject_name);

TEST_P(SequenceContract, range_tells_what_is_held) {
  const auto model = load();
  const auto tokens = prompt(*model, 8);
  const auto context = new_context(*model);
  for (std::int32_t sequence = 0; sequence < 4; ++sequence) EXPECT_TRUE(must(context->range(sequence)).empty());
  (void)next_logits(*context, std::span(tokens).first(8), 0, 2);
  EXPECT_EQ(must(context->range(2)).first, 0);
  EXPECT_EQ(must(context->range(2)).last, 7);
  EXPECT_TRUE(must(context->range(0)).empty());
}

TEST_P(SequenceContract, a_copy_goes_on_as_its_original) {
  const auto model = load();
  const auto tokens = prompt(*model, 10);
  const auto context = new_context(*model);
  (void)next_logits(*context, std::span(tokens).first(8));
  must(context->copy(0, 3, -1, -1));
  EXPECT_EQ(must(context->range(3)).last, 7);
  const auto next = std::span(tokens).subspan(8, 2);
  const auto original = next_logits(*context, next, 8);
  expect_near(next_logits(*context, next, 8, 3), original);
  must(context->trim(0, -1, -1));
  EXPECT_EQ(must(context->range(3)).last, 9);
}

TEST_P(SequenceContract, a_copied_prefix_serves_another_ending) {
  const auto model = load();
  const auto tokens = prompt(*model, 12);
  const auto context = new_context(*model);
  (void)next_logits(*context, std::span(tokens).first(8));
  must(context->copy(0, 1, 0, 5));
  EXPECT_EQ(must(context->range(1)).last, 4);
  const auto ending = std::span(tokens).subspan(9, 3);
  const auto fresh = new_context(*model);
  (void)next_logits(*fresh, std::span(tokens).first(5));
  expect_near(next_logits(*context, ending, 5, 1), next_logits(*fresh, ending, 5));
}

TEST_P(SequenceContract, a_trimmed_tail_is_forgotten) {
  const auto model = load();
  const auto tokens = prompt(*model, 12);
  const auto context = new_context(*model);
  (void)next_logits(*context, tokens);
  must(context->trim(0, 4, -1));
  EXPECT_EQ(must(context->range(0)).last, 3);
  const auto ending = std::span(tokens).subspan(8, 3);
  const auto fresh = new_context(*model);
  (void)next_logits(*fresh, std::span(tokens).first(4));
  expect_near(next_logits(*context, ending, 4), next_logits(*fresh, ending, 4));
}

TEST_P(SequenceContract, every_sequence_is_trimmed_at_once) {
  const auto model = load();
  const auto tokens = prompt(*model, 4);
  const auto context = new_context(*model);
  for (std::int32_t sequence = 0; sequence < 4; ++sequence) (void)next_logits(*context, tokens, 0, sequence);
  must(context->trim(-1, -1, -1));
  for (std::int32_t sequence = 0; sequence < 4; ++sequence) EXPECT_TRUE(must(context->range(sequence)).empty());
}

TEST_P(SequenceContract, a_shift_closes_the_gap_of_a_trimmed_front) {
  const auto model = load();
  const auto tokens = prompt(*model, 16);
  const auto context = new_context(*model);
  (void)next_logits(*context, std::span(tokens).first(12));
  must(context->trim(0, 0, 4));
  EXPECT_EQ(must(context->range(0)).first, 4);
  must(context->shift(0, 4, -1, -4));
  EXPECT_EQ(must(context->range(0)).first, 0);
  EXPECT_EQ(must(context->range(0)).last, 7);
  EXPECT_EQ(next_logits(*context, std::span(tokens).subspan(12, 1), 8).size(), must(model->info()).n_vocab);
}

TEST_P(SequenceContract, numbers_of_sequences_that_are_not_there_are_refused) {
  const auto model = load();
  const auto context = new_context(*model);
  for (const std::int32_t sequence : {-1, 4, 1 << 30}) {
    must_fail(context->range(sequence), {ErrorCode::kInvalidArgument});
    must_fail(context->copy(0, sequence, -1, -1), {ErrorCode::kInvalidArgument});
    must_fail(context->copy(sequence, 0, -1, -1), {ErrorCode::kInvalidArgument});
    must_fail(context->shift(sequence, -1, -1, 1), {ErrorCode::kInvalidArgument});
    must_fail(context->save(sequence, [](auto) { return true; }), {ErrorCode::kInvalidArgument});
    must_fail(restore(*context, sequence, "x"), {ErrorCode::kInvalidArgument});
  }
  must_fail(context->trim(4, -1, -1), {ErrorCode::kInvalidArgument});
}

TEST_P(SequenceContract, a_saved_sequence_goes_on_in_another_context) {
  const auto model = load();
  const auto tokens = prompt(*model, 16);
  const auto context = new_context(*model);
  (void)next_logits(*context, std::span(tokens).first(12));
  const auto state = save(*context, 0);
  const auto next = std::span(tokens).subspan(12, 2);
  const auto expected = next_logits(*context, next, 12);
  const auto other = new_context(*model);
  must(restore(*other, 2, state));
  EXPECT_EQ(must(other->range(2)).first, 0);
  EXPECT_EQ(must(other->range(2)).last, 11);
  expect_near(next_logits(*other, next, 12, 2), expected, 1e-5F);
  must(restore(*other, 2, state));  // replaces what is there
  EXPECT_EQ(must(other->range(2)).last, 11);
}

TEST_P(SequenceContract, a_damaged_state_is_refused_and_leaves_the_sequence_empty) {
  const auto model = load();
  const auto tokens = prompt(*model, 12);
  const auto context = new_context(*model);
  (void)next_logits(*context, tokens);
  const auto state = save(*context, 0);
  const auto other = new_context(*model);
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{7}, state.size() / 2, state.size() - 1}) {
    SCOPED_TRACE(n);
    must_fail(restore(*other, 1, std::string_view(state).substr(0, n)), {ErrorCode::kInvalidData});
    EXPECT_TRUE(must(other->range(1)).empty());
  }
  must_fail(restore(*other, 1, std::string(state.size(), '\x5a')), {ErrorCode::kInvalidData});
  EXPECT_TRUE(must(other->range(1)).empty());
  must(restore(*other, 1, state));
}

TEST_P(SequenceContract, saving_stops_when_the_receiver_wants_no_more) {
  const auto model = load();
  const auto context = new_context(*model);
  (void)next_logits(*context, prompt(*model, 12));
  must_fail(context->save(0, [](auto) { return false; }), {ErrorCode::kCancelled});
  EXPECT_EQ(must(context->range(0)).first, 0);
}

TEST_P(SequenceContract, an_adapter_changes_the_logits_and_goes_without_a_trace) {
  const auto path = resolve(GetParam().adapter);
  if (*GetParam().adapter == '\0') GTEST_SKIP() << "no adapter for this model on this machine";
  const auto model = load();
  const auto tokens = prompt(*model);
  const auto context = new_context(*model);
  const auto plain = next_logits(*context, tokens);
  const auto adapter = must(model->load_adapter(path));
  EXPECT_GT(must(model->model()->memory_now()).component_bytes(memory_component::kAdapter), 0U);
  must(context->set_adapters({{adapter, 1.0F}}));
  must(context->trim(0, -1, -1));
  EXPECT_NE(next_logits(*context, tokens), plain);
  must(context->set_adapters({}));
  must(context->trim(0, -1, -1));
  EXPECT_EQ(next_logits(*context, tokens), plain);
}

TEST_P(SequenceContract, what_is_no_adapter_is_refused) {
  const auto model = load();
  must_fail(model->load_adapter(""), {ErrorCode::kInvalidArgument, ErrorCode::kNotFound});
  must_fail(model->load_adapter("no/such/adapter.gguf"), {ErrorCode::kNotFound});
  must_fail(model->load_adapter(temporary_file("garbage.adapter", std::string(3000, 'z'))), {ErrorCode::kInvalidData});
  must_fail(model->load_adapter(model_path_),
            {ErrorCode::kInvalidData, ErrorCode::kInvalidArgument, ErrorCode::kUnsupported});
  must(new_context(*model)->set_adapters({}));
}

}  // namespace
}  // namespace hearth::contract
