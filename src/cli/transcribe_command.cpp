// hearth run transcribe.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/console.h"
#include "app/sound_inputs.h"
#include "app/transcribe_session.h"
#include "cli/command.h"
#include "cli/transcribe_streams.h"
#include "cli/transcript_json.h"
#include "cli/transport_flag.h"

namespace hearth::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr auto kProgressEvery = std::chrono::milliseconds(200);

struct TranscribeFlags {
  TranscribeSessionOptions session;
  StreamFlags streams;
  std::vector<std::string> inputs;
  std::string transport = "auto";
  std::string fallback;
  bool as_srt = false;
  bool as_vtt = false;
  double timeout_s = 0;
};

nlohmann::ordered_json line_of(const std::string& path, const TranscribedRecording& recording) {
  nlohmann::ordered_json line = {{"path", path}, {"text", transcript_text(recording.segments)}};
  line["segments"] = segments_json(recording.segments);
  if (!recording.language.empty()) line["language"] = recording.language;
  line["audio_s"] = time_json(recording.audio_s);
  line["spoken_s"] = time_json(recording.spoken_s);
  line["rtf"] = recording.rtf();
  if (recording.n_clipped > 0) line["clipped_samples"] = recording.n_clipped;
  if (!recording.note.empty()) line["note"] = recording.note;
  return line;
}

class TranscribeCommand {
 public:
  TranscribeCommand(const CommandContext& context, TranscribeFlags flags)
      : context_(context), out_(context.output()), flags_(std::move(flags)), guard_(cancel_) {}

  int run() {
    auto paths = open();
    if (!paths) return out_.report(paths.error());
    if (flags_.streams.stream) return run_streams(*paths);
    int worst = 0;
    for (std::size_t i = 0; i < paths->size(); ++i) {
      progress_ = paths->size() == 1 ? std::string() : fmt::format("{} of {} files, ", i + 1, paths->size());
      worst = std::max(worst, transcribe((*paths)[i]));
      if (cancel_.requested()) return error_code_info(ErrorCode::kCancelled).exit_status;
    }
    if (paths->size() > 1)
      out_.note(out_.dim(fmt::format("{} files, {:.1f} s of audio in {:.1f} s (RTF {:.3f}); {} failed", paths->size(),
                                     audio_s_, processing_s_, audio_s_ > 0 ? processing_s_ / audio_s_ : 0, n_failed_)));
    return worst;
  }

 private:
  Result<std::vector<std::string>> open() {
    if (flags_.inputs.empty() && is_terminal(StandardStream::kInput))
      return fail(ErrorCode::kInvalidArgument, "no sound was given", "name files or folders, or pipe a sound file in");
    if (flags_.inputs.empty()) flags_.inputs.emplace_back("-");
    HEARTH_ASSIGN(paths, expand_sound_paths(flags_.inputs));
    if (paths.size() > 1 && (flags_.as_srt || flags_.as_vtt))
      return fail(ErrorCode::kInvalidArgument, "subtitles of several files were asked for at once",
                  "give one file, or --json");
    if (flags_.streams.stream && (flags_.as_srt || flags_.as_vtt))
      return fail(ErrorCode::kInvalidArgument, "subtitles were asked for of a stream",
                  "leave --stream out, or use --json");
    HEARTH_ASSIGN(app, context_.make_app());
    app_ = std::move(app);
    auto options = flags_.session;
    options.transport = transport_of(flags_.transport);
    options.streams = flags_.streams.at_once;
    const bool strict = flags_.fallback.empty() ? !options.load.devices.empty() : flags_.fallback == "none";
    options.load.fallback = strict ? Fallback::kNone : Fallback::kReport;
    if (flags_.timeout_s > 0)
      bounds_.deadline = SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(
                                                  std::chrono::duration<double>(flags_.timeout_s));
    bounds_.cancel = &cancel_;
    HEARTH_ASSIGN(session, TranscribeSession::open(tensor_host_parts(*app_), options, bounds_));
    session_ = std::move(session);
    return paths;
  }

  int run_streams(const std::vector<std::string>& paths) {
    const int status = transcribe_streams(context_, *session_, paths, flags_.streams, bounds_);
    return cancel_.requested() ? error_code_info(ErrorCode::kCancelled).exit_status : status;
  }

  Result<TranscribedRecording> transcribed(const std::string& path) {
    HEARTH_ASSIGN(input, open_sound(path, stdin));
    return session_->transcribe(std::move(input), bounds_, [this](double done_s) { show_progress(done_s); });
  }

  int transcribe(const std::string& path) {
    auto recording = transcribed(path);
    clear_progress();
    if (!recording) return report(path, recording.error());
    audio_s_ += recording->audio_s;
    processing_s_ += recording->processing_s;
    if (out_.json()) {
      out_.print_json(line_of(path, *recording));
    } else if (flags_.as_srt) {
      out_.print(to_srt(recording->segments));
    } else if (flags_.as_vtt) {
      out_.print(to_vtt(recording->segments));
    } else {
      const std::string text = transcript_text(recording->segments);
      out_.print(progress_.empty() ? text + "\n" : fmt::format("{}: {}\n", path, text));
    }
    if (!recording->note.empty()) out_.note(fmt::format("note: {}: {}", path, recording->note));
    if (recording->n_clipped > 0)
      out_.note(fmt::format("note: {}: {} samples are at full scale; the recording may be too loud", path,
                            recording->n_clipped));
    return 0;
  }

  int report(const std::string& path, const Error& error) {
    ++n_failed_;
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

  void show_progress(double done_s) {
    if (out_.json() || !context_.stderr_is_terminal || SteadyClock::now() - last_progress_ < kProgressEvery) return;
    last_progress_ = SteadyClock::now();
    progress_shown_ = true;
    std::fputs(fmt::format("\r{}{:.0f} s of audio ", progress_, done_s).c_str(), stderr);
  }
  void clear_progress() {
    if (progress_shown_) std::fputs("\r\x1b[K", stderr);
    progress_shown_ = false;
  }

  const CommandContext& context_;
  Output out_;
  TranscribeFlags flags_;
  CancelToken cancel_;
  InterruptGuard guard_;
  CallBounds bounds_;
  std::unique_ptr<HearthApp> app_;
  std::unique_ptr<TranscribeSession> session_;
  std::string progress_;
  SteadyClock::time_point last_progress_;
  bool progress_shown_ = false;
  double audio_s_ = 0;
  double processing_s_ = 0;
  std::size_t n_failed_ = 0;
};

void add_stream_options(CLI::App& command, StreamFlags& flags) {
  constexpr std::uint32_t kStreamsMax = 256;
  auto* stream = command.add_flag("--stream", flags.stream,
                                  "write down what is said while it is said: partial results, and a final one for each "
                                  "utterance; - takes a WAV or samples from a pipe as they come");
  command.add_flag("--realtime", flags.realtime, "take files as fast as they were spoken")->needs(stream);
  command.add_flag("--no-partials", flags.no_partials, "tell final results only")->needs(stream);
  command.add_option("--at-once", flags.at_once, "how many files are streamed at once")
      ->needs(stream)
      ->check(CLI::Range(1U, kStreamsMax));
  command
      .add_option("--pcm-rate", flags.pcm_rate_hz,
                  "the pipe holds 16-bit little-endian samples without a header, so many a second")
      ->needs(stream);
  command.add_option("--pcm-channels", flags.pcm_channels, "and so many channels (default: 1)")->needs(stream);
}

}  // namespace

void add_transcribe_command(CLI::App& run, CommandContext& context, Selection& selection) {
  auto flags = std::make_shared<TranscribeFlags>();  // shared: CLI11 writes it, the body reads it, either may go first
  CLI::App* command = run.add_subcommand("transcribe", "write down what is said in recordings");
  command->add_option("-m,--model", flags->session.model,
                      "a speech model (default: the English one of the package pocketsphinx-en-us)");
  command->add_option("files", flags->inputs, "sound files, folders or patterns; - reads one from a pipe");
  command->add_option("--language", flags->session.transcribe.language,
                      "what is spoken, as a code such as en (default: detected, or the model's only one)");
  command->add_flag("--translate", flags->session.transcribe.translate, "into English, where the model can");
  command->add_option("--vad", flags->session.vad_model,
                      "leave out what is no speech: a voice detector, Silero VAD as ONNX");
  add_stream_options(*command, flags->streams);
  auto* srt = command->add_flag("--srt", flags->as_srt, "write subtitles in SubRip's form");
  command->add_flag("--vtt", flags->as_vtt, "write subtitles in WebVTT's form")->excludes(srt);
  command
      ->add_option("--device", flags->session.load.devices,
                   "run on these devices only, as `hearth runtimes` names them")
      ->delimiter(',');
  command
      ->add_option("--fallback", flags->fallback,
                   "what can't run on the device: none makes it an error, report runs it elsewhere and says so")
      ->check(CLI::IsMember({"none", "report"}));
  command->add_option("--runtime", flags->session.runtime, "use this runtime instead of the best-scoring one");
  add_transport_flag(*command, flags->transport,
                     "where the runtime lives; auto: files that never loaded before run in a worker process");
  command->add_option("--timeout-s", flags->timeout_s, "give up after so many seconds, loading included")
      ->check(CLI::PositiveNumber);
  set_body(*command, context, selection,
           [flags](const CommandContext& ctx) { return TranscribeCommand(ctx, *flags).run(); });
}

}  // namespace hearth::cli
