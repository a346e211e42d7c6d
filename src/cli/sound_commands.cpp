// hearth run denoise, hearth run events, hearth run wake.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/console.h"
#include "app/sound_inputs.h"
#include "app/sound_sessions.h"
#include "cli/command.h"
#include "cli/transport_flag.h"

namespace hearth::cli {
namespace {

struct SoundFlags {
  SoundGraphOptions graphs;
  std::vector<std::string> inputs;
  std::string transport = "auto";
  std::string out;     // denoise
  std::string labels;  // events
  SoundEventOptions events;
  WakeWordOptions wake;
};

double rounded(double value) { return std::round(value * 1000.0) / 1000.0; }

// What the three commands share: the models first, then one recording after the other.
class SoundCommand {
 public:
  SoundCommand(const CommandContext& context, SoundFlags flags)
      : out_(context.output()), flags_(std::move(flags)), context_(context), guard_(cancel_) {
    bounds_.cancel = &cancel_;
  }
  virtual ~SoundCommand() = default;
  SoundCommand(const SoundCommand&) = delete;
  SoundCommand& operator=(const SoundCommand&) = delete;

  int run() {
    if (auto done = open_all(); !done) return out_.report(done.error());
    int worst = 0;
    for (const auto& path : paths_) {
      auto input = open_sound(path, stdin);
      const Status done = input ? hear(path, std::move(*input)) : Status(fail(Error(input.error())));
      if (cancel_.requested()) return error_code_info(ErrorCode::kCancelled).exit_status;
      if (!done) worst = std::max(worst, report(path, done.error()));
    }
    return worst;
  }

 protected:
  [[nodiscard]] virtual Status open(const TensorHostParts& parts) = 0;
  [[nodiscard]] virtual Status hear(const std::string& path, std::unique_ptr<ByteInput> input) = 0;
  [[nodiscard]] bool several() const { return paths_.size() > 1; }

  Output out_;
  SoundFlags flags_;
  CallBounds bounds_;

 private:
  Status open_all() {
    HEARTH_ASSIGN(paths, expand_sound_paths(flags_.inputs));
    paths_ = std::move(paths);
    if (several() && !flags_.out.empty())
      return fail(ErrorCode::kInvalidArgument, "several recordings can't go into one file", "give one recording");
    HEARTH_ASSIGN(app, context_.make_app());
    app_ = std::move(app);
    flags_.graphs.transport = transport_of(flags_.transport);
    return open(tensor_host_parts(*app_));
  }

  int report(const std::string& path, const Error& error) {
    if (!out_.json()) {
      Error named = error;
      named.message = path + ": " + named.message;
      return out_.report(named);
    }
    nlohmann::ordered_json document = {{"path", path}};
    document.update(error_to_json(error));
    out_.print_json(document);
    return error_code_info(error.code).exit_status;
  }

  const CommandContext& context_;
  CancelToken cancel_;
  InterruptGuard guard_;
  std::unique_ptr<HearthApp> app_;  // derived classes, which go first, hold sessions of it
  std::vector<std::string> paths_;
};

class DenoiseCommand final : public SoundCommand {
 public:
  using SoundCommand::SoundCommand;

 private:
  Status open(const TensorHostParts& parts) override {
    HEARTH_ASSIGN(session, DenoiseSession::open(parts, flags_.graphs, bounds_));
    session_ = std::move(session);
    return {};
  }

  Status hear(const std::string& path, std::unique_ptr<ByteInput> input) override {
    HEARTH_ASSIGN(quiet, session_->run(std::move(input), flags_.out, bounds_));
    const double rtf = quiet.audio_s > 0 ? quiet.processing_s / quiet.audio_s : 0;
    if (out_.json()) {
      out_.print_json({{"path", path},
                       {"out", flags_.out},
                       {"audio_s", rounded(quiet.audio_s)},
                       {"sample_rate_hz", quiet.sample_rate_hz},
                       {"rtf", rtf}});
    } else {
      out_.note(fmt::format("{}: {:.1f} s written to {} (RTF {:.3f})", path, quiet.audio_s, flags_.out, rtf));
    }
    return {};
  }

  std::unique_ptr<DenoiseSession> session_;
};

class EventsCommand final : public SoundCommand {
 public:
  using SoundCommand::SoundCommand;

 private:
  Status open(const TensorHostParts& parts) override {
    HEARTH_ASSIGN(session, SoundEventSession::open(parts, flags_.graphs, flags_.events, flags_.labels, bounds_));
    session_ = std::move(session);
    return {};
  }

  Status hear(const std::string& path, std::unique_ptr<ByteInput> input) override {
    HEARTH_ASSIGN(heard, session_->run(std::move(input), bounds_));
    nlohmann::ordered_json line = {
        {"path", path}, {"audio_s", rounded(heard.audio_s)}, {"events", nlohmann::ordered_json::array()}};
    for (const auto& event : heard.events) {
      line["events"].push_back({{"label", event.label},
                                {"start_s", rounded(event.start_s)},
                                {"end_s", rounded(event.end_s)},
                                {"score", event.score}});
      if (out_.json()) continue;
      const std::string of = several() ? path + ": " : std::string();
      out_.print(
          fmt::format("{}{:7.2f} - {:.2f} s  {:.2f}  {}\n", of, event.start_s, event.end_s, event.score, event.label));
    }
    if (out_.json()) out_.print_json(line);
    if (!out_.json() && heard.events.empty()) out_.note(path + ": nothing that could be named");
    return {};
  }

  std::unique_ptr<SoundEventSession> session_;
};

class WakeCommand final : public SoundCommand {
 public:
  using SoundCommand::SoundCommand;

 private:
  Status open(const TensorHostParts& parts) override {
    HEARTH_ASSIGN(session, WakeWordSession::open(parts, flags_.graphs, flags_.wake, bounds_));
    session_ = std::move(session);
    return {};
  }

  Status hear(const std::string& path, std::unique_ptr<ByteInput> input) override {
    HEARTH_ASSIGN(heard, session_->run(std::move(input), bounds_));
    nlohmann::ordered_json line = {{"path", path},
                                   {"audio_s", rounded(heard.audio_s)},
                                   {"hits", nlohmann::ordered_json::array()},
                                   {"score_max", heard.score_max}};
    for (const auto& hit : heard.hits) {
      line["hits"].push_back({{"at_s", rounded(hit.at_s)}, {"score", hit.score}});
      if (!out_.json()) out_.print(fmt::format("{}: heard at {:.2f} s, score {:.2f}\n", path, hit.at_s, hit.score));
    }
    if (out_.json()) out_.print_json(line);
    if (!out_.json() && heard.hits.empty())
      out_.note(fmt::format("{}: not heard; the highest score was {:.2f}", path, heard.score_max));
    return {};
  }

  std::unique_ptr<WakeWordSession> session_;
};

// Flags are shared: CLI11 writes them, the body reads them, either may go first.
std::shared_ptr<SoundFlags> add_common(CLI::App& command, const std::string& models) {
  auto flags = std::make_shared<SoundFlags>();
  command.add_option("-m,--model", flags->graphs.models, models)->required()->allow_extra_args(false);
  command.add_option("files", flags->inputs, "sound files, folders or patterns; - reads one from a pipe")->required();
  command.add_option("--runtime", flags->graphs.runtime, "use this runtime instead of the best-scoring one");
  add_transport_flag(command, flags->transport,
                     "where the runtime lives; auto: files that never loaded before run in a worker process");
  return flags;
}

}  // namespace

void add_sound_commands(CLI::App& run, CommandContext& context, Selection& selection) {
  CLI::App* denoise = run.add_subcommand("denoise", "take noise out of a recording of speech");
  const auto quiet = add_common(*denoise, "DTLN's two graphs, the one on magnitudes first");
  denoise->add_option("-o,--out", quiet->out, "the file to write: .wav, .flac, .ogg, .opus or .pcm, 16 kHz")
      ->required();
  set_body(*denoise, context, selection,
           [quiet](const CommandContext& ctx) { return DenoiseCommand(ctx, *quiet).run(); });

  CLI::App* events =
      run.add_subcommand("events", "say what is to be heard in recordings: speech, music, alarms, animals, ...");
  const auto heard = add_common(*events, "a classifier of sounds: YAMNet");
  events->add_option("--labels", heard->labels,
                     "the names of its classes (default: MODEL_class_map.csv beside the model, where there is one)");
  events->add_option("--threshold", heard->events.threshold, "the least score of what is told")
      ->check(CLI::Range(0.0, 1.0));
  set_body(*events, context, selection,
           [heard](const CommandContext& ctx) { return EventsCommand(ctx, *heard).run(); });

  CLI::App* wake = run.add_subcommand("wake", "find a wake word in recordings");
  const auto woken = add_common(*wake, "openWakeWord's three graphs: mel spectrum, embedding, the word");
  wake->add_option("--threshold", woken->wake.threshold, "the least score of a hit")->check(CLI::Range(0.0, 1.0));
  set_body(*wake, context, selection, [woken](const CommandContext& ctx) { return WakeCommand(ctx, *woken).run(); });
}

}  // namespace hearth::cli
