#include "router/features.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "router/code_structure.h"

namespace hearth {
namespace {

RouteFeatures of(std::string_view text) {
  RouteRequest request;
  request.text = text;
  return read_features(request);
}

std::string repeated(std::string_view part, std::size_t n) {
  std::string out;
  out.reserve(part.size() * n);
  for (std::size_t i = 0; i < n; ++i) out += part;
  return out;
}

struct Counted {
  const char* text;
  std::uint16_t fences, questions, sentences, urls, lines;
};
class CountsTest : public testing::TestWithParam<Counted> {};

TEST_P(CountsTest, are_read_from_the_text) {
  const auto& want = GetParam();
  const auto f = of(want.text);
  EXPECT_EQ(f.n_fences, want.fences) << want.text;
  EXPECT_EQ(f.n_questions, want.questions) << want.text;
  EXPECT_EQ(f.n_sentences, want.sentences) << want.text;
  EXPECT_EQ(f.n_urls, want.urls) << want.text;
  EXPECT_EQ(f.n_lines, want.lines) << want.text;
}

INSTANTIATE_TEST_SUITE_P(Texts, CountsTest,
                         testing::Values(Counted{"", 0, 0, 0, 0, 0}, Counted{"  \n ", 0, 0, 0, 0, 1},
                                         Counted{"hello", 0, 0, 1, 0, 1}, Counted{"Really? Yes. Good!", 0, 1, 3, 0, 1},
                                         Counted{"本当ですか？はい。", 0, 1, 2, 0, 1}, Counted{"لماذا؟", 0, 1, 1, 0, 1},
                                         Counted{"see https://a.example/b and www.c.example", 0, 0, 1, 2, 1},
                                         Counted{"```\ncode\n```", 2, 0, 1, 0, 3},
                                         Counted{"3.5 is a number", 0, 0, 1, 0, 1}));

struct Scored {
  const char* text;
  bool is_code;
};
class CodeTest : public testing::TestWithParam<Scored> {};

TEST_P(CodeTest, is_told_by_structure) {
  const auto f = of(GetParam().text);
  if (GetParam().is_code) {
    EXPECT_GT(f.code_score, 0.25F) << GetParam().text;
  } else {
    EXPECT_LT(f.code_score, 0.15F) << GetParam().text;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Texts, CodeTest,
    testing::Values(Scored{"for (int i = 0; i < n; ++i) {\n  total += price[i];\n}\n", true},
                    Scored{"def area(w, h):\n    return w * h\n\nprint(area(3, 4))\n", true},
                    Scored{"let total = items.map(x => x.price).filter(x => x != null);\n", true},
                    Scored{"std::vector<int> v; v.push_back(1); use(v[0]); w->run();", true},
                    Scored{"<div class=\"a\"><p>one</p><p>two</p></div>", true},
                    Scored{"Write a story about a function of class for if else return", false},
                    Scored{"What is a for loop, and why would anybody use one?", false},
                    Scored{"Dear Ms Li, thank you (again) for the invitation; we will be there at 7.", false},
                    Scored{"Import the class, then return while the public is void.", false},
                    Scored{"see https://example.org/a/b for more", false}));

TEST(Features, json_is_told_by_keys_and_braces) {
  EXPECT_GT(of("{\"name\": \"Ada\", \"age\": 36}").json_score, 0.6F);
  EXPECT_LT(of("He said: \"no\" {sic}").json_score, 0.1F);
}

TEST(Features, tokens_are_exact_where_the_request_says_so) {
  RouteRequest request;
  request.text = "one two three";
  request.prompt_tokens = 77;
  EXPECT_EQ(read_features(request).n_tokens, 77U);
  request.prompt_tokens = 0;
  const auto estimate = read_features(request).n_tokens;
  EXPECT_GE(estimate, 2U);
  EXPECT_LE(estimate, 6U);
}

TEST(Features, characters_are_code_points_of_the_whole_text) {
  EXPECT_EQ(of("äöü").n_chars, 3U);
  EXPECT_EQ(of(repeated("é", 20'000)).n_chars, 20'000U);
  RouteRequest part;
  part.text = "the beginning";
  part.n_chars = 90'000;
  EXPECT_EQ(read_features(part).n_chars, 90'000U);
}

TEST(Features, a_flag_is_no_decoded_attachment) {
  const std::array announced{RouteAttachment{AttachmentKind::kImage, false, 0}};
  RouteRequest request;
  request.text = "what is this?";
  request.attachments = announced;
  const auto f = read_features(request);
  EXPECT_TRUE(f.image_flag);
  EXPECT_FALSE(f.image);
  EXPECT_FALSE(f.refers_to_image);
}

TEST(Features, words_for_pictures_and_sounds_are_known_in_many_languages) {
  for (const char* text :
       {"describe this picture", "Was ist auf dem Bild?", "que montre cette image", "¿Qué hay en la imagen?",
        "что на картинке", "这张图片里有什么", "写真を説明して", "사진 설명해 줘", "opisz zdjęcie", "resimde ne var"})
    EXPECT_TRUE(of(text).refers_to_image) << text;
  for (const char* text :
       {"transcribe the recording", "bitte transkribieren", "аудио в текст", "把录音转成文字", "녹음을 글로"})
    EXPECT_TRUE(of(text).refers_to_audio) << text;
  for (const char* text : {"write a poem about rain", "imagine a world without money", "what's for dinner"})
    EXPECT_FALSE(of(text).refers_to_audio) << text;
}

// Nothing here may crash, and what is looked at stays bounded.
TEST(Features, hostile_texts_are_bounded) {
  std::string zalgo;
  for (int i = 0; i < 4000; ++i) zalgo += "e\xCC\xB7\xCC\x9B\xCD\x80";
  const std::array<std::string, 8> texts{repeated("```", 21'845),
                                         repeated("\xE2\x80\xAE"
                                                  "abc",
                                                  10'000),
                                         zalgo,
                                         std::string(65'536, '\0'),
                                         repeated("{\"a\":[", 9'000),
                                         repeated("\xFF\xC3", 30'000),
                                         repeated("?", 70'000),
                                         repeated("\xF0\x9F\x99\x82", 16'000)};
  for (const auto& text : texts) {
    const auto f = of(text);
    EXPECT_LE(f.n_looked, 8192U);
    EXPECT_GE(f.code_score, 0.0F);
    EXPECT_LE(f.code_score, 1.0F);
    EXPECT_LE(f.json_score, 1.0F);
    EXPECT_LE(f.n_chars, text.size());
  }
}

TEST(Features, bytes_and_code_points_show_the_same_structure) {
  const std::string text = "int f(int a) { return g[a] == h->x; } // snake_case camelCase\n  next\n";
  std::u32string wide(text.begin(), text.end());
  const auto a = read_code_structure(std::span<const char>(text.data(), text.size()));
  const auto b = read_code_structure(std::span<const char32_t>(wide.data(), wide.size()));
  EXPECT_FLOAT_EQ(a.points, b.points);
  EXPECT_EQ(a.n_fences, b.n_fences);
}

}  // namespace
}  // namespace hearth
