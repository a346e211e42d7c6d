// The voice detector on real recordings gives the segments of the package silero-vad, to one frame.
#include <fstream>
#include <nlohmann/json.hpp>

#include "audio/speech_detection.h"
#include "pipeline/voice_detector.h"
#include "speech_fixture.h"

namespace hearth {
namespace {

std::vector<float> probabilities_of(VoiceDetector& detector, std::span<const float> samples) {
  detector.reset();
  std::vector<float> probabilities;
  for (; !samples.empty(); samples = samples.subspan(std::min(samples.size(), VoiceDetector::kFrameSamples))) {
    const auto frame = samples.first(std::min(samples.size(), VoiceDetector::kFrameSamples));
    const auto probability = detector.probability(frame);
    EXPECT_TRUE(probability) << to_string(probability.error());
    probabilities.push_back(probability.value());
  }
  return probabilities;
}

SpeechDetectionOptions options_of(const nlohmann::json& line) {
  SpeechDetectionOptions options;
  options.min_silence_ms = line.value("min_silence_duration_ms", options.min_silence_ms);
  options.pad_ms = line.value("speech_pad_ms", options.pad_ms);
  options.max_speech_s = line.value("max_speech_duration_s", options.max_speech_s);
  return options;
}

TEST(Silero, finds_speech_where_the_reference_package_does) {
  if (!std::filesystem::exists(test::shared_dir() / "media/speech"))
    GTEST_SKIP() << "no recordings in " << test::shared_dir();
  RuntimeRegistry registry(speech_tests::registry_options());
  TensorOptions one_thread;
  one_thread.n_threads = 1;
  auto lane =
      speech_tests::open_lane(registry, {"onnxruntime", test::shared_dir() / "models/vad/silero_vad.onnx", one_thread});
  if (!lane && (lane.error().code == ErrorCode::kNotFound || lane.error().code == ErrorCode::kUnavailable))
    GTEST_SKIP() << lane.error().message;
  ASSERT_TRUE(lane) << to_string(lane.error());
  auto detector = VoiceDetector::create(std::move(*lane));
  ASSERT_TRUE(detector) << to_string(detector.error());
  std::ifstream expected(test::source_dir() / "tests/integration/speech/silero_segments.jsonl");
  std::size_t n_lines = 0;
  std::size_t n_segments = 0;
  for (std::string line; std::getline(expected, line); ++n_lines) {
    const auto wanted = nlohmann::json::parse(line);
    const auto samples = speech_tests::recording(wanted["recording"].get<std::string>());
    ASSERT_FALSE(samples.empty()) << line;
    const auto found = detect_speech(probabilities_of(**detector, samples), samples.size(), options_of(wanted));
    ASSERT_EQ(found.size(), wanted["segments"].size()) << line;
    for (std::size_t i = 0; i < found.size(); ++i, ++n_segments) {
      EXPECT_NEAR(static_cast<double>(found[i].begin), wanted["segments"][i][0].get<double>(), 512) << line;
      EXPECT_NEAR(static_cast<double>(found[i].end), wanted["segments"][i][1].get<double>(), 512) << line;
    }
  }
  EXPECT_EQ(n_lines, 28U);
  EXPECT_GT(n_segments, 20U);
}

}  // namespace
}  // namespace hearth
