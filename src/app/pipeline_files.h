// What a pipeline tells, for programs and people.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "pipeline/pipeline_run.h"

namespace hearth {

[[nodiscard]] nlohmann::ordered_json pipeline_line(const StageSpec& stage, const Frame& frame);
[[nodiscard]] nlohmann::ordered_json pipeline_figures(const PipelineFigures& figures);
// "bus.jpg: a bus and three persons ..." of a frame without error.
[[nodiscard]] std::string pipeline_text(const StageSpec& stage, const Frame& frame);
[[nodiscard]] Status write_pipeline_html(const std::filesystem::path& path, const PipelineGraph& graph,
                                         const PipelineFigures& figures);

}  // namespace hearth
