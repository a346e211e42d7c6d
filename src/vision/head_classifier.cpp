// Classifiers: one output of which one dimension counts.
#include <fmt/format.h>

#include "vision/head.h"

namespace hearth {
namespace {

// The number of classes of [N,C], [N,C,1,1] or [N,1,1,C]; 0 for anything else.
std::size_t classes_of(const Shape& shape) {
  if (shape.rank() != 2 && shape.rank() != 4) return 0;
  std::size_t n_classes = 1;
  for (std::size_t i = 1; i < shape.rank(); ++i) {
    if (shape[i] == 1) continue;
    if (shape[i] < 1 || n_classes != 1) return 0;
    n_classes = static_cast<std::size_t>(shape[i]);
  }
  return n_classes > 1 ? n_classes : 0;
}

// How classifiers of a format are trained, as far as names and types tell; a model's record says it for certain.
InputConvention classifier_input(const GraphFacts& facts) {
  InputConvention input;
  input.resize = ResizeMode::kStretch;
  const auto& output = facts.outputs()[0].spec;
  const bool is_caffe =
      facts.model.inputs.size() == 1 && facts.model.inputs[0].spec.name == "data" && output.name.find("prob") == 0;
  if (is_caffe) {
    // Source: Caffe's ImageNet models (deploy.prototxt names and the mean of ILSVRC 2012): BGR less the mean.
    input.colour = PixelFormat::kBgr;
    input.mean = {104, 117, 123};
    return input;
  }
  if (facts.is_ultralytics) {
    input.resize = ResizeMode::kCentreCrop;
    input.scale = {1 / 255.0F, 1 / 255.0F, 1 / 255.0F};
    return input;
  }
  if (facts.model.format == "tflite") {
    // Source: TensorFlow's Inception preprocessing, which its mobile models keep to.
    input.mean = {127.5F, 127.5F, 127.5F};
    input.scale = {1 / 127.5F, 1 / 127.5F, 1 / 127.5F};
    return input;
  }
  // Source: torchvision's ImageNet transforms: resize to 256, crop 224, mean and deviation.
  input.resize = ResizeMode::kCentreCrop;
  input.crop_fraction = 0.875F;
  input.mean = {123.675F, 116.28F, 103.53F};
  input.scale = {1 / 58.395F, 1 / 57.12F, 1 / 57.375F};
  return input;
}

}  // namespace

std::optional<RecognisedHead> recognise_classifier(const GraphFacts& facts) {
  if (facts.outputs().size() != 1) return std::nullopt;
  const Shape& shape = facts.outputs()[0].spec.shape;
  const std::size_t n_classes = classes_of(shape);
  if (n_classes == 0 || (facts.n_classes != 0 && facts.n_classes != n_classes)) return std::nullopt;
  RecognisedHead head;
  head.task = VisionTask::kClassify;
  head.classification = std::make_shared<ClassificationHead>(0, n_classes);
  head.input = classifier_input(facts);
  head.n_classes = n_classes;
  head.recognition = fmt::format("output {} is {} class scores", shape.text(), n_classes);
  return head;
}

}  // namespace hearth
