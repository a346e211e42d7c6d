// Section 4: the settings of each choice, and the files that start it.
#include <fmt/format.h>

#include "base/display_text.h"
#include "report/document.h"
#include "report/figures.h"

namespace hearth {
namespace {

std::string yes_or_no(const std::optional<bool>& value) { return value ? (*value ? "on" : "off") : ""; }

std::string milliseconds(const std::optional<double>& value) { return value ? number_text(*value) + " ms" : ""; }

std::string count(const std::optional<int>& value) { return value ? std::to_string(*value) : ""; }

ReportTable settings_table(const PlanChoice& choice) {
  const auto& settings = choice.settings;
  ReportTable table{fmt::format("{}: settings of {}", one_line(choice.task), one_line(choice.runtime_name)),
                    {"Setting", "Value"},
                    {}};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) table.rows.push_back({name, one_line(value)});
  };
  std::string resolution;
  for (const int side : settings.resolution) resolution += (resolution.empty() ? "" : " × ") + std::to_string(side);
  add("Backend", choice.backend);
  add("Context", context_text(choice));
  add("KV cache type", settings.kv_type);
  add("Threads", settings.threads > 0 ? std::to_string(settings.threads) : "");
  add("Layers on the GPU", settings.gpu_layers == -1 ? "all" : count(settings.gpu_layers));
  add("Streams", count(settings.streams));
  add("Batch", count(settings.batch));
  add("Prompt batch", count(settings.prompt_batch));
  add("Prompt microbatch", count(settings.prompt_microbatch));
  add("Decode batch", count(settings.decode_batch));
  add("Flash attention", yes_or_no(settings.flash_attention));
  add("Weights mapped from the file", yes_or_no(settings.mmap));
  add("Weights locked in memory", yes_or_no(settings.mlock));
  add("Resolution", resolution);
  add("Chunk", milliseconds(settings.chunk_ms));
  add("Hop", milliseconds(settings.hop_ms));
  add("Frame", milliseconds(settings.frame_ms));
  add("Cache", settings.cache);
  add("Power mode", settings.power_mode);
  add("Power limit", settings.power_limit_w ? number_text(*settings.power_limit_w) + " W" : "");
  return table;
}

}  // namespace

ReportBlocks deployment_config_blocks(const Plan& plan) {
  ReportBlocks blocks;
  for (const auto& choice : plan.choices) blocks.emplace_back(settings_table(choice));
  ReportTable files{"Files in the plan's folder", {"For", "File"}, {}};
  for (const auto& config : plan.configs) files.rows.push_back({one_line(config.tool), one_line(config.path)});
  if (!files.rows.empty())
    blocks.emplace_back(std::move(files));
  else
    blocks.emplace_back(ReportText{plan.choices.empty()
                                       ? "No files: no task is served."
                                       : "Configuration files are written with hearth plan --out DIR."});
  if (plan.offline)
    blocks.emplace_back(
        ReportText{"No file fetches anything: weights must be in the plan's folder under models before the start."});
  return blocks;
}

}  // namespace hearth
