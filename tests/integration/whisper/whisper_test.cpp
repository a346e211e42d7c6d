// The runtime whisper on models with random weights, in this process and in a worker: it understands what whisper-cli
// of the same source understands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "audio/wav_fixture.h"
#include "plugin_host/registry.h"
#include "plugin_host/transcribe_model.h"
#include "support/paths.h"
#include "support/program.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;

// Eight seconds that change all the time: chirps in noise, as 16-bit numbers, so that both sides read the same.
std::vector<std::int16_t> sound() {
  std::mt19937 random(7);
  std::vector<float> samples(8 * 16'000);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / 16'000;
    const double noise = static_cast<double>(random() % 2'000) / 2'000 - 0.5;
    samples[i] = static_cast<float>(0.4 * std::sin(t * 700 * (1 + t)) * std::sin(t * 3) + 0.1 * noise);
  }
  return as_int16(samples);
}

class WhisperTest : public ::testing::TestWithParam<Transport> {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder();
    for (const std::string kind : {"english", "multilingual"}) {
      std::vector<std::string> arguments{(test::source_dir() / "tools/whisper/make_whisper.py").string(), model(kind)};
      if (kind == "multilingual") arguments.emplace_back("--multilingual");
      const auto made = run(HEARTH_PYTHON, arguments);
      ASSERT_EQ(made.exit_status, 0) << made.err;
    }
    const auto wav = wav_of(sound());
    std::ofstream(folder_->path() / "sound.wav", std::ios::binary)
        .write(reinterpret_cast<const char*>(wav.data()), static_cast<std::streamsize>(wav.size()));
  }
  static void TearDownTestSuite() { delete folder_; }
  static test::ProgramResult run(const std::string& program, std::vector<std::string> arguments) {
    test::ProgramRun wanted;
    wanted.program = program;
    wanted.arguments = std::move(arguments);
    wanted.timeout = std::chrono::minutes(4);  // a busy machine is no fault; ctest's own limit ends what hangs
    return test::run_program(wanted);
  }
  static std::string model(const std::string& kind) { return (folder_->path() / (kind + ".bin")).string(); }

  Result<std::shared_ptr<TranscribeModel>> load(const std::string& path) {
    HEARTH_ASSIGN(runtime, registry_.open("whisper", GetParam()));
    LoadOptions options;
    options.path = path;
    options.n_threads = 1;  // threads that wait for each other by spinning crawl where other tests hold the cores
    HEARTH_ASSIGN(loaded, runtime->load(options));
    return TranscribeModel::from(loaded);
  }
  Result<std::vector<SpokenSegment>> understand(const TranscribeModel& model, const TranscribeOptions& options) {
    const auto samples = sound();
    std::vector<float> floats;
    for (const auto sample : samples) floats.push_back(static_cast<float>(sample) / 32'768.0F);
    HEARTH_ASSIGN(stream, model.new_stream(options));
    HEARTH_ASSIGN(early, stream->accept(std::span(floats).first(1'000)));
    EXPECT_TRUE(early.empty());
    HEARTH_ASSIGN(none, stream->accept(std::span(floats).subspan(1'000)));
    return stream->finish();
  }
  // What whisper-cli makes of the same sound.
  static json reference(const std::string& kind, std::vector<std::string> more) {
    const auto out = (folder_->path() / "reference").string();
    std::vector<std::string> arguments{"-c",
                                       R"(cd "$0" && exec "$@")",
                                       HEARTH_GGML_FOLDER,
                                       HEARTH_WHISPER_CLI,
                                       "-m",
                                       model(kind),
                                       "-f",
                                       (folder_->path() / "sound.wav").string(),
                                       "-ojf",
                                       "-of",
                                       out,
                                       "-t",
                                       "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto done = run("/bin/sh", arguments);
    EXPECT_EQ(done.exit_status, 0) << done.err;
    std::ifstream file(out + ".json");
    return json::parse(file, nullptr, false);
  }
  // Without marks for times and the like, whose names are in square brackets.
  static std::vector<std::string> tokens_of(const json& document) {
    std::vector<std::string> tokens;
    for (const auto& segment : document["transcription"])
      for (const auto& token : segment["tokens"])
        if (const auto text = token["text"].get<std::string>(); !text.starts_with("[_")) tokens.push_back(text);
    return tokens;
  }

  static test::TemporaryFolder* folder_;
  RuntimeRegistry registry_{
      {{test::build_dir() / "lib/hearth/runtimes"}, test::build_dir() / "libexec/hearth/hearth-worker", nullptr}};
};
test::TemporaryFolder* WhisperTest::folder_ = nullptr;

TEST_P(WhisperTest, understands_token_by_token_what_whisper_cli_understands) {
  if (!fs::exists(HEARTH_WHISPER_CLI)) GTEST_SKIP() << "no whisper-cli beside the library";
  struct Way {
    std::string kind;
    std::string extra_json;
    std::vector<std::string> arguments;
  };
  const std::vector<Way> ways = {
      {"english", R"("beam_size": 1, "best_of": 1, "fallback": false)", {"-bs", "1", "-bo", "1", "-nf"}},
      {"english", R"("beam_size": 3, "fallback": false)", {"-bs", "3", "-nf"}},
      {"multilingual",
       R"("beam_size": 1, "best_of": 1, "fallback": false)",
       {"-bs", "1", "-bo", "1", "-nf", "-l", "auto"}}};
  std::size_t n_tokens = 0;
  for (const auto& way : ways) {
    const auto loaded = load(model(way.kind));
    ASSERT_TRUE(loaded) << to_string(loaded.error());
    const auto expected = reference(way.kind, way.arguments);
    ASSERT_TRUE(expected.is_object());
    const auto segments = understand(**loaded, {.extra_json = R"({"tokens_as_words": true, )" + way.extra_json + "}"});
    ASSERT_TRUE(segments) << to_string(segments.error());
    std::vector<std::string> tokens;
    for (const auto& segment : *segments)
      for (const auto& word : segment.words) tokens.push_back(word.text);
    n_tokens += tokens.size();
    EXPECT_EQ(tokens, tokens_of(expected)) << way.kind << way.extra_json;
    if (way.kind == "multilingual" && !segments->empty()) {
      EXPECT_EQ(segments->front().language, expected["result"]["language"].get<std::string>());
    }
  }
  EXPECT_GT(n_tokens, 20U);  // random weights may fall silent in one way, not in all
}

TEST_P(WhisperTest, tells_what_it_can) {
  const auto english = load(model("english"));
  ASSERT_TRUE(english) << to_string(english.error());
  EXPECT_EQ((*english)->info().sample_rate_hz, 16'000U);
  EXPECT_EQ((*english)->info().window_ms, 30'000U);
  EXPECT_EQ((*english)->info().languages, (std::vector<std::string>{"en"}));
  EXPECT_FALSE((*english)->info().can_translate);
  const auto french = (*english)->new_stream({.language = "fr"});
  ASSERT_FALSE(french);
  EXPECT_EQ(french.error().code, ErrorCode::kUnsupported);
  const auto multilingual = load(model("multilingual"));
  ASSERT_TRUE(multilingual);
  EXPECT_TRUE((*multilingual)->info().can_translate);
  EXPECT_GT((*multilingual)->info().languages.size(), 90U);
}

TEST_P(WhisperTest, words_lie_within_their_segments_and_the_sound) {
  const auto loaded = load(model("english"));
  ASSERT_TRUE(loaded);
  const auto segments =
      understand(**loaded, {.extra_json = R"({"beam_size": 1, "fallback": false, "short_audio": true})"});
  ASSERT_TRUE(segments) << to_string(segments.error());
  for (const auto& segment : *segments) {
    EXPECT_LE(segment.end_s, 8.001);
    for (const auto& word : segment.words) {
      EXPECT_GE(word.start_s, segment.start_s - 1e-9);
      EXPECT_LE(word.end_s, segment.end_s + 1e-9);
      EXPECT_FALSE(word.text.starts_with(' '));
    }
  }
}

TEST_P(WhisperTest, can_be_stopped_and_refuses_what_is_too_long) {
  const auto loaded = load(model("english"));
  ASSERT_TRUE(loaded);
  auto stream = std::move(*(*loaded)->new_stream({}));
  const auto too_long = stream->accept(std::vector<float>(16'000 * 31));
  ASSERT_FALSE(too_long);
  EXPECT_THAT(too_long.error().message, HasSubstr("30 s"));
  CancelToken cancel;
  cancel.request();
  ASSERT_TRUE(stream->accept(std::vector<float>(16'000, 0.1F)));
  const auto stopped = stream->finish({.cancel = &cancel});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
}

TEST_P(WhisperTest, refuses_a_file_that_is_cut_off_or_no_model) {
  std::ifstream whole(model("english"), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(whole)), {});
  auto huge = bytes.substr(0, 4'096);
  huge[12] = '\x7F';  // the encoder's width
  huge[15] = '\x7F';
  for (const auto& content : {bytes.substr(0, 20), bytes.substr(0, bytes.size() / 2), std::string(100, 'x'), huge}) {
    const auto broken = load(folder_->file("broken.bin", content).string());
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, ErrorCode::kInvalidData) << to_string(broken.error());
  }
}

INSTANTIATE_TEST_SUITE_P(Transports, WhisperTest, ::testing::Values(Transport::kInProcess, Transport::kWorker),
                         [](const auto& way) { return way.param == Transport::kWorker ? "worker" : "in_process"; });

}  // namespace
}  // namespace hearth
