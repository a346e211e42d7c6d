#include "text/ssml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth {
namespace {

using ::testing::HasSubstr;

std::vector<SpeechPart> parts_of(std::string_view text) {
  auto parts = parse_ssml(text);
  EXPECT_TRUE(parts) << to_string(parts.error());
  return parts ? *parts : std::vector<SpeechPart>();
}

TEST(Ssml, is_told_from_text) {
  EXPECT_TRUE(is_ssml(" <speak>hello</speak>"));
  EXPECT_TRUE(is_ssml("<?xml version=\"1.0\"?>\n<speak version=\"1.1\">"));
  EXPECT_FALSE(is_ssml("<speaker>"));
  EXPECT_FALSE(is_ssml("a <speak>"));
  EXPECT_FALSE(is_ssml("<?xml "));
  EXPECT_FALSE(is_ssml(""));
}

TEST(Ssml, gives_text_with_its_pauses_and_rates) {
  const auto parts = parts_of(
      "<speak>One <break time=\"750ms\"/>two <prosody rate=\"slow\">three <prosody rate=\"+100%\">four</prosody>"
      "</prosody><p>five</p><say-as interpret-as=\"spell-out\">HT</say-as><sub alias=\"six\">6</sub>"
      "<voice name=\"rms\">seven</voice></speak>");
  ASSERT_EQ(parts.size(), 8U);
  EXPECT_EQ(parts[0].pause_ms, 750U);
  EXPECT_EQ(parts[1].text, "two ");
  EXPECT_DOUBLE_EQ(parts[2].rate, 0.75);
  EXPECT_DOUBLE_EQ(parts[3].rate, 1.5);
  EXPECT_EQ(parts[4], (SpeechPart{.text = "five", .pause_ms = 500}));
  EXPECT_TRUE(parts[5].spell);
  EXPECT_EQ(parts[6].text, "six");
  EXPECT_EQ(parts[7].voice, "rms");
}

TEST(Ssml, entities_are_characters_and_no_more) {
  EXPECT_EQ(parts_of("<speak>a &amp; b &#228;</speak>")[0].text, "a & b \xC3\xA4");
  EXPECT_EQ(parts_of("<!DOCTYPE speak [<!ENTITY x \"boom\">]><speak>&x;</speak>")[0].text, "&x;");
  EXPECT_EQ(parts_of("<speak><![CDATA[1 < 2]]></speak>")[0].text, "1 < 2");
}

TEST(Ssml, a_pause_alone_is_a_part) {
  const auto parts = parts_of("<speak><break strength=\"strong\"/></speak>");
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0], (SpeechPart{.pause_ms = 500}));
  EXPECT_TRUE(parts_of("<speak/>").empty());
}

TEST(Ssml, names_what_it_does_not_follow) {
  const auto error_of = [](std::string_view text) {
    const auto parts = parse_ssml(text);
    EXPECT_FALSE(parts) << text;
    return parts ? Error(ErrorCode::kInternal, "") : parts.error();
  };
  EXPECT_EQ(error_of("<speak><audio src=\"x\"/></speak>").code, ErrorCode::kUnsupported);
  EXPECT_THAT(error_of("<speak><audio src=\"x\"/></speak>").message, HasSubstr("<audio>"));
  for (const char* text :
       {"<speak>", "<speak><p></speak>", "<talk/>", "", "<speak><break time=\"5\"/></speak>",
        "<speak><break time=\"11s\"/></speak>", "<speak><break time=\"nans\"/></speak>",
        "<speak><break strength=\"huge\"/></speak>", "<speak><prosody rate=\"0%\">x</prosody></speak>",
        "<speak><prosody rate=\"+5\">x</prosody></speak>", "<speak><prosody rate=\"inf\">x</prosody></speak>",
        "<speak><say-as interpret-as=\"date\">x</say-as></speak>", "<speak><sub>x</sub></speak>"})
    EXPECT_EQ(error_of(text).code, ErrorCode::kInvalidArgument) << text;
  std::string deep = "<speak>";
  for (int i = 0; i < 100; ++i) deep += "<prosody>";
  deep += "x";
  for (int i = 0; i < 100; ++i) deep += "</prosody>";
  EXPECT_THAT(error_of(deep + "</speak>").message, HasSubstr("nested"));
}

}  // namespace
}  // namespace hearth
