// A pipeline as a picture with its numbers: one HTML file that needs nothing else.
#pragma once

#include <string>

#include "pipeline/graph.h"
#include "pipeline/pipeline_run.h"

namespace hearth {

// Stages as boxes from left to right, links with the flow's type, and of each stage frames, latency, queue and drops.
[[nodiscard]] std::string pipeline_html(const PipelineGraph& graph, const PipelineFigures& figures);

}  // namespace hearth
