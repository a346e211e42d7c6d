// The capability "synthesize" on the engines that need no download, in this process and in a worker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <future>

#include "app/transcribe_session.h"
#include "plugin_host/synthesize_model.h"
#include "plugin_host/transcribe_model.h"
#include "speech_fixture.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

struct Subject {
  const char* runtime;
  const char* file;
  Transport transport;
};

Result<std::shared_ptr<SynthesizeModel>> load_voices(RuntimeRegistry& registry, const Subject& subject,
                                                     const std::string& path = HEARTH_FORMAT_BUILTIN) {
  HEARTH_ASSIGN(runtime, registry.open(subject.runtime, subject.transport));
  LoadOptions options;
  options.path = path;
  HEARTH_ASSIGN(model, runtime->load(options));
  return SynthesizeModel::from(model);
}

class SynthesizeTest : public ::testing::TestWithParam<Subject> {
 protected:
  void SetUp() override {
    if (!fs::exists(test::build_dir() / "lib/hearth/runtimes" / GetParam().file))
      GTEST_SKIP() << "the runtime " << GetParam().runtime << " was not built";
    auto model = load_voices(registry_, GetParam());
    ASSERT_TRUE(model) << to_string(model.error());
    model_ = std::move(*model);
  }
  Result<std::vector<float>> speak(const std::string& text, const SynthesizeOptions& options = {},
                                   const CallBounds& bounds = {}) {
    std::vector<float> audio;
    n_parts_ = 0;
    HEARTH_TRY(model_->synthesize(text, options, bounds, [&](std::span<const float> samples) {
      audio.insert(audio.end(), samples.begin(), samples.end());
      ++n_parts_;
      return true;
    }));
    return audio;
  }
  [[nodiscard]] double seconds(const std::vector<float>& audio) const {
    return static_cast<double>(audio.size()) / model_->info().sample_rate_hz;
  }

  // Root of the mean square.
  [[nodiscard]] static double loudness(const std::vector<float>& audio) {
    double power = 0;
    for (const float value : audio) power += static_cast<double>(value) * value;
    return std::sqrt(power / static_cast<double>(std::max<std::size_t>(audio.size(), 1)));
  }

  RuntimeRegistry registry_{speech_tests::registry_options()};
  std::shared_ptr<SynthesizeModel> model_;
  std::size_t n_parts_ = 0;
};

TEST_P(SynthesizeTest, speaks_in_parts_as_long_as_the_text_takes) {
  const auto audio = speak("The quick brown fox jumps over the lazy dog.");
  ASSERT_TRUE(audio) << to_string(audio.error());
  EXPECT_GT(seconds(*audio), 1.5);
  EXPECT_LT(seconds(*audio), 6);
  EXPECT_GT(n_parts_, 5U);
  for (const float value : *audio) ASSERT_LE(std::fabs(value), 1.0F);
  EXPECT_GT(loudness(*audio), 0.01);
}

// Sample for sample no voice does: breath is noise.
TEST_P(SynthesizeTest, a_text_is_spoken_alike_whatever_came_before) {
  const auto first = speak("Hello there.");
  const auto other = speak("Something else was said.");
  const auto second = speak("Hello there.");
  ASSERT_TRUE(first && other && second);
  EXPECT_NEAR(seconds(*first), seconds(*second), 0.05);
  EXPECT_NEAR(loudness(*first), loudness(*second), 0.1 * loudness(*first));
}

TEST_P(SynthesizeTest, voices_and_speeds_make_a_difference) {
  ASSERT_GE(model_->voices().size(), 2U);
  const auto usual = speak("One two three four five.");
  const auto other = speak("One two three four five.", {.voice = model_->voices()[1].id});
  const auto fast = speak("One two three four five.", {.speed = 2});
  ASSERT_TRUE(usual && other && fast);
  EXPECT_NE(*usual, *other);
  EXPECT_LT(seconds(*fast), 0.75 * seconds(*usual));
}

TEST_P(SynthesizeTest, what_has_no_words_is_silence_or_nothing) {
  for (const char* text : {"", " ", "...", "\n", "?!"}) {
    const auto audio = speak(text);
    ASSERT_TRUE(audio) << '"' << text << "\": " << to_string(audio.error());
    EXPECT_LT(seconds(*audio), 3);
  }
}

TEST_P(SynthesizeTest, odd_texts_do_no_harm) {
  for (const std::string& text : {std::string(3'000, 'a'), std::string(1'500, '1'),
                                  std::string("\xF0\x9F\x98\x80\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80"),
                                  std::string("\xE4\xBD\xA0\xE5\xA5\xBD, \xD0\xBC\xD0\xB8\xD1\x80, hello"),
                                  std::string("a\tb\x01\x02"
                                              "c"),
                                  std::string("<xml attr=\"1\">&amp;</xml>"), std::string("((((((((((%s%n%d")}) {
    const auto audio = speak(text);
    ASSERT_TRUE(audio) << text.substr(0, 20) << ": " << to_string(audio.error());
  }
}

TEST_P(SynthesizeTest, refuses_by_name) {
  const auto code = [this](const std::string& text, const SynthesizeOptions& options = {}) {
    const auto audio = speak(text, options);
    return audio ? std::string("none") : std::string(error_code_info(audio.error().code).name);
  };
  EXPECT_EQ(code("hi", {.voice = "nobody"}), "not_found");
  EXPECT_EQ(code("hi", {.speed = 100}), "invalid_argument");
  EXPECT_EQ(code("hi", {.speed = NAN}), "invalid_argument");
  EXPECT_EQ(code("a\xFF"), "invalid_argument");
  EXPECT_EQ(code(std::string("a\0b", 3)), "invalid_argument");
  EXPECT_EQ(code(std::string(100'000, 'a')), "invalid_argument");
  EXPECT_EQ(code("hi", {.extra_json = "{\"pitch\": 1}"}), "invalid_data");
  const auto file = load_voices(registry_, GetParam(), "/nowhere.voice");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(file.error().message, HasSubstr("builtin"));
}

TEST_P(SynthesizeTest, stops_when_it_is_told_to) {
  const std::string text = "This is a long sentence which goes on, and on, and on, so that there is time to stop it.";
  std::size_t n_samples = 0;
  const auto stopped = model_->synthesize(text, {}, {}, [&](std::span<const float> samples) {
    n_samples += samples.size();
    return false;
  });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  EXPECT_LT(n_samples, 5 * model_->info().sample_rate_hz);
  CancelToken cancel;
  cancel.request();
  const auto cancelled = speak(text, {}, {.cancel = &cancel});
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::kCancelled);
  const auto late = speak(text, {}, {.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1)});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_TRUE(speak("It still speaks."));
}

TEST_P(SynthesizeTest, many_speak_at_once) {
  const auto alone = speak("All together now.");
  ASSERT_TRUE(alone);
  std::vector<std::future<std::vector<float>>> all;
  for (int i = 0; i < 4; ++i)
    all.push_back(std::async(std::launch::async, [this] {
      std::vector<float> audio;
      const auto done = model_->synthesize("All together now.", {}, {}, [&](std::span<const float> samples) {
        audio.insert(audio.end(), samples.begin(), samples.end());
        return true;
      });
      EXPECT_TRUE(done) << to_string(done.error());
      return audio;
    }));
  for (auto& each : all) {
    const auto audio = each.get();
    EXPECT_NEAR(seconds(audio), seconds(*alone), 0.05);
    EXPECT_NEAR(loudness(audio), loudness(*alone), 0.1 * loudness(*alone));
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, SynthesizeTest,
                         ::testing::Values(Subject{"flite", "libhearth_runtime_flite.so", Transport::kInProcess},
                                           Subject{"flite", "libhearth_runtime_flite.so", Transport::kWorker},
                                           Subject{"espeak", "libhearth_runtime_espeak.worker.so", Transport::kWorker}),
                         [](const auto& subject) {
                           return std::string(subject.param.runtime) +
                                  (subject.param.transport == Transport::kWorker ? "_worker" : "_in_process");
                         });

// GPL code stays out of this process, whatever transport is asked for.
TEST(Espeak, never_opens_in_this_process) {
  if (!fs::exists(test::build_dir() / "lib/hearth/runtimes/libhearth_runtime_espeak.worker.so"))
    GTEST_SKIP() << "the runtime espeak was not built";
  RuntimeRegistry registry(speech_tests::registry_options());
  const auto runtime = registry.open("espeak", Transport::kInProcess);
  ASSERT_TRUE(runtime) << to_string(runtime.error());
  EXPECT_GT((*runtime)->worker_pid(), 0);
  std::ifstream maps("/proc/self/maps");
  const std::string mapped((std::istreambuf_iterator<char>(maps)), {});
  EXPECT_EQ(mapped.find("espeak"), std::string::npos);
}

// What the floor of speaking says, the floor of hearing mostly understands.
TEST(RoundTrip, spoken_words_are_understood) {
  RuntimeRegistry registry(speech_tests::registry_options());
  const auto plugins = test::build_dir() / "lib/hearth/runtimes";
  auto floor = find_speech_floor();
  if (!floor || !fs::exists(plugins / "libhearth_runtime_flite.so") ||
      !fs::exists(plugins / "libhearth_runtime_pocketsphinx.so"))
    GTEST_SKIP() << "needs the runtimes flite and pocketsphinx with its model";
  auto voices = load_voices(registry, {"flite", "", Transport::kInProcess});
  ASSERT_TRUE(voices) << to_string(voices.error());
  auto runtime = registry.open("pocketsphinx", Transport::kInProcess);
  ASSERT_TRUE(runtime);
  LoadOptions load;
  load.path = *floor;
  auto loaded = (*runtime)->load(load);
  ASSERT_TRUE(loaded);
  auto ears = TranscribeModel::from(*loaded);
  ASSERT_TRUE(ears);
  std::vector<float> audio;
  ASSERT_TRUE((*voices)->synthesize("the people of this country will go forward together", {.voice = "rms"}, {},
                                    [&](std::span<const float> samples) {
                                      audio.insert(audio.end(), samples.begin(), samples.end());
                                      return true;
                                    }));
  ASSERT_EQ((*voices)->info().sample_rate_hz, (*ears)->info().sample_rate_hz);
  auto stream = (*ears)->new_stream({});
  ASSERT_TRUE(stream);
  ASSERT_TRUE((*stream)->accept(audio));
  const auto heard = (*stream)->finish();
  ASSERT_TRUE(heard);
  std::string text;
  for (const auto& segment : *heard) text += segment.text + " ";
  int n_understood = 0;
  for (const char* word : {"people", "this", "country", "will", "forward", "together"})
    n_understood += text.find(word) != std::string::npos ? 1 : 0;
  RecordProperty("heard", text);
  EXPECT_GE(n_understood, 4) << text;
}

}  // namespace
}  // namespace hearth
