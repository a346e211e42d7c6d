// hearth run voice as a user runs it, with what needs no download.
#include "cli_fixture.h"
#include "support/paths.h"

namespace hearth::test {
namespace {

using nlohmann::json;

class VoiceCliTest : public CliTest {
 protected:
  void SetUp() override {
    question_ = (home_.path() / "question.wav").string();
    const auto spoken = hearth({"run", "speak", "Go forward ten meters.", "-o", question_});
    if (spoken.exit_status != 0) GTEST_SKIP() << "no voice that needs no download: " << spoken.err;
    const auto heard = hearth({"run", "transcribe", question_});
    if (heard.exit_status != 0) GTEST_SKIP() << "no speech model that needs no download: " << heard.err;
  }
  std::string question_;
};

TEST_F(VoiceCliTest, answers_a_spoken_question_by_speech_before_the_answer_is_whole) {
  const auto reply = (home_.path() / "reply.wav").string();
  const auto run = hearth({"run", "voice", question_, "-o", reply, "-n", "60", "--seed", "3", "--json"});
  ASSERT_EQ(run.exit_status, 0) << run.err;
  const auto turn = json::parse(run.out);
  EXPECT_EQ(schema_violation(turn, "run_voice"), "") << run.out;
  EXPECT_NE(turn["heard"].get<std::string>().find("forward"), std::string::npos) << run.out;
  EXPECT_FALSE(turn["said"].get<std::string>().empty());
  EXPECT_GT(turn["audio_s"].get<double>(), 0.2);
  EXPECT_GT(std::filesystem::file_size(reply), 10'000U);
  const auto& at = turn["stages_ms"];
  EXPECT_LE(at["text"].get<double>(), at["first_token"].get<double>());
  EXPECT_LE(at["first_token"].get<double>(), at["first_sentence"].get<double>());
  EXPECT_LE(at["first_sentence"].get<double>(), at["first_audio"].get<double>());
}

TEST_F(VoiceCliTest, what_a_camera_sees_is_known_when_the_answer_begins) {
  const auto reply = (home_.path() / "reply.wav").string();
  const auto detector = (shared_dir() / "models/detect/yolox-nano.onnx").string();
  const auto ask = [&](const std::string& picture) {
    return hearth({"run", "multi-modal", question_, "-o", reply, "--see", picture, "--detector", detector, "-n", "20",
                   "--seed", "3", "--json"});
  };
  EXPECT_EQ(hearth_error({"run", "multi-modal", "-", "-o", reply, "--see", "-", "--detector", detector}, 2)["code"],
            "invalid_argument");
  if (!std::filesystem::exists(detector)) GTEST_SKIP() << detector << " is not here";
  const auto run = ask((shared_dir() / "media/images/bus.jpg").string());
  ASSERT_EQ(run.exit_status, 0) << run.err;
  const auto turn = json::parse(run.out);
  EXPECT_EQ(schema_violation(turn, "run_voice"), "") << run.out;
  EXPECT_NE(turn["seen"].get<std::string>().find("1 bus"), std::string::npos) << run.out;
  EXPECT_NE(turn["seen"].get<std::string>().find("person"), std::string::npos) << run.out;
  EXPECT_GT(turn["audio_s"].get<double>(), 0);
  EXPECT_EQ(ask("/nowhere.jpg").exit_status, 4);
}

TEST_F(VoiceCliTest, what_cannot_be_answered_leaves_no_file) {
  const auto reply = (home_.path() / "reply.flac").string();
  EXPECT_EQ(hearth_error({"run", "voice", "/nowhere.wav", "-o", reply}, 4)["code"], "not_found");
  EXPECT_FALSE(std::filesystem::exists(reply));
  EXPECT_EQ(hearth_error({"run", "voice", question_, "-o", (home_.path() / "reply.txt").string()}, 2)["code"],
            "invalid_argument");
}

}  // namespace
}  // namespace hearth::test
