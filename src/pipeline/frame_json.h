// What a pipeline's end tells of a frame, and of the run.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "pipeline/frame.h"
#include "pipeline/pipeline_run.h"

namespace hearth {

// {index, path, stage, width, height, objects?, labels?, text?, written?}; the error is the caller's to add.
[[nodiscard]] nlohmann::ordered_json frame_json(const StageSpec& stage, const Frame& frame);
[[nodiscard]] nlohmann::ordered_json figures_json(const PipelineFigures& figures);

}  // namespace hearth
