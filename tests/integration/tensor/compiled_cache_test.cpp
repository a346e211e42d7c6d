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
  // What was compiled is the largest file; beside it may lie what the model's file says of itself.
  [[nodiscard]] static fs::path compiled_in(const fs::path& folder) {
    fs::path found;
    std::uintmax_t bytes = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() != ".bin" || entry.file_size() <= bytes) continue;
      found = entry.path();
      bytes = entry.file_size();
    }
    return found;
  }
  [[nodiscard]] static fs::path record_of(fs::path compiled) { return compiled.replace_extension(".json"); }

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
  const auto file = compiled_in(folder_);
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
  fs::resize_file(compiled_in(folder_), 100);
  EXPECT_EQ(run(info, load_), cold);
  EXPECT_FALSE(info.from_cache);
  std::ofstream(record_of(compiled_in(folder_))) << "{";
  EXPECT_EQ(run(info, load_), cold);
  EXPECT_FALSE(info.from_cache);
  EXPECT_NE(info.cache_note.find("record"), std::string::npos) << info.cache_note;
}

TEST_P(CompiledCache, a_foreign_file_under_this_name_is_not_used) {
  TensorSessionInfo info;
  (void)run(info, load_);
  const auto own = compiled_in(folder_);
  auto other = load_;
  other.path = shared_model("detect/yolox-nano.onnx");
  if (other.path.empty()) GTEST_SKIP() << "yolox-nano.onnx is not on this machine";
  other.cache_dir = (folder_ / "other").string();
  (void)run(info, other);
  const auto others = compiled_in(other.cache_dir);
  fs::copy_file(others, own, fs::copy_options::overwrite_existing);
  fs::copy_file(record_of(others), record_of(own), fs::copy_options::overwrite_existing);
  (void)run(info, load_);
  EXPECT_FALSE(info.from_cache);
  EXPECT_NE(info.cache_note.find("another model"), std::string::npos) << info.cache_note;
}

TEST_P(CompiledCache, a_warm_start_tells_the_same_ports_and_metadata) {
  const auto cold = open_model(runtime_, load_);
  ASSERT_TRUE(cold) << to_string(cold.error());
  const auto warm = open_model(runtime_, load_);
  ASSERT_TRUE(warm) << to_string(warm.error());
  EXPECT_TRUE(warm->session->info().from_cache) << warm->session->info().cache_note;
  EXPECT_EQ(warm->model->ports().inputs, cold->model->ports().inputs);
  EXPECT_EQ(warm->model->ports().outputs, cold->model->ports().outputs);
  EXPECT_EQ(warm->model->metadata_json().value(), cold->model->metadata_json().value());
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
