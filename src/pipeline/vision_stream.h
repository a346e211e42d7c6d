// Picture after picture through one lane of a vision model: what a command or a pipeline's stage holds.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/vision_work.h"

namespace hearth {

// Which model is to do what.
struct VisionTarget {
  std::string model;
  VisionTask task = VisionTask::kDetect;
  std::string overrides_json{};  // as a record, which it wins over; may be empty
};

// One thread at a time. Nothing is allocated by Hearth's code in the steady state. The service outlives it.
class VisionStream {
 public:
  // Loads the model where need be and takes one of its lanes for as long as this lives. Errors as
  // TensorService::borrow, make_recipe and check_task.
  static Result<std::unique_ptr<VisionStream>> open(TensorService& service, const VisionTarget& target,
                                                    const VisionOptions& options, const CallBounds& bounds);

  [[nodiscard]] const VisionRecipe& recipe() const { return *recipe_; }
  [[nodiscard]] const std::shared_ptr<const VisionRecipe>& recipe_ptr() const { return recipe_; }
  [[nodiscard]] const TensorModelFacts& facts() const { return lane_->facts(); }
  [[nodiscard]] VisionOptions& options() { return options_; }
  // Whether the graph takes other sizes than one.
  [[nodiscard]] bool resizable() const { return recipe_->vision.input.width == 0; }

  // Fills, computes and reads what `work` looks at.
  [[nodiscard]] Status run(VisionWork& work, const CallBounds& bounds);
  // The same for several pictures at once, at most facts().batch_max. A picture that fails has its error in `status`;
  // the others go on.
  [[nodiscard]] Status run_batch(std::span<VisionWork* const> works, std::span<Status> status,
                                 const CallBounds& bounds);

 private:
  VisionStream(std::unique_ptr<TensorLane> lane, std::shared_ptr<const VisionRecipe> recipe,
               const VisionOptions& options)
      : lane_(std::move(lane)), recipe_(std::move(recipe)), options_(options) {}
  [[nodiscard]] Result<std::span<const TensorView>> inputs(std::uint32_t n);

  std::unique_ptr<TensorLane> lane_;
  std::shared_ptr<const VisionRecipe> recipe_;
  VisionOptions options_;
  std::vector<Shape> shapes_;
};

}  // namespace hearth
