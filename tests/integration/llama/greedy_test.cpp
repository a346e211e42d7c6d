// The plugin gives llama.cpp's own answers: tokens of real models, ids of real tokenizers.
#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "llama_fixture.h"
#include "support/paths.h"

namespace hearth::test {
namespace {

constexpr const char* kPrompt = "Once upon a time";
constexpr int kTokens = 200;

std::vector<Token> reference_tokens(const std::filesystem::path& model) {
  const std::string command = std::string("'" HEARTH_LLAMA_REFERENCE "' '" HEARTH_LLAMA_BACKENDS "' '") +
                              model.string() + "' '" + kPrompt + "' " + std::to_string(kTokens);
  FILE* pipe = popen(command.c_str(), "r");
  std::string text;
  std::array<char, 4096> buffer{};
  while (const auto n = std::fread(buffer.data(), 1, buffer.size(), pipe)) text.append(buffer.data(), n);
  EXPECT_EQ(pclose(pipe), 0) << command;
  std::istringstream words(text);
  return {std::istream_iterator<Token>(words), {}};
}

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (auto end = text.find(separator); end != std::string::npos; end = text.find(separator, begin)) {
    parts.push_back(text.substr(begin, end - begin));
    begin = end + separator.size();
  }
  parts.push_back(text.substr(begin));
  return parts;
}

TEST(Llama, greedy_tokens_equal_llama_cpps_own_for_every_shared_model) {
  const auto models = shared_models("llm", ".gguf");
  if (models.empty()) GTEST_SKIP() << "no models in " << test::shared_dir();
  for (const auto& path : models) {
    SCOPED_TRACE(path.string());
    const auto expected = reference_tokens(path);
    ASSERT_EQ(expected.size(), kTokens);
    const auto model = load_text({.path = path.string()});
    const auto prompt = model->tokenize(kPrompt, true, false);
    ASSERT_TRUE(prompt) << to_string(prompt.error());
    const auto context = make_context(*model);
    EXPECT_EQ(greedy(*context, *prompt, kTokens), expected);
  }
}

TEST(Llama, tokenizer_gives_the_expected_ids_of_every_shared_vocabulary) {
  const auto vocabularies = shared_models("tokenizers", ".gguf");
  if (vocabularies.empty()) GTEST_SKIP() << "no tokenizers in " << test::shared_dir();
  for (const auto& path : vocabularies) {
    SCOPED_TRACE(path.string());
    const auto model = load_text({.path = path.string(), .extra_json = R"({"vocab_only":true})"});
    const auto texts = split(read_bytes(path.string() + ".inp"), "\n__ggml_vocab_test__\n");
    std::ifstream expected(path.string() + ".out");
    for (const auto& text : texts) {
      std::string line;
      if (!std::getline(expected, line)) break;  // the file of ids has no line for what follows the last separator
      std::istringstream words(line);
      const auto tokens = model->tokenize(text, false, false);
      ASSERT_TRUE(tokens);
      EXPECT_EQ(*tokens, (std::vector<Token>(std::istream_iterator<Token>(words), {}))) << "text: " << text;
    }
    EXPECT_GT(texts.size(), 40U);
    const auto no_context = model->new_context({.n_ctx = 256});
    ASSERT_FALSE(no_context);
    EXPECT_EQ(no_context.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(Llama, token_bytes_join_to_the_text_and_control_tokens_are_marked) {
  const auto path = shared_model("llm/stories260K-f32.gguf");
  HEARTH_NEED_MODEL(path);
  const auto model = load_text({.path = path.string()});
  const std::string text = "a little girl, named \xE2\x98\x83 Lily";  // the snowman is not in the vocabulary: bytes
  const auto tokens = model->tokenize(text, true, false);
  ASSERT_TRUE(tokens);
  const auto info = *model->info();
  EXPECT_EQ(tokens->front(), info.bos);
  std::string joined;
  std::uint32_t seen = 0;
  for (const auto token : *tokens) {
    joined += *model->token_bytes(token);
    seen |= *model->token_attributes(token);
  }
  EXPECT_EQ(joined, " " + text);
  EXPECT_TRUE(seen & HEARTH_TOKEN_BYTE);
  EXPECT_TRUE(*model->token_attributes(info.bos) & HEARTH_TOKEN_CONTROL);
  EXPECT_TRUE(*model->token_attributes(info.eos) & HEARTH_TOKEN_END);
  EXPECT_EQ(*model->token_bytes(info.bos), "");
  EXPECT_EQ(*model->token_bytes(info.bos, true), "<s>");
}

TEST(Llama, info_and_metadata_tell_what_the_file_says) {
  const auto path = shared_model("llm/stories260K-f32.gguf");
  HEARTH_NEED_MODEL(path);
  const auto model = load_text({.path = path.string()});
  const auto info = *model->info();
  EXPECT_EQ(info.n_vocab, 512U);
  EXPECT_EQ(info.n_embd, 64U);
  EXPECT_FALSE(info.is_recurrent);
  EXPECT_EQ(*model->metadata("general.architecture"), "llama");
  const auto absent = model->metadata("no.such.key");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace hearth::test
