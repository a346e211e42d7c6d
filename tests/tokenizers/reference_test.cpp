// Ids against those of the Python package `tokenizers` (make_fixtures.py), for 15 languages, three lengths and odd
// texts.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "support/paths.h"
#include "text/tokenizer.h"

namespace hearth {
namespace {

using Json = nlohmann::json;

std::string contents(const std::string& name) {
  std::ifstream file(test::source_dir() / "tests/tokenizers/data" / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const Json& expected() {
  static const Json kDocument = Json::parse(contents("expected.json"));
  return kDocument;
}

// "<n>:<hash>". Source: FNV-1a, 64 bit (draft-eastlake-fnv), over the ids as little-endian int32.
std::string digest(const std::vector<std::int32_t>& ids) {
  std::uint64_t value = 0xCBF29CE484222325;
  for (const auto id : ids)
    for (unsigned shift = 0; shift < 32; shift += 8)
      value = (value ^ (static_cast<std::uint32_t>(id) >> shift & 0xFFU)) * 0x100000001B3;
  return fmt::format("{}:{:016x}", ids.size(), value);
}

std::vector<std::string> joined(std::size_t n) {
  const auto& lines = expected().at("texts");
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string text = lines[i];
    for (std::size_t k = 1; k < n; ++k) text += " " + lines[(i + k) % lines.size()].get<std::string>();
    texts.push_back(std::move(text));
  }
  return texts;
}

class TokenizerReference : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto parsed = Tokenizer::parse(contents(GetParam() + ".json"));
    ASSERT_TRUE(parsed) << parsed.error().message;
    tokenizer_.emplace(std::move(*parsed));
  }
  void expect_same(const std::vector<std::string>& texts, const Json& wanted, std::size_t most) {
    ASSERT_EQ(texts.size(), wanted.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto got = tokenizer_->encode(texts[i], most);
      ASSERT_TRUE(got) << got.error().message;
      EXPECT_EQ(digest(got->ids), wanted[i].get<std::string>()) << texts[i];
    }
  }
  const Json& wanted(const char* part) { return expected().at("tokenizers").at(GetParam()).at(part); }
  std::optional<Tokenizer> tokenizer_;
};

TEST_P(TokenizerReference, gives_the_same_ids_for_texts_of_three_lengths_in_fifteen_languages) {
  for (const auto& [name, n] : expected().at("joined").items()) {
    SCOPED_TRACE(name);
    expect_same(joined(n), wanted(name.c_str()), 0);
  }
}

TEST_P(TokenizerReference, gives_the_same_ids_for_odd_texts) {
  expect_same(expected().at("odd").get<std::vector<std::string>>(), wanted("odd"), 0);
}

TEST_P(TokenizerReference, cuts_long_texts_alike) {
  expect_same(joined(expected().at("joined").at("long")), wanted("cut"), expected().at("cut_tokens"));
}

TEST_P(TokenizerReference, cuts_pairs_and_types_their_tokens_alike) {
  const auto odd = expected().at("odd").get<std::vector<std::string>>();
  for (std::size_t i = 0; i < odd.size(); ++i) {
    const auto got = tokenizer_->encode_pair(odd[i], odd[(i + 1) % odd.size()], expected().at("pair_tokens"));
    ASSERT_TRUE(got) << got.error().message;
    auto both = got->ids;
    both.insert(both.end(), got->type_ids.begin(), got->type_ids.end());
    EXPECT_EQ(digest(both), wanted("pairs")[i].get<std::string>()) << i;
  }
}

TEST_P(TokenizerReference, takes_a_megabyte) {
  std::string text;
  while (text.size() < std::size_t{1} << 20U)
    for (const auto& line : joined(1)) text += line + " ";
  const auto got = tokenizer_->encode(text, 0);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_GT(got->ids.size(), 100'000U);
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& [name, digests] : expected().at("tokenizers").items()) all.push_back(name);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Kinds, TokenizerReference, testing::ValuesIn(names()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace hearth
