#include "text/tokenizer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace hearth {
namespace {

using Json = nlohmann::json;
using Ids = std::vector<std::int32_t>;

// Lower-casing WordPiece with a handful of words. Equality with the reference is tests/tokenizers' subject.
Json bert() {
  return Json::parse(R"({
    "added_tokens": [{"id": 0, "content": "[PAD]", "special": true}, {"id": 2, "content": "[CLS]", "special": true},
                     {"id": 3, "content": "[SEP]", "special": true}],
    "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
                   "lowercase": true},
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
    "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
              "max_input_chars_per_word": 20,
              "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "un": 4, "##believ": 5, "##able": 6, "cafe": 7,
                        "!": 8, "\u4e2d": 9}}})");
}

Ids ids_of(std::string_view text, std::size_t most = 0) {
  const auto tokenizer = Tokenizer::parse(bert().dump());
  EXPECT_TRUE(tokenizer);
  const auto sequence = tokenizer->encode(text, most);
  EXPECT_TRUE(sequence);
  return sequence->ids;
}

void expect_refused(const Json& json, ErrorCode code, std::string_view says) {
  const auto tokenizer = Tokenizer::parse(json.dump());
  ASSERT_FALSE(tokenizer) << says;
  EXPECT_EQ(tokenizer.error().code, code);
  EXPECT_NE(tokenizer.error().message.find(says), std::string::npos) << tokenizer.error().message;
}

TEST(Tokenizer, cuts_a_word_into_its_longest_parts) { EXPECT_EQ(ids_of("Unbelievable!"), (Ids{2, 4, 5, 6, 8, 3})); }
TEST(Tokenizer, drops_accents_and_case) { EXPECT_EQ(ids_of("CAF\u00c9"), (Ids{2, 7, 3})); }
TEST(Tokenizer, sets_ideographs_apart) { EXPECT_EQ(ids_of("\u4e2d\u4e2d"), (Ids{2, 9, 9, 3})); }
TEST(Tokenizer, gives_one_unknown_token_for_a_word_it_cannot_cut) { EXPECT_EQ(ids_of("cafezz"), (Ids{2, 1, 3})); }
TEST(Tokenizer, finds_special_tokens_in_the_text) { EXPECT_EQ(ids_of("cafe[SEP]un"), (Ids{2, 7, 3, 4, 3})); }
TEST(Tokenizer, frames_an_empty_text) { EXPECT_EQ(ids_of(""), (Ids{2, 3})); }
TEST(Tokenizer, takes_bytes_that_are_no_text) { EXPECT_EQ(ids_of("cafe\xff\xfe"), (Ids{2, 7, 3})); }

TEST(Tokenizer, cuts_behind_and_tells_how_much) {
  const auto tokenizer = Tokenizer::parse(bert().dump());
  const auto sequence = tokenizer->encode("cafe un cafe un", 4);
  ASSERT_TRUE(sequence);
  EXPECT_EQ(sequence->ids, (Ids{2, 7, 4, 3}));
  EXPECT_EQ(sequence->cut_tokens, 2U);
}

TEST(Tokenizer, refuses_a_limit_that_special_tokens_alone_exceed) {
  const auto tokenizer = Tokenizer::parse(bert().dump());
  const auto sequence = tokenizer->encode("cafe", 1);
  ASSERT_FALSE(sequence);
  EXPECT_EQ(sequence.error().code, ErrorCode::kInvalidArgument);
}

TEST(Tokenizer, refuses_a_text_over_its_bound_and_takes_one_at_it) {
  const auto tokenizer = Tokenizer::parse(bert().dump());
  EXPECT_TRUE(tokenizer->encode(std::string(Tokenizer::kTextBytesMax, 'x'), 8));
  EXPECT_FALSE(tokenizer->encode(std::string(Tokenizer::kTextBytesMax + 1, 'x'), 8));
}

TEST(Tokenizer, tells_its_pad_token_and_its_size) {
  const auto tokenizer = Tokenizer::parse(bert().dump());
  EXPECT_EQ(tokenizer->pad_id(), 0);
  EXPECT_EQ(tokenizer->size(), 10U);
  EXPECT_EQ(tokenizer->id_of("[CLS]"), 2);
  EXPECT_EQ(tokenizer->id_of("nothing"), std::nullopt);
}

TEST(Tokenizer, names_what_it_does_not_know) {
  auto json = bert();
  json["normalizer"] = {{"type", "Nmt2"}};
  expect_refused(json, ErrorCode::kUnsupported, "Nmt2");
  json = bert();
  json["pre_tokenizer"] = {{"type", "UnicodeScripts"}};
  expect_refused(json, ErrorCode::kUnsupported, "UnicodeScripts");
  json = bert();
  json["model"]["type"] = "WordLevel";
  expect_refused(json, ErrorCode::kUnsupported, "WordLevel");
}

TEST(Tokenizer, refuses_what_is_no_tokenizer) {
  EXPECT_EQ(Tokenizer::parse("").error().code, ErrorCode::kInvalidData);
  EXPECT_EQ(Tokenizer::parse("{}").error().code, ErrorCode::kInvalidData);
  EXPECT_EQ(Tokenizer::parse(bert().dump().substr(0, 400)).error().code, ErrorCode::kInvalidData);
}

TEST(Tokenizer, refuses_vocabularies_that_lie) {
  auto json = bert();
  json["model"]["unk_token"] = "[WHAT]";
  expect_refused(json, ErrorCode::kInvalidData, "[WHAT]");
  json = bert();
  json["model"]["vocab"]["cafe"] = -7;
  expect_refused(json, ErrorCode::kInvalidData, "cafe");
  json = bert();
  json["added_tokens"][0]["id"] = std::uint64_t{1} << 40U;
  expect_refused(json, ErrorCode::kInvalidData, "added token");
}

TEST(Tokenizer, refuses_merges_outside_the_vocabulary) {
  auto json = bert();
  json["model"] = {{"type", "BPE"}, {"vocab", {{"a", 0}, {"b", 1}}}, {"merges", {"a b"}}};
  expect_refused(json, ErrorCode::kInvalidData, "merges 'a' and 'b'");
}

TEST(Tokenizer, refuses_patterns_that_do_not_parse_and_nesting_without_end) {
  auto json = bert();
  json["normalizer"] = {{"type", "Replace"}, {"pattern", {{"Regex", "(("}}}, {"content", ""}};
  expect_refused(json, ErrorCode::kInvalidData, "((");
  Json nested = {{"type", "NFC"}};
  for (int i = 0; i < 20; ++i) nested = {{"type", "Sequence"}, {"normalizers", {nested}}};
  json["normalizer"] = nested;
  expect_refused(json, ErrorCode::kInvalidData, "nested too deep");
}

TEST(Tokenizer, gives_up_on_a_text_that_is_too_hard_for_a_pattern) {
  auto json = bert();
  json["normalizer"] = {{"type", "Replace"}, {"pattern", {{"Regex", "(a+)+b"}}}, {"content", ""}};
  const auto tokenizer = Tokenizer::parse(json.dump());
  ASSERT_TRUE(tokenizer);
  const auto sequence = tokenizer->encode(std::string(60, 'a'), 0);
  ASSERT_FALSE(sequence);
  EXPECT_EQ(sequence.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace hearth
