// A picture after the first ones takes no memory on its way through the engine: on a lane of its own, and as a job.
#include <gtest/gtest.h>

#include <semaphore>

#include "engine/tensor_fixture.h"
#include "pipeline/vision_stream.h"
#include "support/allocation_count.h"
#include "support/vision_models.h"

namespace hearth {
namespace {

constexpr int kFramesBefore = 20;
constexpr int kFrames = 200;

// Sent again and again with its memory, as an endpoint for a camera would.
class PictureJob final : public TensorJob {
 public:
  PictureJob(std::shared_ptr<const VisionRecipe> recipe, std::string picture)
      : recipe_(std::move(recipe)), picture_(std::move(picture)) {}
  [[nodiscard]] std::string_view group() const override { return "pictures"; }
  [[nodiscard]] Result<Shape> shape(const TensorModelFacts& facts, std::size_t input, std::uint32_t n) const override {
    return input_shape(*recipe_, facts, input, n, 0);
  }
  [[nodiscard]] Status fill(const TensorModelFacts&, std::span<const TensorView> inputs, std::size_t item) override {
    HEARTH_TRY(work_.decode(*recipe_, {}, test::bytes_of(picture_)));
    return work_.fill(*recipe_, {}, inputs, item);
  }
  void finish(const TensorModelFacts*, const Result<TensorRun>& run) override {
    const bool read = run && work_.read(*recipe_, {}, run->outputs, run->item);
    n_objects_ += read ? work_.detections().objects.size() : 0;
    finished_.release();
  }
  [[nodiscard]] CallBounds bounds() const override { return {&cancel_, {}, 0}; }
  void wait() { finished_.acquire(); }
  [[nodiscard]] std::size_t n_objects() const { return n_objects_; }

 private:
  std::shared_ptr<const VisionRecipe> recipe_;
  std::string picture_;
  VisionWork work_;
  CancelToken cancel_;
  std::counting_semaphore<> finished_{0};
  std::size_t n_objects_ = 0;
};

class FrameAllocationTest : public TensorEngineTest {
 protected:
  FrameAllocationTest() {
    provider_.offer("detector", {.script = test::detector_script(), .record_json = test::detector_record()});
  }
};

TEST_F(FrameAllocationTest, none_are_made_on_a_lane_after_warm_up) {
  auto stream = must(VisionStream::open(engine(), {"detector", VisionTask::kDetect}, {}, {}));
  VisionWork work;
  const std::string picture = test::bmp_file(64, 48);
  std::size_t n_objects = 0;
  const auto frame = [&] {
    must(work.decode(stream->recipe(), stream->options(), test::bytes_of(picture)));
    must(stream->run(work, {}));
    n_objects += work.detections().objects.size();
  };
  for (int i = 0; i < kFramesBefore; ++i) frame();
  test::AllocationCount count;
  for (int i = 0; i < kFrames; ++i) frame();
  EXPECT_EQ(count.stop(), 0U);
  EXPECT_EQ(n_objects, 2U * (kFramesBefore + kFrames));
}

TEST_F(FrameAllocationTest, none_are_made_from_submit_to_result_after_warm_up) {
  const auto recipe = must(VisionStream::open(engine(), {"detector", VisionTask::kDetect}, {}, {}))->recipe_ptr();
  const auto first = std::make_shared<PictureJob>(recipe, test::bmp_file(64, 48));
  const auto second = std::make_shared<PictureJob>(recipe, test::bmp_file(40, 64));
  const std::string model = "detector";
  const auto frame = [&] {
    engine().submit(model, first);
    engine().submit(model, second);
    first->wait();
    second->wait();
  };
  for (int i = 0; i < kFramesBefore; ++i) frame();
  test::AllocationCount count;
  for (int i = 0; i < kFrames; ++i) frame();
  EXPECT_EQ(count.stop(), 0U);
  EXPECT_EQ(first->n_objects(), 2U * (kFramesBefore + kFrames));
  EXPECT_EQ(second->n_objects(), 2U * (kFramesBefore + kFrames));
}

}  // namespace
}  // namespace hearth
