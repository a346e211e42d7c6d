// Files that are not what they should be: each has its error, with the file's name in it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "tensor_fixture.h"
#include "tiny_onnx.h"

namespace hearth::tensor_tests {
namespace {

namespace fs = std::filesystem;

class BadModels : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    std::string why;
    if (!is_here(registry_, GetParam(), why)) GTEST_SKIP() << why;
    runtime_ = registry_.open(GetParam(), Transport::kInProcess).value();
    folder_ = fs::path(testing::TempDir()) / ("hearth-bad-" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return (folder_ / name).string();
  }
  // The error of load and compile; success is a failure of the test.
  Error error_of(const std::string& path) {
    LoadOptions load;
    load.path = path;
    const auto loaded = open_model(runtime_, load);
    EXPECT_FALSE(loaded) << "succeeded, but must fail";
    if (loaded) return {};
    EXPECT_NE(loaded.error().message.find(fs::path(path).filename().string()), std::string::npos)
        << loaded.error().message;
    return loaded.error();
  }

  RuntimeRegistry registry_{registry_options()};
  std::shared_ptr<Runtime> runtime_;
  fs::path folder_;
};
INSTANTIATE_TEST_SUITE_P(All, BadModels, testing::Values("onnxruntime", "openvino"),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(BadModels, the_model_they_are_made_from_runs) {
  LoadOptions load;
  load.path = write("good.onnx", add_model(13));
  const auto loaded = open_model(runtime_, load);
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_TRUE(loaded->request->run());
}

TEST_P(BadModels, weights_in_a_file_that_is_missing_are_named) {
  const auto error = error_of(write("external.onnx", add_model(13, "weights.data")));
  EXPECT_EQ(error.code, ErrorCode::kNotFound) << to_string(error);
}

TEST_P(BadModels, an_opset_of_the_future_is_refused) {
  const auto path = write("future.onnx", add_model(120));
  LoadOptions load;
  load.path = path;
  if (std::string(GetParam()) == "openvino" && open_model(runtime_, load))
    GTEST_SKIP() << "this OpenVINO reads a newer opset as the newest that it knows";
  const auto error = error_of(path);
  EXPECT_TRUE(error.code == ErrorCode::kInvalidData || error.code == ErrorCode::kUnsupported) << to_string(error);
}

TEST_P(BadModels, a_truncated_file_is_refused_at_every_length) {
  const auto whole = add_model(13);
  for (std::size_t n = 1; n < whole.size(); n += 9)
    EXPECT_EQ(error_of(write("cut.onnx", whole.substr(0, n))).code, ErrorCode::kInvalidData) << n << " bytes";
}

TEST_P(BadModels, no_file_a_folder_and_no_model_are_refused) {
  EXPECT_EQ(error_of((folder_ / "nothing.onnx").string()).code, ErrorCode::kNotFound);
  EXPECT_EQ(error_of(folder_.string()).code, ErrorCode::kInvalidData);
  EXPECT_EQ(error_of(write("text.onnx", "this is no model")).code, ErrorCode::kInvalidData);
  EXPECT_EQ(error_of(write("empty.onnx", "")).code, ErrorCode::kInvalidData);
}

TEST_P(BadModels, an_input_without_elements_is_refused_where_it_is_bound) {
  LoadOptions load;
  load.path = write("zero.onnx", add_model(13, "", {0, 4}));
  const auto loaded = runtime_->load(load);
  if (!loaded) return;  // refused earlier: as good
  const auto session = TensorModel::from(*loaded).value()->new_session({});
  if (!session) return;
  const auto request = TensorSession::new_request(*session).value();
  const auto refused = request->allocate(Port::kInput, 0, {0, 4});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
}

TEST_P(BadModels, an_ir_without_its_weights_is_named) {
  if (std::string(GetParam()) != "openvino") GTEST_SKIP() << "only OpenVINO reads IR";
  const auto xml = shared_model("detect/nanodet-m.xml");
  if (xml.empty()) GTEST_SKIP() << "nanodet-m.xml is not on this machine";
  std::ifstream file(xml, std::ios::binary);
  const auto error = error_of(write("alone.xml", std::string{std::istreambuf_iterator<char>(file), {}}));
  EXPECT_EQ(error.code, ErrorCode::kNotFound);
  EXPECT_NE(error.message.find("alone.bin"), std::string::npos);
}

}  // namespace
}  // namespace hearth::tensor_tests
