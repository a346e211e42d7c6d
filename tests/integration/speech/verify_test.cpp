// What `hearth verify` measures of models that hear and speak: on the floor engine and on voices that need no download.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "app/plan_verification_speech.h"
#include "app/transcribe_session.h"
#include "support/paths.h"
#include "support/program.h"

namespace hearth {
namespace {

class SpeechVerification : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* runtime : {"pocketsphinx", "flite"})
      if (!registry_.open(runtime, Transport::kInProcess)) GTEST_SKIP() << "this build has no runtime " << runtime;
    auto store = ModelStore::open(home_.path() / "models");
    ASSERT_TRUE(store) << to_string(store.error());
    store_ = std::make_unique<ModelStore>(std::move(*store));
  }
  // Medians by metric.
  std::map<std::string, double> measure(const std::string& runtime, const std::filesystem::path& file) {
    PlanChoice choice;
    choice.runtime = runtime;
    EXPECT_TRUE(runs_speech(choice, registry_));
    const SessionHost host{registry_, *store_, history_, clock_, metrics_};
    MeasuringOptions options;
    options.repeats = 1;
    const auto measured = measure_speech_choice(host, choice, file, options, {});
    EXPECT_TRUE(measured) << to_string(measured.error());
    std::map<std::string, double> values;
    if (!measured) return values;
    EXPECT_FALSE(measured->runtime_version.empty());
    for (const auto& one : measured->measurements) values[one.metric] = one.kept().front();
    return values;
  }

  test::TemporaryFolder home_;
  RuntimeRegistry registry_{
      {{test::build_dir() / "lib/hearth/runtimes"}, test::build_dir() / "libexec/hearth/hearth-worker", nullptr}};
  std::unique_ptr<ModelStore> store_;
  LoadHistory history_{home_.path()};
  SystemClock clock_;
  MetricsRegistry metrics_;
};

TEST_F(SpeechVerification, a_model_that_hears_is_told_what_was_said) {
  const auto floor = find_speech_floor();
  if (!floor) GTEST_SKIP() << floor.error().message;
  const auto values = measure("pocketsphinx", *floor);
  ASSERT_TRUE(values.contains("rtf"));
  EXPECT_GT(values.at("rtf"), 0);
  EXPECT_GT(values.at("first_word_ms"), 0);
  EXPECT_GT(values.at("load_ms"), 0);
  EXPECT_GT(values.at("weights_bytes"), 1e6);
  EXPECT_GE(values.at("wer"), 0);
  EXPECT_LT(values.at("wer"), 0.7);  // a floor that hears a floor speak
}

TEST_F(SpeechVerification, a_model_that_speaks_is_timed_to_its_first_sound) {
  const auto values = measure("flite", HEARTH_FORMAT_BUILTIN);
  ASSERT_TRUE(values.contains("rtf"));
  EXPECT_GT(values.at("rtf"), 0);
  EXPECT_GT(values.at("first_audio_ms"), 0);
  EXPECT_FALSE(values.contains("wer"));
}

}  // namespace
}  // namespace hearth
