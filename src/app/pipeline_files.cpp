#include "app/pipeline_files.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "pipeline/frame_json.h"
#include "pipeline/graph_html.h"
#include "pipeline/stage_describe.h"
#include "platform/file.h"

namespace hearth {

nlohmann::ordered_json pipeline_line(const StageSpec& stage, const Frame& frame) { return frame_json(stage, frame); }

nlohmann::ordered_json pipeline_figures(const PipelineFigures& figures) { return figures_json(figures); }

std::string pipeline_text(const StageSpec& stage, const Frame& frame) {
  std::string text = fmt::format("{} ({}): ", frame.path, stage.id);
  text += frame.text.empty() ? seen_text(frame) : frame.text;
  if (!frame.written.empty()) text += " -> " + frame.written;
  return text;
}

Status write_pipeline_html(const std::filesystem::path& path, const PipelineGraph& graph,
                           const PipelineFigures& figures) {
  return write_file_atomic(path, pipeline_html(graph, figures));
}

}  // namespace hearth
