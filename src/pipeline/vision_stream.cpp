#include "pipeline/vision_stream.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace hearth {

Result<std::unique_ptr<VisionStream>> VisionStream::open(TensorService& service, const VisionTarget& target,
                                                         const VisionOptions& options, const CallBounds& bounds) {
  HEARTH_ASSIGN(lane, service.borrow(target.model, bounds));
  HEARTH_ASSIGN(recipe, make_recipe(lane->facts(), target.overrides_json));
  HEARTH_TRY(check_task(*recipe, target.task));
  return std::unique_ptr<VisionStream>(new VisionStream(std::move(lane), std::move(recipe), options));
}

Result<std::span<const TensorView>> VisionStream::inputs(std::uint32_t n) {
  shapes_.clear();
  for (std::size_t i = 0; i < recipe_->n_inputs; ++i) {
    HEARTH_ASSIGN(shape, input_shape(*recipe_, lane_->facts(), i, n, options_.resolution));
    shapes_.push_back(shape);
  }
  return lane_->inputs(shapes_);
}

Status VisionStream::run(VisionWork& work, const CallBounds& bounds) {
  VisionWork* const works[] = {&work};
  Status status[1];
  HEARTH_TRY(run_batch(works, status, bounds));
  return status[0];
}

Status VisionStream::run_batch(std::span<VisionWork* const> works, std::span<Status> status, const CallBounds& bounds) {
  HEARTH_ASSIGN(views, inputs(static_cast<std::uint32_t>(works.size())));
  for (std::size_t i = 0; i < works.size(); ++i) status[i] = works[i]->fill(*recipe_, options_, views, i);
  if (std::ranges::none_of(status, [](const Status& each) { return each.has_value(); })) return {};
  const auto start = std::chrono::steady_clock::now();
  HEARTH_ASSIGN(outputs, lane_->run(bounds));
  const double infer_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  for (std::size_t i = 0; i < works.size(); ++i) {
    if (!status[i]) continue;
    // A picture's share of the batch: what it would have to wait for is told by the batch's size beside it.
    works[i]->timings().infer_ms = infer_ms / static_cast<double>(works.size());
    status[i] = works[i]->read(*recipe_, options_, outputs, i);
  }
  return {};
}

}  // namespace hearth
