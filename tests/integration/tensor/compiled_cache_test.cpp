// What was compiled is used again; what is broken or somebody else's is not.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "tensor_fixture.h"

namespace hearth::tensor_tests {
namespace {

namespace fs = std::filesystem;

class CompiledCache : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    std::string why;
    if (!is_here(registry_, GetParam(), why)) GTEST_SKIP() << why;
    load_.path = shared_model("detect/fastestdet.onnx");
    if (load_.path.empty()) GTEST_SKIP() << "fastestdet.onnx is not on this machine";
    folder_ = fs::path(testing::TempDir()) / ("hearth-compiled-" + std::to_string(getpid()) + "-" + GetParam());
    fs::remove_all(folder_);
    load_.cache_dir = folder_.string();
    runtime_ = registry_.open(GetParam(), Transport::kInProcess).value();
  }
  void TearDown() override {
    if (!folder_.empty()) fs::remove_all(folder_);
  }
  // One output of one run.
  std::vector<float> run(TensorSessionInfo& info, const LoadOptions& load) {
    auto loaded = open_model(runtime_, load, {}, 1.0F);
    EXPECT_TRUE(loaded) << to_string(loaded.error());
    EXPECT_TRUE(loaded->request->run());
    info = loaded->session->info();
    return floats_of(loaded->request->tensor(Port::kOutput, 0).value()).value();
  }
  [[nodiscard]] fs::path only(const std::string& extension) const {
    fs::path found;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (entry.path().extension() == extension) found = entry.path();
    }
    return found;
  }

  RuntimeRegistry registry_{registry_options()};
  std::shared_ptr<Runtime> runtime_;
  LoadOptions load_;
  fs::path folder_;
};
INSTANTIATE_TEST_SUITE_P(All, CompiledCache, testing::Values("onnxruntime", "openvino"),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(CompiledCache, the_second_start_takes_what_the_first_compiled) {
  TensorSessionInfo info;
  const auto cold = run(info, load_);
  EXPECT_FALSE(info.from_cache);
  EXPECT_EQ(info.cache_note, "");
  const auto warm = run(info, load_);
  EXPECT_TRUE(info.from_cache) << info.cache_note;
  EXPECT_EQ(cold, warm);
}

TEST_P(CompiledCache, a_damaged_file_is_found_and_compiled_again) {
  TensorSessionInfo info;
  const auto cold = run(info, load_);
  const auto file = only(".bin");
  ASSERT_FALSE(file.empty());
  {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(fs::file_size(file) / 2));
    bytes.put('\x5a');
    bytes.put('\xa5');
  }
  EXPECT_EQ(run(info, load_), cold);
  EXPECT_FALSE(info.from_cache);
  EXPECT_NE(info.cache_note.find("checksum"), std::string::npos) << info.cache_note;
  (void)run(info, load_);
  EXPECT_TRUE(info.from_cache);
}

TEST_P(CompiledCache, a_truncated_file_and_a_broken_record_are_found) {
  TensorSessionInfo info;
  const auto cold = run(info, load_);
  fs::resize_file(only(".bin"), 100);
  EXPECT_EQ(run(info, load_), cold);
  EXPECT_FALSE(info.from_cache);
  std::ofstream(only(".json")) << "{";
  EXPECT_EQ(run(info, load_), cold);
  EXPECT_FALSE(info.from_cache);
  EXPECT_NE(info.cache_note.find("record"), std::string::npos) << info.cache_note;
}

TEST_P(CompiledCache, a_foreign_file_under_this_name_is_not_used) {
  TensorSessionInfo info;
  (void)run(info, load_);
  const auto own_file = only(".bin");
  const auto own_record = only(".json");
  auto other = load_;
  other.path = shared_model("detect/yolox-nano.onnx");
  if (other.path.empty()) GTEST_SKIP() << "yolox-nano.onnx is not on this machine";
  other.cache_dir = (folder_ / "other").string();
  (void)run(info, other);
  for (const auto& entry : fs::directory_iterator(other.cache_dir))
    fs::copy_file(entry.path(), entry.path().extension() == ".bin" ? own_file : own_record,
                  fs::copy_options::overwrite_existing);
  (void)run(info, load_);
  EXPECT_FALSE(info.from_cache);
  EXPECT_NE(info.cache_note.find("another model"), std::string::npos) << info.cache_note;
}

TEST_P(CompiledCache, a_folder_that_cant_be_written_is_an_error_that_names_it) {
  std::ofstream(folder_.string()) << "a file, no folder";
  const auto refused = open_model(runtime_, load_, {}, 1.0F);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kIo);
  EXPECT_NE(refused.error().message.find(folder_.string()), std::string::npos);
}

}  // namespace
}  // namespace hearth::tensor_tests
