// The capability "transcribe" on the floor engine, in this process and in a worker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>

#include "app/transcribe_session.h"
#include "plugin_host/transcribe_model.h"
#include "speech_fixture.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class TranscribeTest : public ::testing::TestWithParam<Transport> {
 protected:
  void SetUp() override {
    if (!fs::exists(test::build_dir() / "lib/hearth/runtimes" / "libhearth_runtime_pocketsphinx.so"))
      GTEST_SKIP() << "the runtime pocketsphinx was not built";
    auto floor = find_speech_floor();
    if (!floor) GTEST_SKIP() << floor.error().message;
    floor_ = *floor;
  }

  Result<std::shared_ptr<TranscribeModel>> load(const std::string& path) {
    HEARTH_ASSIGN(runtime, registry_.open("pocketsphinx", GetParam()));
    LoadOptions options;
    options.path = path;
    HEARTH_ASSIGN(model, runtime->load(options));
    return TranscribeModel::from(model);
  }
  std::shared_ptr<TranscribeModel> load_floor() {
    auto model = load(floor_);
    EXPECT_TRUE(model) << to_string(model.error());
    return model ? *model : nullptr;
  }

  RuntimeRegistry registry_{speech_tests::registry_options()};
  std::string floor_;
};

Result<std::vector<SpokenSegment>> transcribe(TranscribeStream& stream, std::span<const float> samples) {
  HEARTH_ASSIGN(early, stream.accept(samples));
  HEARTH_ASSIGN(rest, stream.finish());
  early.insert(early.end(), rest.begin(), rest.end());
  return early;
}

TEST_P(TranscribeTest, tells_words_with_times_and_confidence) {
  const auto samples = speech_tests::recording("jfk.wav");
  if (samples.empty()) GTEST_SKIP() << "no recordings in " << test::shared_dir();
  const auto model = load_floor();
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(model->info().sample_rate_hz, 16'000U);
  EXPECT_EQ(model->info().languages, (std::vector<std::string>{"en"}));
  auto stream = model->new_stream({.language = "en"});
  ASSERT_TRUE(stream);
  const auto segments = transcribe(**stream, samples);
  ASSERT_TRUE(segments) << to_string(segments.error());
  ASSERT_EQ(segments->size(), 1U);
  const auto& segment = segments->front();
  EXPECT_TRUE(segment.is_final);
  EXPECT_THAT(segment.text, HasSubstr("country"));
  ASSERT_TRUE(segment.confidence);
  EXPECT_GT(segment.words.size(), 10U);
  double at = 0;
  for (const auto& word : segment.words) {
    EXPECT_GE(word.start_s, at - 1e-9);
    EXPECT_GT(word.end_s, word.start_s);
    EXPECT_TRUE(word.confidence);
    at = word.end_s;
  }
  EXPECT_LE(at, 11.001);
}

// Two utterances of one stream: what was heard of the first may help with the second, and helps alike.
TEST_P(TranscribeTest, the_transcript_does_not_depend_on_how_the_audio_was_cut) {
  const auto samples = speech_tests::recording("hifi6097_nada_lily_12_haggard_0130.wav");
  if (samples.empty()) GTEST_SKIP() << "no recordings in " << test::shared_dir();
  const auto model = load_floor();
  ASSERT_NE(model, nullptr);
  auto stream = std::move(*model->new_stream({}));
  std::vector<SpokenSegment> whole;
  for (int utterance = 0; utterance < 2; ++utterance) {
    const auto segments = transcribe(*stream, samples);
    ASSERT_TRUE(segments);
    ASSERT_EQ(segments->size(), 1U);
    whole.push_back(segments->front());
  }
  EXPECT_GT(whole[1].start_s, static_cast<double>(samples.size()) / 16'000);  // times go on
  std::mt19937 random(31);
  for (const std::size_t longest : {std::size_t{16}, std::size_t{4'000}, std::size_t{80'000}}) {
    stream = std::move(*model->new_stream({.partials = longest == 4'000}));
    for (const auto& expected : whole) {
      for (std::span<const float> rest(samples); !rest.empty();) {
        const auto part = rest.first(std::min<std::size_t>(rest.size(), 16 + random() % longest));
        ASSERT_TRUE(stream->accept(part));
        rest = rest.subspan(part.size());
      }
      const auto again = stream->finish();
      ASSERT_TRUE(again);
      ASSERT_EQ(again->size(), 1U);
      EXPECT_EQ(again->front().text, expected.text);
      EXPECT_NEAR(again->front().start_s, expected.start_s, 1e-6);
    }
  }
}

TEST_P(TranscribeTest, silence_is_no_speech_and_nothing_is_nothing) {
  const auto model = load_floor();
  ASSERT_NE(model, nullptr);
  auto stream = std::move(*model->new_stream({}));
  const auto nothing = stream->finish();
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->empty());
  const auto one_sample = transcribe(*stream, std::vector<float>{0.1F});
  ASSERT_TRUE(one_sample) << to_string(one_sample.error());
  EXPECT_TRUE(one_sample->empty());
}

TEST_P(TranscribeTest, refuses_what_it_cant_do) {
  const auto model = load_floor();
  ASSERT_NE(model, nullptr);
  const auto translated = model->new_stream({.translate = true});
  ASSERT_FALSE(translated);
  EXPECT_EQ(translated.error().code, ErrorCode::kUnsupported);
  const auto french = model->new_stream({.language = "fr"});
  ASSERT_FALSE(french);
  EXPECT_THAT(french.error().message, HasSubstr("'fr'"));
  auto stream = std::move(*model->new_stream({}));
  const auto not_a_number = stream->accept(std::vector<float>{NAN});
  ASSERT_FALSE(not_a_number);
  EXPECT_EQ(not_a_number.error().code, ErrorCode::kInvalidArgument);
  const auto too_long = stream->accept(std::vector<float>(16'000 * 61));
  ASSERT_FALSE(too_long);
  EXPECT_THAT(too_long.error().message, HasSubstr("60 s"));
}

TEST_P(TranscribeTest, names_the_part_of_a_model_that_is_missing) {
  const auto folder = fs::temp_directory_path() / "hearth_transcribe_test";
  fs::create_directories(folder);
  std::ofstream(folder / "xx-yy.lm.bin") << "no language model";
  const auto model = load((folder / "xx-yy.lm.bin").string());
  fs::remove_all(folder);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(model.error().message, HasSubstr("no acoustic model"));
}

INSTANTIATE_TEST_SUITE_P(Transports, TranscribeTest, ::testing::Values(Transport::kInProcess, Transport::kWorker),
                         [](const auto& info) { return info.param == Transport::kWorker ? "worker" : "in_process"; });

}  // namespace
}  // namespace hearth
