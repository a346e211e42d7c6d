#include "llama_fixture.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "plugin_host/registry.h"
#include "support/paths.h"

namespace hearth::test {

void LogRecorder::write(LogLevel level, std::string_view /*component*/, std::string_view message) {
  const std::lock_guard lock(mutex_);
  lines_.emplace_back(level, message);
}

bool LogRecorder::has(LogLevel level, std::string_view part) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(
      lines_, [&](const auto& line) { return line.first == level && line.second.find(part) != std::string::npos; });
}

LogRecorder& llama_log() {
  static LogRecorder recorder;
  return recorder;
}

Runtime& llama_runtime() {
  static RuntimeRegistry registry(
      {.plugin_folders = {test::build_dir() / "lib/hearth/runtimes"}, .worker_program = {}, .logger = &llama_log()});
  static const auto runtime = registry.open("llama", Transport::kInProcess);
  if (!runtime) throw std::runtime_error(to_string(runtime.error()));
  return **runtime;
}

std::filesystem::path shared_model(const std::string& name) {
  const auto path = test::shared_dir() / "models" / name;
  return std::filesystem::exists(path) ? path : std::filesystem::path();
}

std::vector<std::filesystem::path> shared_models(const std::string& folder, const std::string& extension) {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(test::shared_dir() / "models" / folder, error)) {
    if (entry.path().extension() == extension) found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

std::shared_ptr<TextModel> load_text(const LoadOptions& options) {
  auto model = llama_runtime().load(options);
  if (!model) throw std::runtime_error(to_string(model.error()));
  auto text = TextModel::from(*model);
  if (!text) throw std::runtime_error(to_string(text.error()));
  return *text;
}

std::unique_ptr<TextContext> make_context(const TextModel& model, TextOptions options) {
  if (options.n_ctx == 0) options.n_ctx = 512;
  if (options.n_threads == 0) options.n_threads = 2;
  auto context = model.new_context(options);
  if (!context) throw std::runtime_error(to_string(context.error()));
  return std::move(*context);
}

std::vector<BatchEntry> prompt_batch(const std::vector<Token>& tokens, std::int32_t sequence, std::int32_t position) {
  std::vector<BatchEntry> batch;
  for (const auto token : tokens) batch.push_back({token, position++, sequence, false});
  if (!batch.empty()) batch.back().wants_output = true;
  return batch;
}

Token best_token(const RowsView& rows, std::uint32_t row) {
  const auto logits = rows.row(row);
  return static_cast<Token>(std::ranges::max_element(logits) - logits.begin());
}

std::vector<Token> greedy(TextContext& context, const std::vector<Token>& prompt, int n, std::int32_t sequence,
                          std::int32_t position) {
  std::vector<Token> tokens;
  auto batch = prompt_batch(prompt, sequence, position);
  position += static_cast<std::int32_t>(prompt.size());
  for (int i = 0; i < n; ++i) {
    const auto rows = context.decode(batch);
    if (!rows) throw std::runtime_error(to_string(rows.error()));
    tokens.push_back(best_token(*rows));
    batch = {{tokens.back(), position++, sequence, true}};
  }
  return tokens;
}

TemporaryFile::TemporaryFile(const std::string& name, std::string_view bytes)
    : path_(std::filesystem::temp_directory_path() / ("hearth-llama-" + std::to_string(getpid()) + "-" + name)) {
  std::ofstream(path_, std::ios::binary) << bytes;
}

TemporaryFile::~TemporaryFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace hearth::test
