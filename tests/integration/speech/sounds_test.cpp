// Noise suppression, events and wake words with the published graphs on real recordings.
#include <cmath>
#include <numeric>
#include <random>

#include "pipeline/noise_suppressor.h"
#include "pipeline/sound_events.h"
#include "pipeline/wake_word.h"
#include "speech_fixture.h"

namespace hearth {
namespace {

class Sounds : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(test::shared_dir() / "media/speech"))
      GTEST_SKIP() << "no recordings in " << test::shared_dir();
    for (const char* runtime : {"onnxruntime", "openvino"}) {
      if (!registry_.open(runtime, Transport::kInProcess)) GTEST_SKIP() << "this build has no runtime " << runtime;
    }
  }
  [[nodiscard]] std::unique_ptr<TensorLane> lane(const std::string& runtime, const std::string& file) {
    TensorOptions one_thread;
    one_thread.n_threads = 1;
    auto made = speech_tests::open_lane(registry_, {runtime, test::shared_dir() / "models" / file, one_thread});
    EXPECT_TRUE(made) << to_string(made.error());
    return std::move(*made);
  }
  [[nodiscard]] std::vector<WakeWordHit> hits(const std::string& word, const std::string& clip) {
    auto detector = WakeWordDetector::create({lane("onnxruntime", "wake/melspectrogram.onnx"),
                                              lane("onnxruntime", "wake/embedding_model.onnx"),
                                              lane("onnxruntime", "wake/" + word + "_v0.1.onnx")});
    EXPECT_TRUE(detector) << to_string(detector.error());
    std::vector<WakeWordHit> out;
    EXPECT_TRUE((*detector)->process(speech_tests::recording(clip), out));
    EXPECT_TRUE((*detector)->process(std::vector<float>(8'000, 0), out));
    return out;
  }

  RuntimeRegistry registry_{speech_tests::registry_options()};
};

TEST_F(Sounds, each_wake_word_is_heard_in_its_own_clip_alone) {
  EXPECT_EQ(hits("hey_jarvis", "hey_jarvis.wav").size(), 1U);
  EXPECT_EQ(hits("alexa", "alexa.wav").size(), 1U);
  for (const char* clip : {"alexa.wav", "marvin.wav", "jfk.wav"}) EXPECT_TRUE(hits("hey_jarvis", clip).empty()) << clip;
  for (const char* clip : {"hey_jarvis.wav", "marvin.wav", "jfk.wav"}) EXPECT_TRUE(hits("alexa", clip).empty()) << clip;
}

// The share of `heard` that is `clean`, whatever its loudness, over what is not. Source: Le Roux et al., "SDR -
// half-baked or well done?", 2019.
double si_sdr_db(std::span<const float> clean, std::span<const float> heard) {
  const auto dot = [](std::span<const float> a, std::span<const float> b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  };
  const double scale = dot(clean, heard) / dot(clean, clean);
  double wanted = 0;
  double rest = 0;
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const double target = scale * clean[i];
    wanted += target * target;
    rest += (heard[i] - target) * (heard[i] - target);
  }
  return 10 * std::log10(wanted / rest);
}

TEST_F(Sounds, noise_is_taken_out_of_speech) {
  auto suppressor =
      NoiseSuppressor::create(lane("onnxruntime", "audio/dtln_1.onnx"), lane("onnxruntime", "audio/dtln_2.onnx"));
  ASSERT_TRUE(suppressor) << to_string(suppressor.error());
  const auto clean = speech_tests::recording("jfk.wav");
  std::mt19937 random(1);
  std::normal_distribution<float> noise(0, 1);
  const double power =
      std::inner_product(clean.begin(), clean.end(), clean.begin(), 0.0) / static_cast<double>(clean.size());
  const auto level = static_cast<float>(std::sqrt(power / 3.16));  // 5 dB below the speech
  std::vector<float> noisy = clean;
  for (float& sample : noisy) sample += level * noise(random);
  std::vector<float> quiet;
  ASSERT_TRUE((*suppressor)->process(noisy, quiet));
  ASSERT_TRUE((*suppressor)->finish(quiet));
  ASSERT_EQ(quiet.size(), clean.size());
  const double before = si_sdr_db(clean, noisy);
  const double after = si_sdr_db(clean, quiet);
  std::printf("SI-SDR of speech in white noise: %.1f dB, after suppression %.1f dB\n", before, after);
  EXPECT_GT(after, before + 5);
}

TEST_F(Sounds, speech_is_told_as_speech_and_silence_as_none) {
  auto detector = SoundEventDetector::create(lane("openvino", "audio/yamnet.tflite"));
  ASSERT_TRUE(detector) << to_string(detector.error());
  EXPECT_EQ((*detector)->n_labels(), 521U);
  std::ifstream file(test::shared_dir() / "models/audio/yamnet_class_map.csv");
  const auto labels = read_sound_labels(std::string(std::istreambuf_iterator<char>(file), {}), 521);
  ASSERT_TRUE(labels) << to_string(labels.error());
  const auto clip = speech_tests::recording("jfk.wav");
  std::vector<SoundEvent> events;
  ASSERT_TRUE((*detector)->process(clip, events));
  ASSERT_TRUE((*detector)->finish(events));
  double spoken_s = 0;
  for (const auto& event : events) spoken_s += (*labels)[event.label] == "Speech" ? event.end_s - event.start_s : 0;
  EXPECT_GT(spoken_s, 8) << "of 11 seconds";
  events.clear();
  ASSERT_TRUE((*detector)->process(std::vector<float>(32'000, 0), events));
  ASSERT_TRUE((*detector)->finish(events));
  for (const auto& event : events) EXPECT_EQ((*labels)[event.label], "Silence");
}

}  // namespace
}  // namespace hearth
