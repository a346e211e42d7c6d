// A KvCache with blocks on SSD, started anew as often as a test likes.
#pragma once

#include <fstream>
#include <iterator>

#include "engine/block_files.h"
#include "engine/kv_cache_fixture.h"

namespace hearth {

inline std::uint32_t from_ssd(const KvAnswer& answer) { return answer.reused.tokens[2]; }

inline std::vector<std::filesystem::path> block_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

inline std::string content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void put(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

class KvSsdTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!runtimes_.has("fake")) GTEST_SKIP() << "the runtime 'fake' was not built here";
    model_ = runtimes_.fake(fake_script());
    folder_ = fresh_folder(testing::UnitTest::GetInstance()->current_test_info()->name());
    options_ = kv_options(1, 0);
    options_.ssd_bytes = 1 << 20;
    options_.ssd_folder = folder_;
  }
  // As a process would that starts anew.
  KvDriver driver() { return {model_, options_}; }
  KvAnswer fresh_run(const std::vector<Token>& prompt) { return driver().run(prompt); }
  void write_blocks(const std::vector<Token>& prompt) {
    auto d = driver();
    d.run(prompt);
    d.cache().flush(5);
  }
  KvAnswer plain(const std::vector<Token>& prompt) { return KvDriver(model_, kv_options(1, 0)).run(prompt, 4, false); }
  TestRuntimes runtimes_;
  std::shared_ptr<TextModel> model_;
  std::filesystem::path folder_;
  KvCacheOptions options_;
};

}  // namespace hearth
