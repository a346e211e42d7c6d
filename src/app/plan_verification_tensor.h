// Measures one graph of tensors as a plan wants it run.
#pragma once

#include <filesystem>

#include "app/plan_verification_measuring.h"
#include "app/tensor_host.h"

namespace hearth {

// Whether the choice is a graph that the engine for tensors can measure: its runtime has the capability.
[[nodiscard]] bool runs_tensors(const PlanChoice& choice, RuntimeRegistry& registry);

// Loads the file through the engine and measures load_ms, latency_ms and fps of one item, and bytes by component.
// Inputs are zeros: what is in them costs nothing. Errors as TensorService::borrow; kUnsupported where an input leaves
// more than its first dimension open.
[[nodiscard]] Result<MeasuredChoice> measure_tensor_choice(const TensorHostParts& parts, const PlanChoice& choice,
                                                           const std::filesystem::path& file,
                                                           const MeasuringOptions& options, const CallBounds& bounds);

}  // namespace hearth
