// hearth run pipeline.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/console.h"
#include "app/pipeline_files.h"
#include "app/pipeline_session.h"
#include "cli/command.h"

namespace hearth::cli {
namespace {

struct PipelineFlags {
  std::string pipeline;
  std::vector<std::string> inputs;
  std::vector<std::string> models;
  std::vector<std::string> devices;
  std::string fallback;
  std::string runtime;
  std::string html;
  std::string draw;
  std::string raw;
  std::uint32_t n_threads = 0;
  double timeout_s = 0;
};

Result<PipelineSettings> settings_of(const PipelineFlags& flags) {
  PipelineSettings settings;
  settings.reference = flags.pipeline;
  settings.runtime = flags.runtime;
  settings.draw_folder = flags.draw;
  settings.load.devices = flags.devices;
  settings.load.n_threads = flags.n_threads;
  const bool strict = flags.fallback.empty() ? !flags.devices.empty() : flags.fallback == "none";
  settings.load.fallback = strict ? Fallback::kNone : Fallback::kReport;
  for (const auto& text : flags.models) {
    const auto at = text.find('=');
    const std::string role = at == std::string::npos ? std::string() : text.substr(0, at);
    if (!settings.models.emplace(role, at == std::string::npos ? text : text.substr(at + 1)).second)
      return fail(ErrorCode::kInvalidArgument, fmt::format("the role '{}' is given twice", role));
  }
  return settings;
}

Result<std::unique_ptr<PictureSource>> source_of(const PipelineFlags& flags, const CancelToken& cancel) {
  const bool pipe = flags.inputs.empty() || flags.inputs == std::vector<std::string>{"-"} || !flags.raw.empty();
  if (!pipe) {
    HEARTH_ASSIGN(paths, expand_picture_paths(flags.inputs));
    return file_pictures(std::move(paths));
  }
  if (flags.inputs.empty() && is_terminal(StandardStream::kInput))
    return fail(ErrorCode::kInvalidArgument, "no pictures were given", "name files or folders, or pipe pictures in");
  PipeOptions options;
  options.cancel = &cancel;
  if (!flags.raw.empty()) {
    HEARTH_ASSIGN(shape, parse_raw_frame_shape(flags.raw));
    options.raw = shape;
  }
  return piped_pictures(stdin, options);
}

Result<PipelineFigures> run_it(const CommandContext& context, const PipelineFlags& flags, const Output& out) {
  const CancelToken cancel;
  const InterruptGuard guard(cancel);
  HEARTH_ASSIGN(settings, settings_of(flags));
  HEARTH_ASSIGN(source, source_of(flags, cancel));
  HEARTH_ASSIGN(app, context.make_app());
  HEARTH_ASSIGN(session, PipelineSession::open(*app, settings));
  CallBounds bounds;
  bounds.cancel = &cancel;
  using SteadyClock = std::chrono::steady_clock;
  if (flags.timeout_s > 0)
    bounds.deadline = SteadyClock::now() +
                      std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(flags.timeout_s));
  HEARTH_ASSIGN(figures, session->run(*source, bounds, [&out](const StageSpec& stage, const Frame& frame) {
    auto line = pipeline_line(stage, frame);
    if (frame.error) line["error"] = error_to_json(*frame.error)["error"];
    if (out.json())
      out.print_json(line);
    else if (frame.error)
      (void)out.report(*frame.error);
    else
      out.print(pipeline_text(stage, frame) + "\n");
  }));
  if (!flags.html.empty()) HEARTH_TRY(write_pipeline_html(flags.html, session->graph(), figures));
  return figures;
}

int run_pipeline_command(const CommandContext& context, const PipelineFlags& flags) {
  const Output out = context.output();
  const auto figures = run_it(context, flags, out);
  if (!figures) return out.report(figures.error());
  if (out.json()) {
    out.print_json({{"figures", pipeline_figures(*figures)}});
  } else {
    for (const auto& stage : figures->stages)
      out.note(
          out.dim(fmt::format("{:<14} {:>8.2f} ms p50 {:>8.2f} ms p95  {} frames, {} failed, {} dropped", stage.id,
                              stage.latency_p50_ms, stage.latency_p95_ms, stage.frames, stage.failed, stage.dropped)));
    out.note(
        out.dim(fmt::format("{} frames in {:.2f} s, {:.1f} FPS", figures->frames, figures->wall_s, figures->fps())));
  }
  return figures->worst_exit_status;
}

}  // namespace

void add_pipeline_command(CLI::App& run, CommandContext& context, Selection& selection) {
  CLI::App* command = run.add_subcommand("pipeline", "run a graph of stages on pictures");
  auto flags = std::make_shared<PipelineFlags>();  // shared: CLI11 writes it, the body reads it, either may go first
  command->add_option("pipeline", flags->pipeline, "a JSON file, or the name of a pipeline that is shipped")
      ->required();
  command->add_option("pictures", flags->inputs, "files, folders or patterns; - reads pictures or frames from a pipe");
  command->add_option("-m,--model", flags->models, "the model of a role: ROLE=FILE, or FILE where there is one role");
  command->add_option("--html", flags->html, "write a picture of the graph with its numbers");
  command->add_option("--draw", flags->draw, "the folder for painted pictures, instead of the pipeline's own");
  command->add_option("--raw", flags->raw, "the pipe sends raw frames: FORMAT:WIDTHxHEIGHT");
  command->add_option("--runtime", flags->runtime, "use this runtime instead of the best-scoring one");
  command->add_option("--device", flags->devices, "run on these devices only")->delimiter(',');
  command->add_option("--fallback", flags->fallback)->check(CLI::IsMember({"none", "report"}));
  command->add_option("--threads", flags->n_threads, "CPU threads of a model")->check(CLI::Range(1U, 4096U));
  command->add_option("--timeout-s", flags->timeout_s, "give up after so many seconds")->check(CLI::PositiveNumber);
  set_body(*command, context, selection,
           [flags](const CommandContext& ctx) { return run_pipeline_command(ctx, *flags); });
}

}  // namespace hearth::cli
