#include <openvino/core/preprocess/pre_post_process.hpp>

#include "ov_session.h"

namespace hearth::openvino {
namespace {

ov::preprocess::ColorFormat colours(const std::string& name) {
  return name == "BGR" ? ov::preprocess::ColorFormat::BGR : ov::preprocess::ColorFormat::RGB;
}

ov::preprocess::ResizeAlgorithm algorithm(const std::string& name) {
  if (name == "cubic") return ov::preprocess::ResizeAlgorithm::RESIZE_CUBIC;
  return name == "nearest" ? ov::preprocess::ResizeAlgorithm::RESIZE_NEAREST
                           : ov::preprocess::ResizeAlgorithm::RESIZE_LINEAR;
}

void describe_tensor(ov::preprocess::InputTensorInfo& tensor, const nlohmann::json& steps) {
  tensor.set_element_type(steps.value("type", "u8") == "f32" ? ov::element::f32 : ov::element::u8);
  tensor.set_layout(ov::Layout(steps.value("layout", "NHWC")));
  if (steps.contains("colour")) tensor.set_color_format(colours(steps["colour"]));
  const auto height = steps.value("height", std::int64_t{0});
  const auto width = steps.value("width", std::int64_t{0});
  if (height > 0 && width > 0)
    tensor.set_spatial_static_shape(static_cast<std::size_t>(height), static_cast<std::size_t>(width));
  else if (height < 0 || width < 0)
    tensor.set_spatial_dynamic_shape();
}

}  // namespace

std::shared_ptr<ov::Model> with_preprocessing(std::shared_ptr<ov::Model> model, const nlohmann::json& steps) {
  if (steps.empty()) return model;
  const std::string name = steps["input"];
  return with_ov_errors(HEARTH_INVALID_ARGUMENT, "fusing pre-processing into the input '" + name + "'", [&] {
    ov::preprocess::PrePostProcessor processor(model);
    auto& input = processor.input(name);
    describe_tensor(input.tensor(), steps);
    input.model().set_layout(ov::Layout(steps.value("model_layout", "NCHW")));
    auto& work = input.preprocess();
    work.convert_element_type(ov::element::f32);
    if (steps.contains("resize")) work.resize(algorithm(steps["resize"]));
    if (steps.contains("colour") && steps.contains("model_colour")) work.convert_color(colours(steps["model_colour"]));
    if (steps.contains("mean")) work.mean(steps["mean"].get<std::vector<float>>());
    if (steps.contains("scale")) work.scale(steps["scale"].get<std::vector<float>>());
    return processor.build();
  });
}

}  // namespace hearth::openvino
