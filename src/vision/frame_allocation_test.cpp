// A frame after the first ones takes no memory from us: decoded, made into an input, read, tracked.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/allocation_count.h"
#include "vision/detection.h"
#include "vision/image_decoding.h"
#include "vision/image_encoding.h"
#include "vision/latency_control.h"
#include "vision/preprocessing.h"
#include "vision/tracking.h"

namespace hearth {
namespace {

VisionModel yolov8() {
  VisionModelFacts facts;
  VisionPort input;
  input.spec = {"images", DataType::kF32, {1, 3, 64, 64}, ""};
  VisionPort output;
  output.spec = {"output0", DataType::kF32, {1, 12, 84}, ""};
  facts.inputs = {input};
  facts.outputs = {output};
  return recognise_vision_model(facts).value();
}

TEST(FrameAllocations, none_are_made_after_warm_up) {
  Image picture(160, 120, PixelFormat::kRgb);
  for (std::int32_t y = 0; y < 120; ++y) std::fill_n(picture.row(y), picture.stride(), static_cast<std::uint8_t>(y));
  std::vector<std::uint8_t> jpeg;
  ASSERT_TRUE(encode_image(picture.view(), ImageFileFormat::kJpeg, 90, jpeg));
  const VisionModel model = yolov8();
  std::vector<float> input(3 * 64 * 64);
  std::vector<float> output(12 * 84, 0.0F);
  for (std::size_t cell = 0; cell < 84; ++cell) output[cell] = output[84 + cell] = static_cast<float>(cell % 60);
  for (std::size_t cell = 0; cell < 84; cell += 7) {
    output[168 + cell] = output[252 + cell] = 9;
    output[(4 + cell % 8) * 84 + cell] = 0.8F;
  }
  const std::vector<TensorView> outputs{view_of(std::span(output), Shape{1, 12, 84})};
  const TensorView view = view_of(std::span(input), Shape{1, 3, 64, 64});
  ImageDecoder decoder;
  Preprocessor preprocessor;
  DetectionReader reader;
  Tracker tracker;
  LatencyController controller({.budget_ms = 50});
  Image frame;
  Detections found;
  std::size_t n_objects = 0;
  std::size_t n_allocations = 0;
  for (int i = 0; i < 20; ++i) {
    test::AllocationCount count;
    const auto decision = controller.next();
    const auto info = decoder.decode(jpeg, {.width_min = 64, .height_min = 48}, frame);
    const auto geometry = preprocessor.run(frame.view(), model.input, view, 0, {info->width, info->height});
    const auto status = reader.read(model, {outputs, 0, *geometry}, {}, found);
    tracker.update(found);
    controller.measured(10);
    if (i >= 5) n_allocations += count.stop();
    ASSERT_TRUE(status) << to_string(status.error());
    EXPECT_TRUE(decision.process);
    n_objects = found.objects.size();
  }
  EXPECT_GE(n_objects, 3U);
  EXPECT_EQ(n_allocations, 0U);
}

}  // namespace
}  // namespace hearth
