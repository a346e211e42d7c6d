// The llama plugin as Hearth opens it, and the models of the shared folder.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"
#include "plugin_host/runtime.h"
#include "support/paths.h"

namespace hearth::test {

// Keeps what the plugin logs. Internally locked.
class LogRecorder final : public Logger {
 public:
  void write(LogLevel level, std::string_view component, std::string_view message) override;
  [[nodiscard]] bool has(LogLevel level, std::string_view part) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<LogLevel, std::string>> lines_;
};

// One plugin for the program, as plugins live to its end.
Runtime& llama_runtime();
LogRecorder& llama_log();

// Empty where the shared folder or the file is absent.
std::filesystem::path shared_model(const std::string& name);
std::vector<std::filesystem::path> shared_models(const std::string& folder, const std::string& extension);

// Loads or ends the test with the reason.
std::shared_ptr<TextModel> load_text(const LoadOptions& options);
std::unique_ptr<TextContext> make_context(const TextModel& model, TextOptions options = {});

std::vector<BatchEntry> prompt_batch(const std::vector<Token>& tokens, std::int32_t sequence = 0,
                                     std::int32_t position = 0);
Token best_token(const RowsView& rows, std::uint32_t row = 0);
// Decodes `prompt` from `position` on and then `n` tokens greedily, which it returns.
std::vector<Token> greedy(TextContext& context, const std::vector<Token>& prompt, int n, std::int32_t sequence = 0,
                          std::int32_t position = 0);

// A file that goes with the test.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& name, std::string_view bytes);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

std::string read_bytes(const std::filesystem::path& path);

}  // namespace hearth::test

// Ends the test as skipped, with the reason, unless `path` names a file.
#define HEARTH_NEED_MODEL(path) \
  if ((path).empty())           \
  GTEST_SKIP() << "no models in " << test::shared_dir() << "; set HEARTH_SHARED_DIR to a folder that has them"
