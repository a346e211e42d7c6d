// Frames after the first ones take no memory on their way through the shipped pipelines of pictures. A description's
// text is a text model's work, and its request is made anew for each frame.
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <optional>

#include "engine/tensor_fixture.h"
#include "pipeline/pipeline_run.h"
#include "support/allocation_count.h"
#include "support/paths.h"
#include "support/vision_models.h"

namespace hearth {
namespace {

constexpr std::size_t kFrames = 200;

class PipelineAllocations : public TensorEngineTest, public testing::WithParamInterface<const char*> {
 protected:
  PipelineAllocations() {
    provider_.offer("detector", {.script = test::detector_script(), .record_json = test::detector_record()});
    provider_.offer("classifier", {.script = test::classifier_script(), .record_json = test::classifier_record()});
    std::ifstream file(test::source_dir() / "data/pipelines" / (std::string(GetParam()) + ".json"));
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    graph_ = must(parse_pipeline(text));
    for (const auto& stage : graph_.stages) n_under_way_ += 1 + (stage.from ? stage.queue : 0);
  }

  // The source: counts from the frame after which every frame that there can be was used at least once.
  bool next(Frame& frame) {
    const std::lock_guard lock(gate_);
    if (n_made_ == 3 * n_under_way_) count_.emplace();
    if (n_made_ == 3 * n_under_way_ + kFrames) n_allocations_ = count_->stop();
    frame.path = "a";
    frame.picture.reset(64, 64, PixelFormat::kRgb);
    ++n_made_;
    changed_.notify_all();
    return n_made_ <= 3 * n_under_way_ + kFrames;
  }
  // The end: the first frame waits until all queues before it are full.
  void tell() {
    std::unique_lock lock(gate_);
    changed_.wait(lock, [this] { return n_made_ >= n_under_way_; });
    ++n_told_;
  }

  PipelineGraph graph_;
  std::size_t n_under_way_ = 0;
  std::mutex gate_;  // of all below
  std::condition_variable changed_;
  std::size_t n_made_ = 0;
  std::size_t n_told_ = 0;
  std::optional<test::AllocationCount> count_;
  std::optional<std::size_t> n_allocations_;
};

TEST_P(PipelineAllocations, none_are_made_for_a_frame_after_the_first_ones) {
  StagePorts ports;
  ports.tensors = &engine();
  for (const auto& [role, task] : graph_.models) ports.models[role] = role;
  ports.write = [](const std::string&, const Frame&, std::string_view) -> Result<std::string> { return "written"; };
  PipelineIo io;
  io.next = [this](Frame& frame) -> Result<bool> { return next(frame); };
  io.tell = [this](const StageSpec&, const Frame& frame) {
    EXPECT_FALSE(frame.error);
    tell();
  };
  const auto figures = run_pipeline(graph_, ports, io);
  ASSERT_TRUE(figures) << to_string(figures.error());
  EXPECT_EQ(n_told_, 3 * n_under_way_ + kFrames);
  EXPECT_EQ(n_allocations_, 0U);
}

INSTANTIATE_TEST_SUITE_P(Shipped, PipelineAllocations,
                         testing::Values("detect-draw", "classify", "detect-crop-classify"), [](const auto& each) {
                           std::string name = each.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace hearth
