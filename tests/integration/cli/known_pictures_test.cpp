// Real models on pictures of which it is known what they show (media/truth.json beside the models).
#include <algorithm>
#include <fstream>

#include "cli_fixture.h"
#include "support/paths.h"

namespace hearth::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

double overlap(const json& a, const json& b) {
  const auto side = [&](std::size_t low) {
    return std::min(a[low + 2].get<double>(), b[low + 2].get<double>()) -
           std::max(a[low].get<double>(), b[low].get<double>());
  };
  const auto area = [](const json& box) {
    return (box[2].get<double>() - box[0].get<double>()) * (box[3].get<double>() - box[1].get<double>());
  };
  const double shared = std::max(0.0, side(0)) * std::max(0.0, side(1));
  return shared / (area(a) + area(b) - shared);
}

class KnownPictures : public CliTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    std::ifstream file(shared_dir() / "media/truth.json");
    if (!file) GTEST_SKIP() << "the pictures are not here";
    truth_ = json::parse(file)["images"];
    if (!fs::exists(model())) GTEST_SKIP() << GetParam() << " is not here";
    const std::string runtime = fs::path(GetParam()).extension() == ".onnx" ? "onnxruntime" : "openvino";
    const auto plugin = "libhearth_runtime_" + runtime + ".so";
    if (!fs::exists(build_dir() / "lib/hearth/runtimes" / plugin)) GTEST_SKIP() << runtime << " is not built";
  }
  [[nodiscard]] static fs::path model() { return shared_dir() / "models" / GetParam(); }
  // The line of one picture.
  [[nodiscard]] json look(const char* task, const std::string& picture) const {
    const auto result =
        hearth({"run", task, "-m", model().string(), (shared_dir() / "media" / picture).string(), "--json"});
    EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
    return json::parse(result.out, nullptr, false);
  }
  json truth_;
};

class Detectors : public KnownPictures {};
TEST_P(Detectors, find_the_bus_and_the_people) {
  const json line = look("detect", "images/bus.jpg");
  for (const auto& thing : truth_["images/bus.jpg"]) {
    const auto is_it = [&](const json& object) {
      return object["label"] == thing["label"] && overlap(object["box"], thing["box"]) >= 0.5;
    };
    EXPECT_TRUE(std::ranges::any_of(line["objects"], is_it)) << thing << " is not among " << line["objects"];
  }
}
INSTANTIATE_TEST_SUITE_P(Models, Detectors,
                         testing::Values("detect/yolox-nano.onnx", "detect/yolov8n-int8-dynamic.onnx",
                                         "detect/yolov8n-int8-dynamic.tflite", "detect/yolov8n-int8-full.tflite"));

class Classifiers : public KnownPictures {};
TEST_P(Classifiers, name_the_cat_and_the_parrot) {
  for (const char* picture : {"images/cat.bmp", "images/parrot.jpg"}) {
    const json line = look("classify", picture);
    ASSERT_FALSE(line["labels"].empty()) << line;
    const auto label = line["labels"][0]["label"].get<std::string>();
    EXPECT_NE(label.find(truth_[picture]["class"].get<std::string>()), std::string::npos) << label;
  }
}
INSTANTIATE_TEST_SUITE_P(Models, Classifiers,
                         testing::Values("classify/mobilenet_v2_1.0_224_quant.tflite",
                                         "classify/squeezenet_v1.1.onnx"));

}  // namespace
}  // namespace hearth::test
