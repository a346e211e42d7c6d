// What the tests of plugin_host share: paths, a logger that remembers, and the test plugin over either transport.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "plugin_host/plugin_library.h"
#include "plugin_host/registry.h"
#include "plugin_host/worker_client.h"
#include "support/paths.h"

namespace hearth::test {

// The numbers of plugin.c.
inline constexpr Token kTokenWait = 30000;
inline constexpr Token kTokenDeaf = 30001;
inline constexpr Token kTokenAbort = 30002;
inline constexpr Token kTokenAbsurd = 30003;
inline constexpr std::uint32_t kVocab = 32768;
inline constexpr std::size_t kStateBytes = (1U << 20) + 3;

inline std::filesystem::path plugin_path(const std::string& variant) {
  return test::build_dir() / "tests/plugins" / ("libhearth_runtime_" + variant + ".so");
}

class RememberingLogger final : public Logger {
 public:
  void write(LogLevel, std::string_view component, std::string_view message) override {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::string(component) + ": " + std::string(message));
  }
  [[nodiscard]] bool has(const std::string& line) {
    const std::lock_guard lock(mutex_);
    return std::ranges::find(lines_, line) != lines_.end();
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

inline WorkerOptions worker_options(const std::string& variant, Logger* logger = nullptr) {
  WorkerOptions options;
  options.program = test::build_dir() / "libexec/hearth/hearth-worker";
  options.plugin = plugin_path(variant);
  options.logger = logger;
  options.grace = std::chrono::milliseconds(200);
  return options;
}

inline Result<std::shared_ptr<Runtime>> open_runtime(Transport transport, const std::string& variant,
                                                     Logger* logger = nullptr) {
  if (transport == Transport::kWorker) {
    HEARTH_ASSIGN(client, WorkerClient::start(worker_options(variant, logger)));
    return std::make_shared<Runtime>(std::move(client));
  }
  HEARTH_ASSIGN(library, PluginLibrary::open(plugin_path(variant), std::make_unique<InProcessServices>(logger)));
  return std::make_shared<Runtime>(std::move(library));
}

inline Result<std::shared_ptr<TextModel>> load_text(const Runtime& runtime, const std::string& path = "model") {
  LoadOptions options;
  options.path = path;
  HEARTH_ASSIGN(model, runtime.load(options));
  return TextModel::from(std::move(model));
}

inline CallBounds deadline_in(std::chrono::milliseconds from_now) {
  CallBounds bounds;
  bounds.deadline = std::chrono::steady_clock::now() + from_now;
  return bounds;
}

inline std::vector<BatchEntry> one(Token token) { return {{token, 0, 0, true}}; }

template <class T>
ErrorCode code_of(const Result<T>& result) {
  return result ? static_cast<ErrorCode>(0) : result.error().code;
}

// What the test plugin's rows hold.
inline bool row_is(const RowsView& rows, std::uint32_t i, Token token, float plus = 0) {
  return rows.row_size == kVocab && rows.row(i)[0] == static_cast<float>(token) + plus &&
         rows.row(i)[kVocab - 1] == static_cast<float>(token) + static_cast<float>(kVocab - 1) + plus;
}

}  // namespace hearth::test
