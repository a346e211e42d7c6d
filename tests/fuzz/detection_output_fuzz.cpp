// Output tensors of any numbers through every detection head: boxes that come out lie in the picture, whatever went in.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "vision/detection.h"

namespace {

using hearth::DataType;
using hearth::Shape;

constexpr std::int32_t kSide = 64;

// Outputs that a head is recognised by, for an input of 64 x 64.
const std::vector<std::vector<Shape>>& heads() {
  static const std::vector<std::vector<Shape>> kHeads{
      {{1, 12, 84}},
      {{1, 84, 84}},
      {{1, 252, 9}},
      {{1, 84, 9}},
      {{1, 20, 6}},
      {{1, 8, 4, 4}},
      {{1, 64, 3}, {1, 64, 32}, {1, 16, 3}, {1, 16, 32}, {1, 4, 3}, {1, 4, 32}},
      {{1, 1, 9, 7}},
      {{1, 9, 4}, {1, 9}, {1, 9}, {1}},
      {{1, 10, 5}, {1, 10, 4}},
      {{1, 39, 84}, {1, 32, 16, 16}},
  };
  return kHeads;
}

hearth::VisionPort port(std::string name, const Shape& shape) {
  hearth::VisionPort made;
  made.spec = {std::move(name), DataType::kF32, shape, ""};
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const auto& shapes = heads()[data[0] % heads().size()];
  hearth::VisionModelFacts facts;
  facts.inputs = {port("images", {1, 3, kSide, kSide})};
  for (std::size_t i = 0; i < shapes.size(); ++i) facts.outputs.push_back(port(std::to_string(i), shapes[i]));
  const auto model = hearth::recognise_vision_model(facts);
  if (!model || !model->detection) return 0;
  std::vector<std::vector<float>> values;
  std::vector<hearth::TensorView> outputs;
  std::size_t at = 3;
  for (const Shape& shape : shapes) {
    auto& tensor = values.emplace_back(static_cast<std::size_t>(*shape.n_elements()), 0.0F);
    for (float& value : tensor) {
      if (at + 4 > size) break;
      std::memcpy(&value, data + at, 4);
      at += 4;
    }
  }
  for (std::size_t i = 0; i < shapes.size(); ++i) outputs.push_back(hearth::view_of(std::span(values[i]), shapes[i]));
  hearth::DetectionOptions options;
  options.score_threshold = static_cast<float>(data[1]) / 255;
  options.multi_label = data[2] % 2 != 0;
  options.candidates_max = 50;
  const hearth::Geometry geometry{
      .source_width = 100, .source_height = 80, .input_width = kSide, .input_height = kSide};
  hearth::DetectionReader reader;
  hearth::Detections found;
  if (!reader.read(*model, {outputs, 0, geometry}, options, found)) return 0;
  for (const auto& object : found.objects) {
    const auto& box = object.box;
    if (!(box.x0 >= 0 && box.y0 >= 0 && box.x1 <= 100 && box.y1 <= 80 && box.x0 < box.x1 && box.y0 < box.y1))
      std::abort();
    if (!std::isfinite(object.score) || object.score < options.score_threshold || object.class_id < 0) std::abort();
  }
  return 0;
}
