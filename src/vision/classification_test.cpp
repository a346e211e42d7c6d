#include "vision/classification.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hearth {
namespace {

VisionModel classifier(const Shape& output, DataType type = DataType::kF32, Quantization quantization = {}) {
  VisionModelFacts facts;
  facts.format = "onnx";
  VisionPort input;
  input.spec = {"input", DataType::kF32, {1, 3, 32, 32}, ""};
  VisionPort scores;
  scores.spec = {"scores", type, output, ""};
  scores.quantization = quantization;
  facts.inputs = {input};
  facts.outputs = {scores};
  auto model = recognise_vision_model(facts);
  EXPECT_TRUE(model) << to_string(model.error());
  return model ? std::move(model).value() : VisionModel{};
}

TEST(Classification, logits_become_probabilities_best_first) {
  std::vector<float> values{1, 3, 2, -1};
  for (const Shape& shape : {Shape{1, 4}, Shape{1, 4, 1, 1}, Shape{1, 1, 1, 4}}) {
    const auto model = classifier(shape);
    ASSERT_EQ(model.task, VisionTask::kClassify);
    ClassificationReader reader;
    std::vector<Classification> best;
    const std::vector<TensorView> outputs{view_of(std::span(values), shape)};
    ASSERT_TRUE(reader.read(model, outputs, 0, 2, best));
    ASSERT_EQ(best.size(), 2U);
    EXPECT_EQ(best[0].class_id, 1);
    EXPECT_EQ(best[1].class_id, 2);
    const double sum = std::exp(1) + std::exp(3) + std::exp(2) + std::exp(-1);
    EXPECT_NEAR(best[0].score, std::exp(3) / sum, 1e-5);
  }
}

TEST(Classification, distributions_are_taken_as_they_are) {
  std::vector<std::uint8_t> values{10, 218, 20, 8};
  const auto model = classifier({1, 4}, DataType::kU8, {1 / 256.0F, 0});
  ClassificationReader reader;
  std::vector<Classification> best;
  const std::vector<TensorView> outputs{view_of(std::span(values), Shape{1, 4})};
  ASSERT_TRUE(reader.read(model, outputs, 0, 10, best));
  ASSERT_EQ(best.size(), 4U) << "no more than there are";
  EXPECT_FLOAT_EQ(best[0].score, 218 / 256.0F);
}

TEST(Classification, items_of_a_batch_are_read_apart) {
  std::vector<float> values{5, 0, 0, 0, 0, 9};
  const auto model = classifier({2, 3});
  ClassificationReader reader;
  std::vector<Classification> best;
  const std::vector<TensorView> outputs{view_of(std::span(values), Shape{2, 3})};
  ASSERT_TRUE(reader.read(model, outputs, 1, 1, best));
  EXPECT_EQ(best[0].class_id, 2);
  EXPECT_FALSE(reader.read(model, outputs, 2, 1, best));
}

TEST(Classification, nan_and_other_shapes_are_refused) {
  const auto model = classifier({1, 3});
  ClassificationReader reader;
  std::vector<Classification> best;
  std::vector<float> broken{1, NAN, 0};
  std::vector<TensorView> outputs{view_of(std::span(broken), Shape{1, 3})};
  const auto nan = reader.read(model, outputs, 0, 1, best);
  ASSERT_FALSE(nan);
  EXPECT_EQ(nan.error().code, ErrorCode::kInvalidData);
  outputs = {view_of(std::span(broken).first(2), Shape{1, 2})};
  EXPECT_FALSE(reader.read(model, outputs, 0, 1, best));
}

}  // namespace
}  // namespace hearth
