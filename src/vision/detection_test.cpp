#include "vision/detection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "vision/head.h"

namespace hearth {
namespace {

using ::testing::HasSubstr;

VisionPort port(std::string name, const Shape& shape, DataType type = DataType::kF32, Quantization quantization = {}) {
  VisionPort made;
  made.spec = {std::move(name), type, shape, ""};
  made.quantization = quantization;
  return made;
}

VisionModelFacts facts_of(const Shape& input, std::vector<VisionPort> outputs, std::string format = "onnx") {
  VisionModelFacts facts;
  facts.format = std::move(format);
  facts.inputs = {port("images", input)};
  facts.outputs = std::move(outputs);
  return facts;
}

VisionModel recognised(const VisionModelFacts& facts) {
  auto model = recognise_vision_model(facts);
  EXPECT_TRUE(model) << to_string(model.error());
  return model ? std::move(model).value() : VisionModel{};
}

// A tensor of zeros to write single numbers into.
struct Tensor {
  Shape shape;
  std::vector<float> values;
  explicit Tensor(const Shape& s) : shape(s), values(static_cast<std::size_t>(*s.n_elements()), 0.0F) {}
  float& at(std::int64_t a, std::int64_t b) { return values[static_cast<std::size_t>(a * shape[2] + b)]; }
  [[nodiscard]] TensorView view() { return view_of(std::span(values), shape); }
};

// The geometry of a picture that is exactly as large as the input.
Geometry same_size(std::int32_t width, std::int32_t height) {
  return {.source_width = width, .source_height = height, .input_width = width, .input_height = height};
}

Status read(const VisionModel& model, std::vector<TensorView> outputs, const Geometry& geometry, Detections& out,
            DetectionOptions options = {}) {
  DetectionReader reader;
  return reader.read(model, {outputs, 0, geometry}, options, out);
}

void expect_one(const Detections& found, const Box& box, std::int32_t class_id, float score) {
  ASSERT_EQ(found.objects.size(), 1U);
  const Detection& object = found.objects[0];
  EXPECT_NEAR(object.box.x0, box.x0, 0.02);
  EXPECT_NEAR(object.box.y0, box.y0, 0.02);
  EXPECT_NEAR(object.box.x1, box.x1, 0.02);
  EXPECT_NEAR(object.box.y1, box.y1, 0.02);
  EXPECT_EQ(object.class_id, class_id);
  EXPECT_NEAR(object.score, score, 1e-4);
}

constexpr std::int64_t kCells = 84;  // of a 64 x 64 input: 64 + 16 + 4

TEST(Yolov8, reads_both_layouts_in_pixels_and_normalised) {
  for (const bool channels_first : {true, false}) {
    for (const float unit : {1.0F, 1 / 64.0F}) {
      Tensor output(channels_first ? Shape{1, 12, kCells} : Shape{1, kCells, 12});
      const auto put = [&](std::int64_t row, std::int64_t channel, float value) {
        (channels_first ? output.at(channel, row) : output.at(row, channel)) = value;
      };
      put(kCells - 1, 0, 60 * unit);  // the last cell shows the unit
      put(kCells - 1, 1, 60 * unit);
      put(5, 0, 20 * unit);
      put(5, 1, 30 * unit);
      put(5, 2, 10 * unit);
      put(5, 3, 20 * unit);
      put(5, 4 + 6, 0.9F);
      auto facts = facts_of({1, 3, 64, 64}, {port("output0", output.shape)});
      facts.record.n_classes = 8;
      const auto model = recognised(facts);
      EXPECT_EQ(model.head, "yolov8");
      EXPECT_EQ(model.input.resize, ResizeMode::kLetterboxCentre);
      Detections found;
      ASSERT_TRUE(read(model, {output.view()}, same_size(64, 64), found));
      expect_one(found, {15, 20, 25, 40}, 6, 0.9F);
    }
  }
}

TEST(Yolov8, reads_quantised_outputs) {
  const Shape shape{1, 84, kCells};
  const Quantization quantization{1 / 200.0F, -100};
  std::vector<std::int8_t> values(static_cast<std::size_t>(*shape.n_elements()), -100);
  const auto put = [&](std::int64_t channel, std::int64_t row, int steps) {
    values[static_cast<std::size_t>(channel * kCells + row)] = static_cast<std::int8_t>(steps - 100);
  };
  put(0, 7, 100);
  put(1, 7, 100);
  put(2, 7, 50);
  put(3, 7, 50);
  put(4 + 2, 7, 180);
  const auto model = recognised(facts_of({1, 64, 64, 3}, {port("out", shape, DataType::kI8, quantization)}, "tflite"));
  EXPECT_EQ(model.input.layout, TensorLayout::kNhwc);
  Detections found;
  ASSERT_TRUE(read(model, {view_of(std::span(values), shape)}, same_size(64, 64), found));
  expect_one(found, {24, 24, 40, 40}, 2, 0.9F);
}

TEST(Yolov8, multi_label_gives_each_class_of_a_cell) {
  Tensor output({1, 84, kCells});
  for (const auto& [channel, value] :
       std::vector<std::pair<int, float>>{{0, 32.0F}, {1, 32.0F}, {2, 10.0F}, {3, 10.0F}, {4, 0.8F}, {5, 0.6F}})
    output.at(channel, kCells - 1) = value;
  const auto model = recognised(facts_of({1, 3, 64, 64}, {port("output0", output.shape)}));
  Detections found;
  ASSERT_TRUE(read(model, {output.view()}, same_size(64, 64), found));
  EXPECT_EQ(found.objects.size(), 1U);
  DetectionOptions options;
  options.multi_label = true;
  ASSERT_TRUE(read(model, {output.view()}, same_size(64, 64), found, options));
  EXPECT_EQ(found.objects.size(), 2U);
}

TEST(Yolov8, segmenting_variant_gives_masks_within_boxes) {
  Tensor output({1, 4 + 80 + 32, kCells});
  for (const auto& [channel, value] :
       std::vector<std::pair<int, float>>{{0, 32.0F}, {1, 32.0F}, {2, 32.0F}, {3, 32.0F}, {4, 0.9F}, {84, 1.0F}})
    output.at(channel, kCells - 1) = value;
  for (const bool last : {false, true}) {
    const Shape shape = last ? Shape{1, 16, 16, 32} : Shape{1, 32, 16, 16};
    std::vector<float> prototypes(32 * 256, 0.0F);
    // The first prototype is above zero on the left half.
    for (std::size_t y = 0; y < 16; ++y) {
      for (std::size_t x = 0; x < 16; ++x) prototypes[last ? (y * 16 + x) * 32 : y * 16 + x] = x < 8 ? 1.0F : -1.0F;
    }
    const auto model = recognised(facts_of({1, 3, 64, 64}, {port("output0", output.shape), port("output1", shape)}));
    ASSERT_EQ(model.task, VisionTask::kSegment);
    Detections found;
    ASSERT_TRUE(read(model, {output.view(), view_of(std::span(prototypes), shape)}, same_size(64, 64), found));
    ASSERT_EQ(found.n_masks, 1U);
    const Mask& mask = found.masks[static_cast<std::size_t>(found.objects[0].mask)];
    EXPECT_EQ(mask.width, 32);
    EXPECT_EQ(mask.area(), 16U * 32U);
    EXPECT_TRUE(mask.at(20, 30));
    EXPECT_FALSE(mask.at(40, 30));
  }
}

TEST(Yolov5, multiplies_objectness_and_class) {
  Tensor output({1, 3 * kCells, 85});
  output.at(3 * kCells - 1, 0) = 50;
  output.at(9, 0) = output.at(9, 1) = 32;
  output.at(9, 2) = output.at(9, 3) = 8;
  output.at(9, 4) = 0.8F;
  output.at(9, 5 + 17) = 0.5F;
  const auto model = recognised(facts_of({1, 3, 64, 64}, {port("output", output.shape)}));
  EXPECT_EQ(model.head, "yolov5");
  Detections found;
  ASSERT_TRUE(read(model, {output.view()}, same_size(64, 64), found));
  expect_one(found, {28, 28, 36, 36}, 17, 0.4F);
}

TEST(Yolox, decodes_offsets_from_the_grid_and_leaves_decoded_boxes_alone) {
  for (const bool decoded : {false, true}) {
    Tensor output({1, kCells, 85});
    // Cell (1,2) of stride 16 is row 64 + 2*4 + 1.
    const std::int64_t row = 64 + 9;
    if (decoded) {
      for (std::int64_t i = 0; i < 64; ++i) output.at(i, 0) = static_cast<float>(i % 8) * 8 + 4;
    }
    output.at(row, 0) = decoded ? 24.0F : 0.5F;
    output.at(row, 1) = decoded ? 40.0F : 0.5F;
    output.at(row, 2) = decoded ? 32.0F : std::log(2.0F);
    output.at(row, 3) = decoded ? 16.0F : 0.0F;
    output.at(row, 4) = 1;
    output.at(row, 5 + 3) = 0.7F;
    const auto model = recognised(facts_of({1, 3, 64, 64}, {port("output", output.shape)}));
    EXPECT_EQ(model.head, "yolox");
    EXPECT_EQ(model.input.colour, PixelFormat::kBgr);
    Detections found;
    ASSERT_TRUE(read(model, {output.view()}, same_size(64, 64), found));
    expect_one(found, {8, 32, 40, 48}, 3, 0.7F);
  }
}

TEST(YoloEndToEnd, takes_rows_as_they_are) {
  Tensor output({1, 300, 6});
  const std::vector<float> row{10, 12, 30, 40, 0.75F, 5};
  std::copy(row.begin(), row.end(), output.values.begin());
  const auto model = recognised(facts_of({1, 3, 64, 64}, {port("output0", output.shape)}));
  EXPECT_EQ(model.head, "yolo_end_to_end");
  Detections found;
  ASSERT_TRUE(read(model, {output.view()}, same_size(64, 64), found));
  expect_one(found, {10, 12, 30, 40}, 5, 0.75F);
}

TEST(Nanodet, takes_the_mean_of_each_distribution) {
  std::vector<Tensor> tensors;
  std::vector<VisionPort> ports;
  for (const std::int64_t cells : {64, 16, 4}) {
    for (const std::int64_t channels : {80, 32}) {
      tensors.emplace_back(Shape{1, cells, channels});
      ports.push_back(port(std::to_string(ports.size()), tensors.back().shape));
    }
  }
  // Stride 16, cell (1,2): classes in tensor 2, distances in 3.
  tensors[2].at(9, 11) = 0.6F;
  for (std::int64_t side = 0; side < 4; ++side) tensors[3].at(9, side * 8 + 1 + side % 2) = 100;  // 1, 2, 1, 2 cells
  const auto model = recognised(facts_of({1, 3, 64, 64}, ports, "openvino_ir"));
  EXPECT_EQ(model.head, "nanodet");
  EXPECT_EQ(model.input.mean[0], 0) << "an IR has the normalisation inside";
  std::vector<TensorView> views;
  for (Tensor& tensor : tensors) views.push_back(tensor.view());
  Detections found;
  ASSERT_TRUE(read(model, views, same_size(64, 64), found));
  expect_one(found, {8, 8, 40, 64}, 11, 0.6F);
  EXPECT_NE(recognised(facts_of({1, 3, 64, 64}, ports, "onnx")).input.mean[0], 0);
}

TEST(NanodetPlus, has_one_output_and_corner_priors) {
  Tensor output({1, 85, 112});  // 64 + 16 + 4 + 1 cells
  output.at(84, 3) = 0.6F;
  for (std::int64_t side = 2; side < 4; ++side) output.at(84, 80 + side * 8 + 1) = 100;
  for (std::int64_t side = 0; side < 2; ++side) output.at(84, 80 + side * 8) = 100;
  const auto model = recognised(facts_of({1, 3, 64, 64}, {port("output", output.shape)}));
  EXPECT_EQ(model.head, "nanodet");
  Detections found;
  ASSERT_TRUE(read(model, {output.view()}, same_size(64, 64), found));
  expect_one(found, {0, 0, 64, 64}, 3, 0.6F);
}

TEST(FastestDet, decodes_its_grid) {
  Tensor output({1, 85, 4, 4});
  const auto put = [&](std::size_t channel, std::size_t cell, float value) {
    output.values[channel * 16 + cell] = value;
  };
  put(0, 6, 1.0F);      // objectness of cell (2,1)
  put(3, 6, -1.0986F);  // sigmoid 0.25
  put(4, 6, 0.0F);      // sigmoid 0.5
  put(5 + 9, 6, 1.0F);
  const auto model = recognised(facts_of({1, 3, 64, 64}, {port("758", output.shape)}));
  EXPECT_EQ(model.head, "fastestdet");
  Detections found;
  ASSERT_TRUE(read(model, {output.view()}, same_size(64, 64), found));
  expect_one(found, {24, 0, 40, 32}, 9, 1.0F);
}

TEST(Ssd, reads_tflite_outputs_by_name_and_count) {
  Tensor boxes({1, 3, 4});
  boxes.values = {0.25F, 0.5F, 0.75F, 1.0F, 0, 0, 1, 1, 0, 0, 1, 1};
  std::vector<float> classes{16, 1, 1};
  std::vector<float> scores{0.9F, 0.2F, 0.99F};
  std::vector<float> count{2};
  const auto view = [](std::vector<float>& values, const Shape& shape) { return view_of(std::span(values), shape); };
  const auto model = recognised(facts_of(
      {1, 64, 64, 3}, {port("boxes", {1, 3, 4}), port("scores", {1, 3}), port("classes", {1, 3}), port("count", {1})},
      "tflite"));
  EXPECT_EQ(model.head, "ssd");
  Detections found;
  ASSERT_TRUE(read(model, {boxes.view(), view(scores, {1, 3}), view(classes, {1, 3}), view(count, {1})},
                   same_size(64, 64), found));
  expect_one(found, {32, 16, 64, 48}, 16, 0.9F);
}

TEST(Ssd, reads_detection_output_until_its_end) {
  std::vector<float> list{0, 3, 0.9F, 0.25F, 0.25F, 0.5F, 0.75F, -1, 1, 1, 0, 0, 1, 1};
  const Shape shape{1, 1, 2, 7};
  const auto model = recognised(facts_of({1, 3, 64, 64}, {port("detection_out", shape)}));
  Detections found;
  ASSERT_TRUE(read(model, {view_of(std::span(list), shape)}, same_size(64, 64), found));
  expect_one(found, {16, 16, 32, 48}, 3, 0.9F);
}

TEST(Ssd, reads_torchvision_lists_of_any_length) {
  std::vector<float> boxes{4, 8, 20, 40};
  std::vector<std::int64_t> labels{7};
  std::vector<float> scores{0.8F};
  auto facts =
      facts_of({1, 3, 64, 64}, {port("boxes", {-1, 4}), port("labels", {-1}, DataType::kI64), port("scores", {-1})});
  const auto model = recognised(facts);
  Detections found;
  ASSERT_TRUE(read(model,
                   {view_of(std::span(boxes), Shape{1, 4}), view_of(std::span(labels), Shape{1}),
                    view_of(std::span(scores), Shape{1})},
                   same_size(64, 64), found));
  expect_one(found, {4, 8, 20, 40}, 7, 0.8F);
}

TEST(Ssd, suppresses_what_comes_out_raw) {
  Tensor scores({1, 1200, 3});
  Tensor boxes({1, 1200, 4});
  for (const std::int64_t row : {3, 4}) {
    scores.at(row, 2) = row == 3 ? 0.9F : 0.8F;
    boxes.at(row, 2) = boxes.at(row, 3) = 0.5F;
  }
  const auto model = recognised(facts_of({1, 3, 64, 64}, {port("scores", scores.shape), port("boxes", boxes.shape)}));
  EXPECT_EQ(model.head, "ssd");
  Detections found;
  ASSERT_TRUE(read(model, {scores.view(), boxes.view()}, same_size(64, 64), found));
  expect_one(found, {0, 0, 32, 32}, 1, 0.9F);
}

TEST(Detr, softmax_and_sigmoid_are_told_apart) {
  for (const bool softmax : {true, false}) {
    const std::int64_t n_logits = softmax ? 92 : 80;
    Tensor logits({1, softmax ? 100 : 300, n_logits});
    Tensor boxes({1, softmax ? 100 : 300, 4});
    for (std::int64_t i = 0; i < logits.shape[1]; ++i) {
      for (std::int64_t c = 0; c < n_logits; ++c) logits.at(i, c) = softmax && c == 91 ? 20.0F : -10.0F;
    }
    logits.at(4, 7) = softmax ? 30.0F : 3.0F;
    for (std::int64_t k = 0; k < 4; ++k) boxes.at(4, k) = k < 2 ? 0.5F : 0.25F;
    const auto model =
        recognised(facts_of({1, 3, 64, 64}, {port("logits", logits.shape), port("pred_boxes", boxes.shape)}));
    EXPECT_EQ(model.head, "detr");
    Detections found;
    ASSERT_TRUE(read(model, {logits.view(), boxes.view()}, same_size(64, 64), found));
    expect_one(found, {24, 24, 40, 40}, 7, softmax ? 0.99995F : sigmoid(3.0F));
  }
}

TEST(Detr, rows_of_box_and_probabilities_are_read) {
  Tensor output({1, 300, 84});
  for (std::int64_t k = 0; k < 4; ++k) output.at(4, k) = k < 2 ? 0.5F : 0.25F;
  output.at(4, 4 + 9) = 0.8F;
  const auto model = recognised(facts_of({1, 3, 640, 640}, {port("output0", output.shape)}));
  EXPECT_EQ(model.head, "detr");
  Detections found;
  ASSERT_TRUE(read(model, {output.view()}, same_size(640, 640), found));
  expect_one(found, {240, 240, 400, 400}, 9, 0.8F);
}

TEST(Recognition, unknown_outputs_are_told_with_their_shapes_and_what_was_tried) {
  const auto model = recognise_vision_model(facts_of({1, 3, 64, 64}, {port("weird", {1, 2, 3, 4, 5})}));
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(model.error().message, HasSubstr("weird f32[1,2,3,4,5]"));
  EXPECT_THAT(model.error().message, HasSubstr("yolov8"));
  const auto blind = recognise_vision_model(facts_of({1, 80}, {port("logits", {1, 10})}));
  ASSERT_FALSE(blind);
  EXPECT_EQ(blind.error().code, ErrorCode::kInvalidData);
  EXPECT_FALSE(recognise_vision_model(facts_of({1, 3, 64, 64}, {})));
  EXPECT_FALSE(recognise_vision_model({}));
}

TEST(Recognition, the_record_wins_and_is_checked) {
  auto facts = facts_of({1, 3, 64, 64}, {port("output0", {1, 84, kCells})});
  facts.record =
      *parse_vision_record(R"({"head":"yolov8","colour":"bgr","scale":1,"pad":0,"score":0.5,"resize":"stretch"})");
  const auto model = recognised(facts);
  EXPECT_EQ(model.input.colour, PixelFormat::kBgr);
  EXPECT_EQ(model.input.scale[2], 1);
  EXPECT_EQ(model.input.resize, ResizeMode::kStretch);
  EXPECT_EQ(model.score_threshold, 0.5F);
  facts.record.head = "yolox";
  const auto misfit = recognise_vision_model(facts);
  ASSERT_FALSE(misfit);
  EXPECT_EQ(misfit.error().code, ErrorCode::kInvalidArgument);
  facts.record.head = "yolo9000";
  EXPECT_THAT(recognise_vision_model(facts).error().message, HasSubstr("known are"));
}

TEST(Recognition, ultralytics_pictures_lie_in_the_corner_of_tflite_files_and_in_the_middle_of_others) {
  const std::vector<VisionPort> outputs = {port("out", {1, 84, kCells})};
  EXPECT_EQ(recognised(facts_of({1, 3, 64, 64}, outputs, "onnx")).input.resize, ResizeMode::kLetterboxCentre);
  auto tflite = facts_of({1, 64, 64, 3}, outputs, "tflite");
  EXPECT_EQ(recognised(tflite).input.resize, ResizeMode::kLetterboxTopLeft);
  tflite.record.resize = ResizeMode::kLetterboxCentre;
  EXPECT_EQ(recognised(tflite).input.resize, ResizeMode::kLetterboxCentre) << "the record wins";
}

TEST(Recognition, the_record_tells_scales_that_the_runtime_lost) {
  auto facts = facts_of({1, 64, 64, 3}, {port("out", {1, 84, kCells}, DataType::kI8)}, "tflite");
  facts.record = *parse_vision_record(R"({"quantization": {"out": [0.005, -100], "other": [1, 0]}})");
  EXPECT_EQ(recognised(facts).outputs[0].quantization, (Quantization{0.005F, -100}));
  for (const char* bad : {R"({"quantization": {"out": 1}})", R"({"quantization": {"out": [0, 0]}})",
                          R"({"quantization": {"out": [1, 0.5]}})", R"({"score": 2})", R"({"mean": [1, 2]})",
                          R"({"pad": 256})", R"({"unknown": 1})", "[]", "{"}) {
    const auto record = parse_vision_record(bad);
    ASSERT_FALSE(record) << bad;
    EXPECT_EQ(record.error().code, ErrorCode::kInvalidData);
  }
}

TEST(Recognition, metadata_names_become_labels) {
  auto facts = facts_of({1, 3, 64, 64}, {port("output0", {1, 6, kCells})});
  facts.metadata = {{"author", "Ultralytics"}, {"names", "{0: 'helmet', 1: \"worker's vest\"}"}};
  const auto model = recognised(facts);
  EXPECT_EQ(model.n_classes, 2U);
  EXPECT_EQ(model.label(1), "worker's vest");
  EXPECT_EQ(model.label(7), "7");
}

TEST(Detection, nan_scores_and_boxes_are_named_errors) {
  const float kNan = std::numeric_limits<float>::quiet_NaN();
  const auto model = recognised(facts_of({1, 3, 64, 64}, {port("output0", {1, 84, kCells})}));
  Detections found;
  Tensor scores({1, 84, kCells});
  scores.at(40, 9) = kNan;
  const auto bad_score = read(model, {scores.view()}, same_size(64, 64), found);
  ASSERT_FALSE(bad_score);
  EXPECT_EQ(bad_score.error().code, ErrorCode::kInvalidData);
  EXPECT_THAT(bad_score.error().message, HasSubstr("NaN"));
  Tensor boxes({1, 84, kCells});
  boxes.at(0, 9) = kNan;
  boxes.at(4, 9) = 0.9F;
  EXPECT_EQ(read(model, {boxes.view()}, same_size(64, 64), found).error().code, ErrorCode::kInvalidData);
  boxes.at(0, 9) = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(read(model, {boxes.view()}, same_size(64, 64), found));

  const auto yolox = recognised(facts_of({1, 3, 64, 64}, {port("output", {1, kCells, 85})}));
  Tensor rows({1, kCells, 85});
  rows.at(9, 4) = kNan;
  EXPECT_FALSE(read(yolox, {rows.view()}, same_size(64, 64), found));
  rows.at(9, 4) = 0.9F;
  rows.at(9, 50) = kNan;
  EXPECT_FALSE(read(yolox, {rows.view()}, same_size(64, 64), found));
}

TEST(Detection, outputs_of_other_shapes_and_zero_size_are_refused) {
  const auto model = recognised(facts_of({1, 3, 64, 64}, {port("output0", {1, 84, kCells})}));
  Detections found;
  Tensor other({1, 80, kCells});
  EXPECT_EQ(read(model, {other.view()}, same_size(64, 64), found).error().code, ErrorCode::kInvalidData);
  Tensor empty({1, 84, 0});
  EXPECT_EQ(read(model, {empty.view()}, same_size(64, 64), found).error().code, ErrorCode::kInvalidData);
  EXPECT_EQ(read(model, {}, same_size(64, 64), found).error().code, ErrorCode::kInvalidData);
  Tensor right({1, 84, kCells});
  DetectionReader reader;
  const std::vector<TensorView> views{right.view()};
  EXPECT_EQ(reader.read(model, {views, 1, same_size(64, 64)}, {}, found).error().code, ErrorCode::kInvalidData);
  EXPECT_EQ(read(model, {right.view()}, same_size(64, 64), found, {.score_threshold = 1.5F}).error().code,
            ErrorCode::kInvalidArgument);
}

TEST(Detection, suppression_is_by_class_and_bounded) {
  Tensor output({1, 300, 6});
  const auto model = recognised(facts_of({1, 3, 64, 64}, {port("output0", {1, 84, kCells})}));
  Tensor rows({1, 84, kCells});
  // The same box three times: twice of one class, once of another.
  for (const auto& [cell, channel, score] :
       std::vector<std::tuple<std::int64_t, std::int64_t, float>>{{1, 4, 0.9F}, {2, 4, 0.8F}, {3, 9, 0.7F}}) {
    rows.at(0, cell) = rows.at(1, cell) = 32;
    rows.at(2, cell) = rows.at(3, cell) = 16;
    rows.at(channel, cell) = score;
  }
  rows.at(0, kCells - 1) = 60;
  Detections found;
  ASSERT_TRUE(read(model, {rows.view()}, same_size(64, 64), found));
  ASSERT_EQ(found.objects.size(), 2U);
  EXPECT_GT(found.objects[0].score, found.objects[1].score);
  DetectionOptions options;
  options.across_classes = true;
  ASSERT_TRUE(read(model, {rows.view()}, same_size(64, 64), found, options));
  EXPECT_EQ(found.objects.size(), 1U);
  options = {};
  options.iou_threshold = 1;
  options.objects_max = 2;
  ASSERT_TRUE(read(model, {rows.view()}, same_size(64, 64), found, options));
  EXPECT_EQ(found.objects.size(), 2U);
  EXPECT_TRUE(found.truncated);
  options.candidates_max = 1;
  ASSERT_TRUE(read(model, {rows.view()}, same_size(64, 64), found, options));
  EXPECT_EQ(found.objects.size(), 1U);
  EXPECT_NEAR(found.objects[0].score, 0.9F, 1e-6) << "the best stay";
}

TEST(Detection, boxes_are_given_in_the_source_picture) {
  const auto model = recognised(facts_of({1, 3, 64, 64}, {port("output0", {1, 300, 6})}));
  Tensor output({1, 300, 6});
  const std::vector<float> row{0, 16, 64, 48, 0.9F, 0};
  std::copy(row.begin(), row.end(), output.values.begin());
  Geometry geometry = same_size(64, 64);
  geometry.source_width = 1280;
  geometry.source_height = 640;
  geometry.scale_x = geometry.scale_y = 0.05F;
  geometry.offset_y = 16;
  Detections found;
  ASSERT_TRUE(read(model, {output.view()}, geometry, found));
  expect_one(found, {0, 0, 1280, 640}, 0, 0.9F);
}

}  // namespace
}  // namespace hearth
