// Models of the runtimes that this build made, for tests of the engine.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include "plugin_host/registry.h"
#include "support/paths.h"

namespace hearth {

// The value, or a failure of the test with the error's text.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(to_string(result.error()));
  return std::move(result).value();
}
inline void must(Status status) {
  if (!status) throw std::runtime_error(to_string(status.error()));
}

// A registry over this build's plugins and worker program. Whether a runtime was built is has().
class TestRuntimes {
 public:
  [[nodiscard]] bool has(const std::string& runtime) const {
    const auto names = registry_.names();
    return std::ranges::find(names, runtime) != names.end();
  }
  [[nodiscard]] std::shared_ptr<TextModel> load(const std::string& runtime, const std::filesystem::path& file,
                                                Transport transport = Transport::kInProcess,
                                                const std::string& extra_json = {}) {
    LoadOptions options;
    options.path = file.string();
    options.n_threads = 2;
    options.extra_json = extra_json;
    return must(TextModel::from(must(must(registry_.open(runtime, transport))->load(options))));
  }
  // A fake model from the text of its script.
  [[nodiscard]] std::shared_ptr<TextModel> fake(const std::string& script,
                                                Transport transport = Transport::kInProcess) {
    return load("fake", file("model" + std::to_string(n_files_++) + ".fake.json", script), transport);
  }
  // A file of this test's own.
  [[nodiscard]] static std::filesystem::path file(const std::string& name, const std::string& bytes) {
    const auto folder = std::filesystem::path(testing::TempDir()) / ("hearth-engine-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    std::ofstream(folder / name, std::ios::binary) << bytes;
    return folder / name;
  }
  [[nodiscard]] static std::filesystem::path sample(const std::string& name) {
    return test::source_dir() / "runtimes/fake/scripts" / name;
  }
  [[nodiscard]] static std::filesystem::path starter() {
    return test::source_dir() / "data/starter/hearth-starter.gguf";
  }
  [[nodiscard]] static std::filesystem::path shared(const std::string& name) { return test::shared_dir() / name; }

 private:
  RuntimeRegistry registry_{
      {{test::build_dir() / "lib/hearth/runtimes"}, test::build_dir() / "libexec/hearth/hearth-worker", nullptr}};
  int n_files_ = 0;
};

}  // namespace hearth
