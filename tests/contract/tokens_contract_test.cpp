// Tokenizers: round trips, control tokens, facts.
#include <algorithm>

#include "contract_fixture.h"

namespace hearth::contract {
namespace {

class TokensContract : public Contract {
 protected:
  [[nodiscard]] static std::string text_of(const TextModel& model, const std::vector<Token>& tokens,
                                           bool special = false) {
    std::string text;
    for (const auto token : tokens) text += must(model.token_bytes(token, special));
    return text;
  }
};
INSTANTIATE_TEST_SUITE_P(All, TokensContract, testing::ValuesIn(subjects()), subject_name);

TEST_P(TokensContract, text_comes_back_as_it_was) {
  const auto model = load();
  const std::string texts[] = {"Once upon a time",
                               " leading and trailing ",
                               "Gr\xC3\xBC\xC3\x9F"
                               "e, \xE4\xB8\x96\xE7\x95\x8C \xF0\x9F\x8C\x8D",
                               std::string("a\0b\0", 4),
                               "line\nline\r\n\ttab",
                               std::string(2000, 'x')};
  for (const auto& text : texts) {
    SCOPED_TRACE(text);
    auto back = text_of(*model, must(model->tokenize(text, false, false)));
    // SentencePiece puts a blank before the first word, by its design.
    if (back.size() == text.size() + 1 && back.front() == ' ') back.erase(0, 1);
    EXPECT_EQ(back, text);
  }
}

TEST_P(TokensContract, an_empty_text_has_no_tokens) {
  const auto model = load();
  EXPECT_TRUE(must(model->tokenize("", false, false)).empty());
  EXPECT_TRUE(must(model->tokenize("", false, true)).empty());
  EXPECT_LE(must(model->tokenize("", true, false)).size(), 2U);
}

TEST_P(TokensContract, bytes_that_are_no_utf8_do_no_harm) {
  const auto model = load();
  for (const char* text : {"\xFF\xFE", "\xE4\xB8", "ok \xC3"})
    EXPECT_FALSE(must(model->tokenize(text, false, false)).empty());
}

TEST_P(TokensContract, the_tokenizer_puts_bos_first_where_it_says_so) {
  const auto model = load();
  const auto info = must(model->info());
  const auto plain = must(model->tokenize("Once", false, false));
  const auto special = must(model->tokenize("Once", true, false));
  EXPECT_EQ(special.size(), plain.size() + (info.add_bos ? 1 : 0) + (info.add_eos ? 1 : 0));
  EXPECT_TRUE(!info.add_bos || special.front() == info.bos);
}

TEST_P(TokensContract, control_tokens_are_read_only_when_asked_for) {
  const auto model = load();
  const auto end = must(model->info()).eos;
  ASSERT_NE(end, HEARTH_TOKEN_NONE);
  const auto spelled = must(model->token_bytes(end, true));
  ASSERT_FALSE(spelled.empty());
  EXPECT_EQ(must(model->token_bytes(end, false)), "");
  const auto parsed = must(model->tokenize(spelled, false, true));
  const auto as_text = must(model->tokenize(spelled, false, false));
  EXPECT_NE(std::ranges::find(parsed, end), parsed.end());
  EXPECT_EQ(std::ranges::find(as_text, end), as_text.end());
}

TEST_P(TokensContract, attributes_tell_the_end) {
  const auto model = load();
  const auto info = must(model->info());
  EXPECT_NE(must(model->token_attributes(info.eos)) & HEARTH_TOKEN_END, 0U);
  const auto word = must(model->tokenize("Once", false, false)).back();
  EXPECT_EQ(must(model->token_attributes(word)) & (HEARTH_TOKEN_END | HEARTH_TOKEN_CONTROL), 0U);
}

TEST_P(TokensContract, tokens_outside_the_vocabulary_are_refused) {
  const auto model = load();
  const auto n_vocab = static_cast<Token>(must(model->info()).n_vocab);
  for (const Token token : {Token{-1}, n_vocab, Token{0x7FFFFFFF}}) {
    must_fail(model->token_bytes(token), {ErrorCode::kInvalidArgument});
    must_fail(model->token_attributes(token), {ErrorCode::kInvalidArgument});
  }
}

TEST_P(TokensContract, the_table_says_what_single_calls_say) {
  const auto model = load();
  const auto n_vocab = must(model->info()).n_vocab;
  std::vector<TokenRow> rows;
  std::vector<std::pair<std::string, std::string>> texts;
  must(model->token_table([&](const TokenRow& row) {
    rows.push_back(row);
    texts.emplace_back(row.bytes, row.written);
  }));
  ASSERT_EQ(rows.size(), n_vocab);
  for (std::uint32_t i = 0; i < n_vocab; i += i < 300 ? 1 : 97) {
    const auto token = static_cast<Token>(i);
    ASSERT_EQ(rows[i].token, token);
    EXPECT_EQ(rows[i].attributes, must(model->token_attributes(token)));
    EXPECT_EQ(texts[i].first, must(model->token_bytes(token, false)));
    EXPECT_EQ(texts[i].second, must(model->token_bytes(token, true)));
  }
}

TEST_P(TokensContract, facts_are_there) {
  const auto model = load();
  const auto info = must(model->info());
  EXPECT_GT(info.n_vocab, 256U);
  EXPECT_GT(info.n_ctx_train, 0U);
  EXPECT_GT(info.n_embd, 0U);
  EXPECT_GT(info.n_layer, 0U);
  EXPECT_GT(info.n_params, 0U);
  EXPECT_GT(info.n_bytes, 0U);
  EXPECT_FALSE(must(model->metadata("general.architecture")).empty());
  must_fail(model->metadata("no.such.key"), {ErrorCode::kNotFound});
  must_fail(model->metadata(""), {ErrorCode::kNotFound, ErrorCode::kInvalidArgument});
}

}  // namespace
}  // namespace hearth::contract
