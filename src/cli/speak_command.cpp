#include "cli/speak_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/console.h"
#include "app/speak_session.h"
#include "cli/transport_flag.h"

namespace hearth::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct SpeakFlags {
  SpeakOrder order;
  std::vector<std::string> words;
  std::string text_file;
  std::string transport = "auto";
  std::string fallback;
  bool list_voices = false;
  double timeout_s = 0;
};

class SpeakCommand {
 public:
  SpeakCommand(const CommandContext& context, SpeakFlags flags)
      : context_(context), out_(context.output()), flags_(std::move(flags)), guard_(cancel_) {}

  int run() {
    bounds_.cancel = &cancel_;
    if (flags_.timeout_s > 0)
      bounds_.deadline = SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(
                                                  std::chrono::duration<double>(flags_.timeout_s));
    const Status done = flags_.list_voices ? list() : speak();
    return done ? 0 : out_.report(done.error());
  }

 private:
  Status open_app() {
    HEARTH_ASSIGN(app, context_.make_app());
    app_ = std::move(app);
    auto& settings = flags_.order.speaker;
    settings.transport = transport_of(flags_.transport);
    const bool strict = flags_.fallback.empty() ? !settings.load.devices.empty() : flags_.fallback == "none";
    settings.load.fallback = strict ? Fallback::kNone : Fallback::kReport;
    return {};
  }

  Status list() {
    HEARTH_TRY(open_app());
    HEARTH_ASSIGN(speaker, open_speaker(app_->session_host(), flags_.order.speaker, bounds_));
    nlohmann::ordered_json document = {{"model", speaker->facts().model}, {"voices", nlohmann::ordered_json::array()}};
    for (const auto& voice : speaker->facts().voices) {
      document["voices"].push_back({{"id", voice.id}, {"language", voice.language}, {"about", voice.about}});
      if (!out_.json()) out_.print(fmt::format("{:<16}{:<8}{}\n", voice.id, voice.language, voice.about));
    }
    if (out_.json()) out_.print_json(document);
    return {};
  }

  Status take_text() {
    if (!flags_.order.features_file.empty()) return {};
    if (!flags_.words.empty() && !flags_.text_file.empty())
      return fail(ErrorCode::kInvalidArgument, "both a text and a file with one were given", "give one of them");
    if (flags_.words.empty()) {
      const std::string from = flags_.text_file.empty() ? "-" : flags_.text_file;
      if (from == "-" && is_terminal(StandardStream::kInput))
        out_.note("Reading the text from standard input; end it with Ctrl-D.");
      HEARTH_ASSIGN(text, read_text_to_speak(from, stdin));
      flags_.order.text = std::move(text);
    }
    for (const auto& word : flags_.words) flags_.order.text += (flags_.order.text.empty() ? "" : " ") + word;
    return {};
  }

  Status speak() {
    if (flags_.order.output == "-" && out_.json())
      return fail(ErrorCode::kInvalidArgument, "the sound and --json both want standard output", "name a file with -o");
    if (!flags_.order.output.empty()) HEARTH_TRY(take_text());
    HEARTH_TRY(open_app());
    HEARTH_ASSIGN(spoken, speak_into_file(*app_, flags_.order, stdout, bounds_));
    tell(spoken);
    return {};
  }

  void tell(const SpokenFile& spoken) {
    const std::string& path = flags_.order.output;
    if (!out_.json())
      return out_.note(out_.dim(fmt::format("{}: {:.2f} s of audio at {} Hz, RTF {:.3f}", path, spoken.audio_s,
                                            spoken.sample_rate_hz, spoken.rtf())));
    nlohmann::ordered_json document = {{"path", path},
                                       {"audio_s", spoken.audio_s},
                                       {"sample_rate_hz", spoken.sample_rate_hz},
                                       {"rtf", spoken.rtf()},
                                       {"first_frame_ms", spoken.first_frame_ms}};
    if (spoken.n_sentences > 0) document["sentences"] = spoken.n_sentences;
    if (!spoken.voice.empty()) document["voice"] = spoken.voice;
    out_.print_json(document);
  }

  const CommandContext& context_;
  Output out_;
  SpeakFlags flags_;
  CancelToken cancel_;
  InterruptGuard guard_;
  CallBounds bounds_;
  std::unique_ptr<HearthApp> app_;
};

void add_machine_flags(CLI::App& command, SpeakFlags& flags) {
  command
      .add_option("--device", flags.order.speaker.load.devices,
                  "run on these devices only, as `hearth runtimes` names them")
      ->delimiter(',');
  command
      .add_option("--fallback", flags.fallback,
                  "what can't run on the device: none makes it an error, report runs it elsewhere and says so")
      ->check(CLI::IsMember({"none", "report"}));
  command.add_option("--runtime", flags.order.speaker.runtime, "use this runtime instead of the best-scoring one");
  add_transport_flag(command, flags.transport,
                     "where the runtime lives; auto: files that never loaded before run in a worker process");
  command.add_option("--timeout-s", flags.timeout_s, "give up after so many seconds, loading included")
      ->check(CLI::PositiveNumber);
}

}  // namespace

void add_speak_command(CLI::App& run, CommandContext& context, Selection& selection) {
  auto flags = std::make_shared<SpeakFlags>();  // shared: CLI11 writes it, the body reads it, either may go first
  SpeakOrder& order = flags->order;
  CLI::App* command = run.add_subcommand("speak", "speak a text, or SSML, into a sound file");
  command->add_option("-m,--model", order.speaker.model,
                      "a voice model, or a runtime with voices inside: flite, espeak (default: the best of these)");
  command->add_option("text", flags->words, "what to say (default: what is on standard input)");
  command->add_option("-f,--file", flags->text_file, "a file with what to say; - reads standard input");
  command->add_option("--mel", order.features_file,
                      "speak log-mel features with the vocoder -m instead: a .npy file of [80, frames]");
  command->add_option("-o,--output", order.output,
                      "the sound file, its format by its ending; - writes standard output");
  command->add_option("--format", order.format, "the format, whatever the ending")
      ->check(CLI::IsMember(sound_format_names()));
  command->add_option("--voice", order.style.voice, "one of the model's voices");
  command->add_flag("--list-voices", flags->list_voices, "list them");
  command->add_option("--speed", order.style.speed, "a factor on the usual speed")->check(CLI::PositiveNumber);
  add_machine_flags(*command, *flags);
  set_body(*command, context, selection,
           [flags](const CommandContext& ctx) { return SpeakCommand(ctx, *flags).run(); });
}

}  // namespace hearth::cli
