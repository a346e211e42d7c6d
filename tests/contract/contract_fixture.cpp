#include "contract_fixture.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <ostream>

#include "support/paths.h"

namespace hearth::contract {

namespace fs = std::filesystem;

void PrintTo(const Subject& subject, std::ostream* out) { *out << subject.name; }

std::vector<Subject> subjects() {
  constexpr const char* kStory = "runtimes/fake/scripts/story.fake.json";
  constexpr const char* kPirate = "runtimes/fake/scripts/pirate.fake-adapter.json";
  constexpr const char* kStories260K = "shared/models/llm/stories260K-f32.gguf";
  constexpr const char* kStarter = "data/starter/hearth-starter.gguf";
  return {{"fake_in_process", "fake", kStory, kPirate, Transport::kInProcess},
          {"fake_worker", "fake", kStory, kPirate, Transport::kWorker},
          {"llama_stories260K_in_process", "llama", kStories260K, "", Transport::kInProcess},
          {"llama_stories260K_worker", "llama", kStories260K, "", Transport::kWorker},
          {"llama_starter_in_process", "llama", kStarter, "", Transport::kInProcess},
          {"llama_starter_worker", "llama", kStarter, "", Transport::kWorker}};
}

std::string subject_name(const testing::TestParamInfo<Subject>& info) { return info.param.name; }

RegistryOptions registry_options() {
  const fs::path build = test::build_dir();
  return {{build / "lib/hearth/runtimes"}, build / "libexec/hearth/hearth-worker", nullptr};
}

std::string resolve(std::string_view file) {
  constexpr std::string_view kShared = "shared/";
  const fs::path path =
      file.starts_with(kShared) ? test::shared_dir() / file.substr(kShared.size()) : test::source_dir() / file;
  return fs::exists(path) ? path.string() : std::string();
}

std::string temporary_file(std::string_view name, std::string_view bytes) {
  const auto folder = fs::path(testing::TempDir()) / ("hearth-contract-" + std::to_string(getpid()));
  fs::create_directories(folder);
  const auto path = folder / name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path.string();
}

std::size_t largest(std::span<const float> row) {
  return static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
}

std::vector<Row> copies(const RowsView& rows) {
  std::vector<Row> all;
  for (std::uint32_t i = 0; i < rows.n_rows; ++i) all.emplace_back(rows.row(i).begin(), rows.row(i).end());
  return all;
}

void expect_near(const Row& a, const Row& b, float share) {
  ASSERT_EQ(a.size(), b.size());
  float worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  EXPECT_LE(worst, share * (std::ranges::max(b) - std::ranges::min(b)));
  EXPECT_EQ(largest(a), largest(b));
}

void Contract::SetUp() {
  const auto& subject = GetParam();
  registry_ = std::make_unique<RuntimeRegistry>(registry_options());
  const auto names = registry_->names();
  if (std::ranges::find(names, subject.runtime) == names.end()) {
    GTEST_SKIP() << "the runtime '" << subject.runtime << "' was not built here";
  }
  model_path_ = resolve(subject.model);
  if (model_path_.empty()) GTEST_SKIP() << "the model " << subject.model << " is not on this machine";
  runtime_ = must(registry_->open(subject.runtime, subject.transport));
}

LoadOptions Contract::load_options() const {
  LoadOptions options;
  options.path = model_path_;
  options.n_threads = 2;
  return options;
}

std::shared_ptr<TextModel> Contract::load() const {
  return must(TextModel::from(must(runtime_->load(load_options()))));
}

TextOptions Contract::text_options() {
  TextOptions options;
  options.n_ctx = 256;
  options.n_batch = 256;
  options.n_seq_max = 4;
  options.unified_kv = Toggle::kOn;
  return options;
}

std::unique_ptr<TextContext> Contract::new_context(const TextModel& model, const TextOptions& options) {
  return must(model.new_context(options));
}

std::vector<Token> Contract::prompt(const TextModel& model, std::size_t n_min) {
  std::string text = "Once upon a time";
  auto tokens = must(model.tokenize(text, true, false));
  while (tokens.size() < n_min) {
    text += ", there was a little girl named Lily. She loved to play outside in the park";
    tokens = must(model.tokenize(text, true, false));
  }
  return tokens;
}

std::vector<BatchEntry> batch_of(std::span<const Token> tokens, std::int32_t p0, std::int32_t sequence, bool all) {
  std::vector<BatchEntry> batch;
  for (const auto token : tokens) batch.push_back({token, p0++, sequence, all});
  batch.back().wants_output = true;
  return batch;
}

Row next_logits(TextContext& context, std::span<const Token> tokens, std::int32_t p0, std::int32_t sequence) {
  const auto rows = must(context.decode(batch_of(tokens, p0, sequence)));
  EXPECT_EQ(rows.n_rows, 1U);
  return copies(rows).at(0);
}

std::vector<Token> greedy(TextContext& context, std::vector<Token> tokens, std::size_t n) {
  std::vector<Token> said;
  std::int32_t position = 0;
  while (said.size() < n) {
    const auto row = next_logits(context, tokens, position);
    position += static_cast<std::int32_t>(tokens.size());
    said.push_back(static_cast<Token>(largest(row)));
    tokens = {said.back()};
  }
  return said;
}

}  // namespace hearth::contract
