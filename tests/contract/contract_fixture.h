// The contract suite asks every runtime, over every transport, the same. A subject whose plugin or model is absent
// skips with its reason.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "plugin_host/registry.h"

namespace hearth::contract {

struct Subject {
  const char* name;  // in test names
  const char* runtime;
  const char* model;    // under the repository, or under shared_dir() when it starts with "shared/"
  const char* adapter;  // empty: none here
  Transport transport;
};

// The unit of test names.
void PrintTo(const Subject& subject, std::ostream* out);
[[nodiscard]] std::vector<Subject> subjects();
[[nodiscard]] std::string subject_name(const testing::TestParamInfo<Subject>& info);

// The value, or a failure of the test with the error's text.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(to_string(result.error()));
  return std::move(result).value();
}
inline void must(Status status) {
  if (!status) throw std::runtime_error(to_string(status.error()));
}

// The error of a result that must not succeed: one of `codes`, with a message.
template <class T>
Error must_fail(Result<T> result, const std::vector<ErrorCode>& codes) {
  if (result) {
    ADD_FAILURE() << "succeeded, but must fail";
    return {};
  }
  const Error error = std::move(result).error();
  EXPECT_NE(std::find(codes.begin(), codes.end(), error.code), codes.end())
      << error_code_info(error.code).name << ": " << to_string(error);
  EXPECT_FALSE(error.message.empty());
  return error;
}

using Row = std::vector<float>;

// The registry over this build's plugins and worker program.
[[nodiscard]] RegistryOptions registry_options();
// The absolute path of a subject's file; empty when there is none.
[[nodiscard]] std::string resolve(std::string_view file);
[[nodiscard]] std::string temporary_file(std::string_view name, std::string_view bytes);
[[nodiscard]] std::size_t largest(std::span<const float> row);
// One row after the other.
[[nodiscard]] std::vector<Row> copies(const RowsView& rows);
// Equal but for the rounding of another batch shape (sums in another order over f16 caches): each logit within `share`
// of the row's spread, the same largest one.
void expect_near(const Row& a, const Row& b, float share = 0.01F);

class Contract : public testing::TestWithParam<Subject> {
 protected:
  void SetUp() override;

  [[nodiscard]] LoadOptions load_options() const;
  [[nodiscard]] std::shared_ptr<TextModel> load() const;
  // 256 tokens, 4 sequences, one pool of cells.
  [[nodiscard]] static TextOptions text_options();
  [[nodiscard]] static std::unique_ptr<TextContext> new_context(const TextModel& model,
                                                                const TextOptions& options = text_options());
  // At least `n_min` tokens of a story.
  [[nodiscard]] static std::vector<Token> prompt(const TextModel& model, std::size_t n_min = 0);

  std::unique_ptr<RuntimeRegistry> registry_;
  std::shared_ptr<Runtime> runtime_;
  std::string model_path_;
};

// Tokens at positions from `p0` on; the last entry wants its output, or all do.
[[nodiscard]] std::vector<BatchEntry> batch_of(std::span<const Token> tokens, std::int32_t p0 = 0,
                                               std::int32_t sequence = 0, bool all = false);
// The logits after `tokens`.
[[nodiscard]] Row next_logits(TextContext& context, std::span<const Token> tokens, std::int32_t p0 = 0,
                              std::int32_t sequence = 0);
// `n` tokens, each the largest logit's.
[[nodiscard]] std::vector<Token> greedy(TextContext& context, std::vector<Token> tokens, std::size_t n);

}  // namespace hearth::contract
