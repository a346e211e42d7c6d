// hearth run transcribe and hearth eval wer as a user runs them.
#include <algorithm>
#include <fstream>

#include "cli_fixture.h"
#include "support/paths.h"

namespace hearth::test {
namespace {

using nlohmann::json;

// 16-bit mono WAV at 16 kHz of `n` equal samples.
std::string wav_file(std::size_t n, std::size_t claimed_samples) {
  const auto put = [](std::string& to, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) to += static_cast<char>(value >> (8 * i) & 0xFFU);
  };
  std::string file = "RIFF";
  put(file, static_cast<std::uint32_t>(36 + 2 * n), 4);
  file += "WAVEfmt ";
  put(file, 16, 4);
  put(file, 1, 2);
  put(file, 1, 2);
  put(file, 16'000, 4);
  put(file, 32'000, 4);
  put(file, 2, 2);
  put(file, 16, 2);
  file += "data";
  put(file, static_cast<std::uint32_t>(2 * claimed_samples), 4);
  for (std::size_t i = 0; i < n; ++i) put(file, 0, 2);
  return file;
}

class SpeechCliTest : public CliTest {
 protected:
  void SetUp() override {
    const auto probe = hearth({"run", "transcribe", home_.file("probe.wav", wav_file(160, 160)).string()});
    if (probe.exit_status != 0) GTEST_SKIP() << "no speech model that needs no download: " << probe.err;
  }
  // Runs with --json and gives each line, checked against the schema.
  std::vector<json> lines(std::vector<std::string> arguments, int exit_status) {
    arguments.emplace_back("--json");
    return lines_of(hearth(std::move(arguments)), exit_status, "run_transcribe");
  }
  static std::vector<json> lines_of(const ProgramResult& run, int exit_status, const std::string& schema) {
    EXPECT_EQ(run.exit_status, exit_status) << run.out << run.err;
    std::vector<json> documents;
    std::istringstream out(run.out);
    for (std::string line; std::getline(out, line);) {
      documents.push_back(json::parse(line));
      EXPECT_EQ(schema_violation(documents.back(), schema), "") << line;
    }
    return documents;
  }
};

TEST_F(SpeechCliTest, a_bad_file_is_a_line_and_the_others_go_on) {
  const auto good = home_.file("b_silence.wav", wav_file(8'000, 8'000)).string();
  const auto cut = home_.file("c_cut.wav", wav_file(8'000, 16'000)).string();
  const auto empty = home_.file("d_empty.wav", "").string();
  const auto documents = lines({"run", "transcribe", cut, good, empty, "/nowhere.wav"}, 5);
  ASSERT_EQ(documents.size(), 4U);
  EXPECT_EQ(documents[0]["error"]["code"], "invalid_data");
  EXPECT_EQ(documents[1]["text"], "");
  EXPECT_DOUBLE_EQ(documents[1]["audio_s"].get<double>(), 0.50);
  EXPECT_EQ(documents[2]["error"]["code"], "invalid_data");
  EXPECT_EQ(documents[3]["error"]["code"], "not_found");
}

TEST_F(SpeechCliTest, reads_a_pipe_and_a_folder) {
  auto piped = command({"run", "transcribe", "--vtt"});
  piped.input = wav_file(1'600, 0xFFFFFFFF / 2);
  const auto run = run_program(piped);
  EXPECT_EQ(run.exit_status, 0) << run.err;
  EXPECT_EQ(run.out, "WEBVTT\n\n");
  const auto folder = home_.file("probe.wav", wav_file(160, 160)).parent_path();
  EXPECT_EQ(lines({"run", "transcribe", folder.string()}, 0).size(), 1U);
}

TEST_F(SpeechCliTest, refuses_a_language_the_model_doesnt_know) {
  const auto good = home_.file("b.wav", wav_file(8'000, 8'000)).string();
  const auto error = hearth_error({"run", "transcribe", good, "--language", "fr"}, 5);
  EXPECT_EQ(error["code"], "unsupported");
}

TEST_F(SpeechCliTest, streams_of_files_end_each_with_a_line) {
  const auto good = home_.file("b_silence.wav", wav_file(8'000, 8'000)).string();
  const auto cut = home_.file("c_cut.wav", wav_file(8'000, 16'000)).string();
  const auto run = hearth({"run", "transcribe", "--stream", "--at-once", "2", good, cut, good, "--json"});
  auto documents = lines_of(run, 5, "run_transcribe_stream");
  ASSERT_EQ(documents.size(), 3U);  // the bad one, and an end for each of the others
  EXPECT_EQ(std::ranges::count_if(documents, [](const json& line) { return line.value("event", "") == "end"; }), 2);
  EXPECT_EQ(std::ranges::count_if(documents, [](const json& line) { return line.contains("error"); }), 1);
}

TEST_F(SpeechCliTest, a_stream_through_a_pipe_is_a_wav_or_bare_samples) {
  const auto piped = [this](std::vector<std::string> arguments, std::string input, int exit_status) {
    std::vector<std::string> all{"run", "transcribe", "--stream", "--json"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    auto run = command(std::move(all));
    run.input = std::move(input);
    const auto documents = lines_of(run_program(run), exit_status, "run_transcribe_stream");
    EXPECT_EQ(documents.size(), 1U);
    return documents.empty() ? json() : documents.front();
  };
  EXPECT_DOUBLE_EQ(piped({}, wav_file(1'600, 0xFFFFFFFF / 2), 0)["audio_s"].get<double>(), 0.1);
  EXPECT_DOUBLE_EQ(piped({"--pcm-rate", "8000"}, std::string(1'600, '\0'), 0)["audio_s"].get<double>(), 0.1);
  EXPECT_EQ(piped({}, "no sound at all, but text", 5)["error"]["code"], "unsupported");
  EXPECT_EQ(piped({"--pcm-rate", "8"}, "text", 3)["error"]["code"], "does_not_fit");
  EXPECT_EQ(piped({}, "", 5)["error"]["code"], "invalid_data");
}

// The floor on the shared clips: no better than it is, no worse than it was.
TEST_F(SpeechCliTest, word_error_rate_of_the_floor_on_real_speech) {
  const std::filesystem::path media = test::shared_dir() / "media";
  if (!std::filesystem::exists(media / "truth.json")) GTEST_SKIP() << "no recordings in " << media;
  std::ifstream truth_file(media / "truth.json");
  std::string reference;
  const json truths = json::parse(truth_file);
  for (const auto& [path, truth] : truths["speech"].items())
    reference += json{{"path", path}, {"text", truth["text"]}}.dump() + "\n";
  auto run = command({"run", "transcribe", (media / "speech").string(), "--json"});
  run.timeout = std::chrono::seconds(120);
  const auto transcribed = run_program(run);
  ASSERT_EQ(transcribed.exit_status, 0) << transcribed.err;
  const auto scores = hearth_json({"eval", "wer", home_.file("said.jsonl", reference).string(),
                                   home_.file("understood.jsonl", transcribed.out).string()},
                                  "eval_wer");
  RecordProperty("wer", scores["wer"].dump());
  EXPECT_EQ(scores["texts"].size(), 14U);
  EXPECT_EQ(scores["reference_words"].get<int>(), 148);
  EXPECT_LT(scores["wer"].get<double>(), 0.37) << scores.dump(1);
}

TEST_F(SpeechCliTest, eval_wer_pairs_lines_and_names_what_doesnt_pair) {
  const auto said = home_.file("said.txt", "the cat sat\non the mat\n").string();
  const auto understood = home_.file("understood.txt", "the cat sat\non a mat today\n").string();
  const auto scores = hearth_json({"eval", "wer", said, understood}, "eval_wer");
  EXPECT_DOUBLE_EQ(scores["wer"].get<double>(), 2.0 / 6.0);
  EXPECT_EQ(scores["texts"][1]["name"], "line 2");
  const auto shorter = home_.file("short.txt", "the cat sat\n").string();
  EXPECT_EQ(hearth_error({"eval", "wer", said, shorter}, 5)["code"], "invalid_data");
  const auto broken = home_.file("broken.jsonl", "{\"path\": \"a.wav\"}\n").string();
  EXPECT_EQ(hearth_error({"eval", "wer", broken, broken}, 5)["code"], "invalid_data");
  EXPECT_EQ(hearth_error({"eval", "wer", said, "/nowhere"}, 4)["code"], "not_found");
}

}  // namespace
}  // namespace hearth::test
