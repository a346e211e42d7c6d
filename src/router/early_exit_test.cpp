#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "router/features.h"

namespace hearth {
namespace {

struct Case {
  const char* name;
  const char* text;
  std::vector<RouteAttachment> attachments;
  std::uint32_t max_tokens;
  SecurityLevel security;
  bool audio_wanted;
  ExitReason reason;
  std::optional<Intent> intent;
};

constexpr RouteAttachment kPicture{AttachmentKind::kImage, true, 1000};
constexpr RouteAttachment kPictureFlag{AttachmentKind::kImage, false, 0};
constexpr RouteAttachment kSound{AttachmentKind::kAudio, true, 1000};
constexpr RouteAttachment kSoundFlag{AttachmentKind::kAudio, false, 0};
constexpr auto kOpen = SecurityLevel::kOpen;
constexpr auto kAirgap = SecurityLevel::kAirgap;

const std::vector<Case> kCases = {
    {"image_alone", "", {kPicture}, 0, kOpen, false, ExitReason::kImage, Intent::kVision},
    {"image_with_blanks", " \n\t", {kPicture}, 0, kOpen, false, ExitReason::kImage, Intent::kVision},
    {"image_and_a_text_about_it",
     "Describe the picture",
     {kPicture},
     0,
     kOpen,
     false,
     ExitReason::kImage,
     Intent::kVision},
    {"image_and_a_pointing_text", "what is this?", {kPicture}, 0, kOpen, false, ExitReason::kImage, Intent::kVision},
    {"image_and_another_request",
     "Turn off the kitchen light at nine",
     {kPicture},
     0,
     kOpen,
     false,
     ExitReason::kNone,
     {}},
    {"image_and_code",
     "fix this image loader:\nfor (int i = 0; i < n; ++i) {\n  load(img[i]);\n}",
     {kPicture},
     0,
     kOpen,
     false,
     ExitReason::kNone,
     {}},
    {"image_flag_alone", "", {kPictureFlag}, 0, kOpen, false, ExitReason::kNone, {}},
    {"image_flag_and_a_text_about_it", "Describe the picture", {kPictureFlag}, 0, kOpen, false, ExitReason::kNone, {}},
    {"image_and_sound", "", {kPicture, kSound}, 0, kOpen, false, ExitReason::kNone, {}},
    {"image_and_an_answer_to_hear", "Describe the picture", {kPicture}, 0, kOpen, true, ExitReason::kNone, {}},
    {"sound_without_text", "", {kSound}, 0, kOpen, false, ExitReason::kAudio, Intent::kStt},
    {"sound_with_a_question", "who wins in the end and why", {kSound}, 0, kOpen, false, ExitReason::kNone, {}},
    {"sound_flag_without_text", "", {kSoundFlag}, 0, kOpen, false, ExitReason::kNone, {}},
    {"audio_wanted_of_a_text",
     "The train to Ghent leaves from platform four.",
     {},
     0,
     kOpen,
     true,
     ExitReason::kAudioWanted,
     Intent::kTts},
    {"audio_wanted_of_an_answer", "When does the train to Ghent leave?", {}, 0, kOpen, true, ExitReason::kNone, {}},
    {"short_prompt_short_answer", "capital of Peru", {}, 16, kOpen, false, ExitReason::kShort, Intent::kChat},
    {"short_prompt_long_answer", "a novel about Peru", {}, 4000, kOpen, false, ExitReason::kNone, {}},
    {"short_prompt_answer_unsaid", "capital of Peru", {}, 0, kOpen, false, ExitReason::kNone, {}},
    {"short_code", "std::map<int, int> m; m[1] == 2;", {}, 16, kOpen, false, ExitReason::kNone, {}},
    {"short_about_a_picture", "describe the photo", {}, 16, kOpen, false, ExitReason::kNone, {}},
    {"short_with_a_flag", "capital of Peru", {kPictureFlag}, 16, kOpen, false, ExitReason::kNone, {}},
    {"airgap",
     "Explain in detail how the treaty came about and who signed it, year by year.",
     {},
     0,
     kAirgap,
     false,
     ExitReason::kAirgap,
     Intent::kChat},
    {"airgap_code",
     "for (int i = 0; i < n; ++i) {\n  a[i] += b[i];\n}\n",
     {},
     0,
     kAirgap,
     false,
     ExitReason::kAirgap,
     Intent::kCode},
    {"airgap_image", "describe the photo", {kPicture}, 0, kAirgap, false, ExitReason::kImage, Intent::kVision},
    {"airgap_about_sound", "transcribe the recording", {}, 0, kAirgap, false, ExitReason::kNone, {}},
    {"nothing_at_all", "", {}, 0, kOpen, false, ExitReason::kNone, {}},
};

class EarlyExitTest : public testing::TestWithParam<Case> {};

TEST_P(EarlyExitTest, is_taken_only_where_stage_one_is_sure) {
  const auto& c = GetParam();
  RouteRequest request;
  request.text = c.text;
  request.attachments = c.attachments;
  request.max_tokens = c.max_tokens;
  request.security = c.security;
  request.audio_wanted = c.audio_wanted;
  const auto exit = early_exit(request, read_features(request), {});
  EXPECT_EQ(to_string(exit.reason), to_string(c.reason));
  if (!c.intent) return;
  EXPECT_EQ(exit.verdict.intent, *c.intent);
  float total = 0;
  for (const float p : exit.verdict.probability) total += p;
  EXPECT_NEAR(total, 1.0F, 1e-5F);
}

INSTANTIATE_TEST_SUITE_P(Requests, EarlyExitTest, testing::ValuesIn(kCases),
                         [](const testing::TestParamInfo<Case>& info) { return std::string(info.param.name); });

// Tools and a schema ask for more than an exit knows.
TEST(EarlyExit, tools_and_schemas_go_on_to_stage_two) {
  RouteRequest request;
  request.text = "capital of Peru";
  request.max_tokens = 16;
  request.has_tools = true;
  EXPECT_EQ(early_exit(request, read_features(request), {}).reason, ExitReason::kNone);
  request.has_tools = false;
  request.has_json_schema = true;
  EXPECT_EQ(early_exit(request, read_features(request), {}).reason, ExitReason::kNone);
}

}  // namespace
}  // namespace hearth
