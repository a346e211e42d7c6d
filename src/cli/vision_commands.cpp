// hearth run detect, hearth run classify, hearth run segment.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/console.h"
#include "app/plan_verification_input.h"
#include "app/planned_models.h"
#include "app/tensor_host.h"
#include "app/vision_lines.h"
#include "cli/command.h"
#include "cli/vision_flags.h"

namespace hearth::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr auto kProgressEvery = std::chrono::milliseconds(200);

class VisionCommand {
 public:
  VisionCommand(const CommandContext& context, VisionFlags flags, VisionTask task)
      : context_(context), out_(context.output()), flags_(std::move(flags)), task_(task), guard_(cancel_) {}

  int run() {
    auto summary = look();
    if (progress_shown_) std::fputc('\n', stderr);
    if (!summary) return out_.report(summary.error());
    tell_summary(*summary);
    return summary->worst_exit_status;
  }

 private:
  Result<VisionRunSummary> look() {
    HEARTH_ASSIGN(source, open_source());
    source_ = std::move(source);
    HEARTH_ASSIGN(app, context_.make_app());
    app_ = std::move(app);
    if (flags_.model.empty()) HEARTH_TRY(take_planned_model());
    std::vector<TensorModelSettings> models;
    models.push_back(flags_.model_settings());
    HEARTH_ASSIGN(host, TensorHost::create(tensor_host_parts(*app_), std::move(models)));
    host_ = std::move(host);
    CallBounds bounds;
    bounds.cancel = &cancel_;
    if (flags_.timeout_s > 0)
      bounds.deadline = SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(
                                                 std::chrono::duration<double>(flags_.timeout_s));
    start_ = last_progress_ = SteadyClock::now();
    return run_vision(host_->engine(), *source_, flags_.run_options(task_), bounds,
                      [this](const VisionResult& result) { tell(result); });
  }

  // What flags say of runtime and threads wins over the plan.
  Status take_planned_model() {
    auto input = open_plan({}, app_->home());
    if (!input && input.error().code == ErrorCode::kNotFound)
      return fail(ErrorCode::kInvalidArgument, "no model was named, and there is no plan that chose one",
                  fmt::format("name one with -m, or plan one: hearth plan --task {}", vision_task_name(task_)));
    if (!input) return fail(std::move(input).error());
    HEARTH_ASSIGN(planned, planned_picture_model(input->plan, task_, app_->store()));
    flags_.model = planned.reference;
    if (flags_.runtime.empty()) flags_.runtime = planned.runtime;
    if (flags_.n_threads == 0) flags_.n_threads = planned.n_threads;
    out_.note(out_.dim(fmt::format("note: {} on {}, as planned", planned.model, flags_.runtime)));
    return {};
  }

  Result<std::unique_ptr<PictureSource>> open_source() const {
    const bool pipe = flags_.inputs.empty() || flags_.inputs == std::vector<std::string>{"-"} || !flags_.raw.empty();
    if (!pipe) {
      HEARTH_ASSIGN(paths, expand_picture_paths(flags_.inputs));
      return file_pictures(std::move(paths));
    }
    if (flags_.inputs.empty() && is_terminal(StandardStream::kInput))
      return fail(ErrorCode::kInvalidArgument, "no pictures were given", "name files or folders, or pipe pictures in");
    PipeOptions options;
    options.cancel = &cancel_;
    if (!flags_.raw.empty()) {
      HEARTH_ASSIGN(shape, parse_raw_frame_shape(flags_.raw));
      options.raw = shape;
    }
    return piped_pictures(stdin, options);
  }

  void tell(const VisionResult& result) {
    ++n_told_;
    if (out_.json()) {
      auto line = vision_line(result, task_ == VisionTask::kSegment);
      if (result.error) line["error"] = error_to_json(*result.error)["error"];
      out_.print_json(line);
    } else if (result.error) {
      clear_progress();
      (void)out_.report(*result.error);
    } else {
      clear_progress();
      out_.print(vision_text(result) + "\n");
    }
    show_progress();
  }

  // On a terminal only: a line that is written over.
  void show_progress() {
    const auto now = SteadyClock::now();
    if (out_.json() || !context_.stderr_is_terminal || now - last_progress_ < kProgressEvery) return;
    last_progress_ = now;
    progress_shown_ = true;
    const double fps = static_cast<double>(n_told_) / std::chrono::duration<double>(now - start_).count();
    const auto total = source_->total();
    const std::string of = total ? fmt::format("/{}", *total) : std::string();
    std::fputs(fmt::format("\r{}{} pictures, {:.1f} FPS", n_told_, of, fps).c_str(), stderr);
    std::fflush(stderr);
  }

  void clear_progress() {
    if (!progress_shown_) return;
    std::fputs("\r\x1b[K", stderr);
    progress_shown_ = false;
  }

  void tell_summary(const VisionRunSummary& summary) const {
    if (summary.n_done + summary.n_failed + summary.n_skipped < 2) return;
    out_.note(out_.dim(fmt::format("{} pictures in {:.2f} s, {:.1f} FPS; {} failed, {} passed over", summary.n_done,
                                   summary.wall_s, summary.fps(), summary.n_failed, summary.n_skipped)));
  }

  const CommandContext& context_;
  Output out_;
  VisionFlags flags_;
  VisionTask task_;
  CancelToken cancel_;
  InterruptGuard guard_;
  std::unique_ptr<PictureSource> source_;
  std::unique_ptr<HearthApp> app_;
  std::unique_ptr<TensorHost> host_;
  std::uint64_t n_told_ = 0;
  SteadyClock::time_point start_;
  SteadyClock::time_point last_progress_;
  bool progress_shown_ = false;
};

void add_vision_command(CLI::App& run, CommandContext& context, Selection& selection, VisionTask task,
                        const char* summary) {
  CLI::App* command = run.add_subcommand(std::string(vision_task_name(task)), summary);
  auto flags = std::make_shared<VisionFlags>();  // shared: CLI11 writes it, the body reads it, either may go first
  add_vision_flags(*command, *flags, task);
  set_body(*command, context, selection,
           [flags, task](const CommandContext& ctx) { return VisionCommand(ctx, *flags, task).run(); });
}

}  // namespace

void add_vision_commands(CLI::App& run, CommandContext& context, Selection& selection) {
  add_vision_command(run, context, selection, VisionTask::kDetect, "find objects in pictures");
  add_vision_command(run, context, selection, VisionTask::kClassify, "say what pictures show");
  add_vision_command(run, context, selection, VisionTask::kSegment, "find objects and their outlines in pictures");
}

}  // namespace hearth::cli
