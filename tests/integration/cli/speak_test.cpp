// hearth run speak as a user runs it.
#include <cmath>
#include <fstream>

#include "cli_fixture.h"
#include "support/paths.h"

namespace hearth::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {(std::istreambuf_iterator<char>(file)), {}};
}

class SpeakCliTest : public CliTest {
 protected:
  void SetUp() override {
    if (!fs::exists(build_dir() / "lib/hearth/runtimes/libhearth_runtime_flite.so"))
      GTEST_SKIP() << "the runtime flite was not built";
  }
  [[nodiscard]] std::string path_of(const std::string& name) const {
    return (home_.file("marker", "").parent_path() / name).string();
  }
};

TEST_F(SpeakCliTest, writes_each_format_by_the_files_ending) {
  const std::pair<const char*, const char*> formats[] = {
      {"wav", "RIFF"}, {"flac", "fLaC"}, {"ogg", "OggS"}, {"opus", "OggS"}};
  for (const auto& [ending, opening] : formats) {
    const auto path = path_of(std::string("out.") + ending);
    const auto told = hearth_json({"run", "speak", "-m", "flite", "It costs $3.", "-o", path}, "run_speak");
    EXPECT_EQ(told["path"], path);
    EXPECT_GT(told["audio_s"].get<double>(), 0.5);
    EXPECT_EQ(told["sample_rate_hz"], 16'000);
    EXPECT_EQ(told["sentences"], 1);
    EXPECT_GT(told["rtf"].get<double>(), 0);
    EXPECT_EQ(content_of(path).substr(0, 4), opening);
  }
  const auto wav = content_of(path_of("out.wav"));
  const auto told = hearth_json({"run", "speak", "-m", "flite", "It costs $3.", "-o", path_of("out.pcm")}, "run_speak");
  const auto n_bytes = static_cast<std::size_t>(std::lround(told["audio_s"].get<double>() * 16'000)) * 2;
  EXPECT_EQ(content_of(path_of("out.pcm")).size(), n_bytes);
  EXPECT_EQ(wav.size(), n_bytes + 44);
}

TEST_F(SpeakCliTest, reads_a_file_or_a_pipe_and_writes_one) {
  const auto text = home_.file("text.txt", "First line.\n\nSecond one.\n").string();
  const auto told = hearth_json({"run", "speak", "-f", text, "-o", path_of("a.wav")}, "run_speak");
  EXPECT_EQ(told["sentences"], 2);
  auto piped = command({"run", "speak", "-o", "-", "--format", "flac"});
  piped.input = "Hello from a pipe.";
  const auto run = run_program(piped);
  EXPECT_EQ(run.exit_status, 0) << run.err;
  EXPECT_EQ(run.out.substr(0, 4), "fLaC");
}

TEST_F(SpeakCliTest, follows_ssml_voices_and_speed) {
  const auto seconds = [this](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"run", "speak", "-o", path_of("a.wav")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return hearth_json(arguments, "run_speak")["audio_s"].get<double>();
  };
  const double plain = seconds({"one two three"});
  EXPECT_LT(seconds({"one two three", "--speed", "2"}), 0.75 * plain);
  EXPECT_GT(seconds({"<speak>one two three<break time=\"2s\"/></speak>"}), plain + 1.9);
  EXPECT_NE(seconds({"one two three", "--voice", "rms"}), plain);
  const auto voices = hearth({"run", "speak", "--list-voices", "-m", "flite", "--json"});
  EXPECT_EQ(json::parse(voices.out)["voices"][0]["id"], "slt");
}

TEST_F(SpeakCliTest, odd_texts_are_spoken_or_named) {
  const auto status = [this](const std::string& text) {
    const auto file = home_.file("odd.txt", text).string();
    return hearth({"run", "speak", "-f", file, "-o", path_of("odd.wav")}).exit_status;
  };
  EXPECT_EQ(status(""), 2);
  EXPECT_EQ(status(" \n"), 2);
  EXPECT_EQ(status("a\xFF"), 5);
  EXPECT_EQ(status(std::string("a\0b", 3)), 5);
  EXPECT_EQ(status("..."), 5);
  EXPECT_EQ(status(std::string((std::size_t{4} << 20U) + 1, 'a')), 3);
  EXPECT_EQ(status("<speak><audio/></speak>"), 5);
  EXPECT_EQ(status("<speak>"), 2);
  EXPECT_EQ(status("\xF0\x9F\x98\x80 \xE4\xBD\xA0\xE5\xA5\xBD \xD0\xBC\xD0\xB8\xD1\x80"), 0);
  EXPECT_FALSE(fs::exists(path_of("never.wav")));
}

TEST_F(SpeakCliTest, refuses_before_it_writes) {
  EXPECT_EQ(hearth_error({"run", "speak", "hi"}, 2)["code"], "invalid_argument");
  EXPECT_EQ(hearth_error({"run", "speak", "hi", "-o", path_of("a.mp4")}, 2)["code"], "invalid_argument");
  EXPECT_EQ(hearth_error({"run", "speak", "hi", "-o", "-"}, 2)["code"], "invalid_argument");
  EXPECT_EQ(hearth_error({"run", "speak", "hi", "-o", "/nowhere/a.wav"}, 4)["code"], "not_found");
  EXPECT_EQ(hearth_error({"run", "speak", "hi", "-o", path_of("a.wav"), "--voice", "nobody"}, 4)["code"], "not_found");
  EXPECT_EQ(hearth_error({"run", "speak", "hi", "-o", path_of("a.wav"), "--speed", "99"}, 2)["code"],
            "invalid_argument");
  EXPECT_EQ(hearth_error({"run", "speak", "hi", "-o", path_of("a.wav"), "-m", "/nowhere.onnx"}, 4)["code"],
            "not_found");
  EXPECT_EQ(hearth_error({"run", "speak", "hi", "-o", path_of("a.wav"), "--runtime", "nobody"}, 6)["code"],
            "unavailable");
  EXPECT_FALSE(fs::exists(path_of("a.wav")));
}

// A megabyte is spoken as it comes: nothing of it is held but the sentence, and what is there when time is up is not
// kept.
TEST_F(SpeakCliTest, a_megabyte_of_text_begins_at_once_and_can_be_stopped) {
  std::string text;
  while (text.size() < std::size_t{1} << 20U) text += "All work and no play makes Jack a dull boy. ";
  const auto file = home_.file("long.txt", text).string();
  auto run = command({"run", "speak", "-f", file, "-o", path_of("long.wav"), "--timeout-s", "5"});
  run.timeout = std::chrono::seconds(60);
  EXPECT_EQ(run_program(run).exit_status, 124);
  EXPECT_FALSE(fs::exists(path_of("long.wav")));
}

TEST_F(SpeakCliTest, makes_features_into_sound) {
  const auto model = shared_dir() / "models/tts/hifigan_float16.tflite";
  if (!fs::exists(model)) GTEST_SKIP() << "no vocoder in " << shared_dir();
  const auto features = (shared_dir() / "media/speech/jfk_mel80.npy").string();
  const auto run =
      hearth({"run", "speak", "-m", model.string(), "--mel", features, "-o", path_of("jfk.wav"), "--json"});
  if (run.exit_status == 6) GTEST_SKIP() << run.out;
  ASSERT_EQ(run.exit_status, 0) << run.out << run.err;
  const auto told = json::parse(run.out);
  EXPECT_EQ(schema_violation(told, "run_speak"), "");
  EXPECT_NEAR(told["audio_s"].get<double>(), 10.99, 0.01);
  EXPECT_EQ(told["sample_rate_hz"], 22'050);
  const auto broken = home_.file("broken.npy", "no array").string();
  EXPECT_EQ(hearth_error({"run", "speak", "-m", model.string(), "--mel", broken, "-o", path_of("b.wav")}, 5)["code"],
            "invalid_data");
}

}  // namespace
}  // namespace hearth::test
