// hearth run denoise, events, wake as a user runs them, on scripted graphs.
#include <fstream>

#include "cli_fixture.h"
#include "support/paths.h"

namespace hearth::test {
namespace {

using nlohmann::json;

// 16-bit mono WAV at 16 kHz of `n` samples of one value.
std::string wav_file(std::uint32_t n, std::int16_t value) {
  std::string file = "RIFF";
  const auto put = [&file](std::uint32_t number, int bytes) {
    for (int i = 0; i < bytes; ++i) file += static_cast<char>(number >> (8 * i) & 0xFFU);
  };
  put(36 + 2 * n, 4);
  file += "WAVEfmt ";
  for (const auto& [number, bytes] :
       {std::pair{16U, 4}, {1U, 2}, {1U, 2}, {16'000U, 4}, {32'000U, 4}, {2U, 2}, {16U, 2}})
    put(number, bytes);
  file += "data";
  put(2 * n, 4);
  for (std::uint32_t i = 0; i < n; ++i) put(static_cast<std::uint16_t>(value), 2);
  return file;
}

// A graph that says 0.9 for the first of three classes, whatever is heard.
constexpr const char* kClassifier = R"({"hearth_fake": 1, "name": "sounds", "tensor": {
  "inputs": [{"name": "waveform", "type": "f32", "shape": [15600]}],
  "outputs": [{"name": "scores", "type": "f32", "shape": [1, 3], "rule": "table", "values": [0.9, 0.05, 0.0]}]}})";

class SoundCliTest : public CliTest {
 protected:
  json one_line(std::vector<std::string> arguments, const std::string& schema, int exit_status) {
    arguments.emplace_back("--json");
    const auto run = hearth(std::move(arguments));
    EXPECT_EQ(run.exit_status, exit_status) << run.out << run.err;
    const auto document = json::parse(run.out);
    EXPECT_EQ(schema_violation(document, schema), "") << run.out;
    return document;
  }
};

TEST_F(SoundCliTest, events_are_named_from_the_file_beside_the_model) {
  const auto model = home_.file("sounds.fake.json", kClassifier).string();
  const auto clip = home_.file("clip.wav", wav_file(24'000, 1000)).string();
  const auto bare = one_line({"run", "events", "-m", model, clip}, "run_events", 0);
  ASSERT_EQ(bare["events"].size(), 1U);
  EXPECT_EQ(bare["events"][0]["label"], "class 0");
  EXPECT_DOUBLE_EQ(bare["events"][0]["end_s"].get<double>(), 1.5);
  const auto labels =
      home_.file("names.csv", "index,mid,display_name\n0,/m/1,Rain\n1,/m/2,Wind\n2,/m/3,Fire\n").string();
  EXPECT_EQ(one_line({"run", "events", "-m", model, "--labels", labels, clip}, "run_events", 0)["events"][0]["label"],
            "Rain");
  const auto few = home_.file("few.csv", "Rain\n").string();
  EXPECT_EQ(hearth_error({"run", "events", "-m", model, "--labels", few, clip}, 5)["code"], "invalid_data");
}

TEST_F(SoundCliTest, a_bad_recording_is_a_line_and_graphs_of_another_kind_are_refused) {
  const auto model = home_.file("sounds.fake.json", kClassifier).string();
  const auto empty = home_.file("empty.wav", "").string();
  EXPECT_EQ(one_line({"run", "events", "-m", model, empty}, "run_events", 5)["error"]["code"], "invalid_data");
  const auto clip = home_.file("clip.wav", wav_file(24'000, 1000)).string();
  EXPECT_EQ(hearth_error({"run", "wake", "-m", model, "-m", model, "-m", model, clip}, 2)["code"], "invalid_argument");
  const auto out = (home_.path() / "quiet.wav").string();
  EXPECT_EQ(hearth_error({"run", "denoise", "-m", model, clip, "-o", out}, 2)["code"], "invalid_argument");
  EXPECT_FALSE(std::filesystem::exists(out));
}

}  // namespace
}  // namespace hearth::test
