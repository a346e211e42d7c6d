// hearth run voice, and with a camera hearth run multi-modal.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/camera_watch.h"
#include "app/console.h"
#include "app/voice_recording.h"
#include "cli/command.h"
#include "cli/transport_flag.h"

namespace hearth::cli {
namespace {

struct VoiceFlags {
  VoiceSettings settings;
  std::string input;
  std::string output;
  std::string transport = "auto";
  bool realtime = false;
  std::vector<std::string> pictures;  // empty: no camera
  CameraSettings camera;
};

nlohmann::ordered_json rounded(std::optional<double> value) {
  return value ? nlohmann::ordered_json(std::round(*value * 10) / 10) : nlohmann::ordered_json();
}

nlohmann::ordered_json line_of(const VoiceTurn& turn) {
  const auto& at = turn.stages;
  nlohmann::ordered_json line = {{"heard", turn.heard},
                                 {"said", turn.said},
                                 {"heard_end_s", rounded(turn.heard_end_s)},
                                 {"audio_s", turn.audio_s},
                                 {"interrupted", turn.interrupted},
                                 {"stages_ms",
                                  {{"text", rounded(at.text)},
                                   {"first_token", rounded(at.first_token)},
                                   {"first_sentence", rounded(at.first_sentence)},
                                   {"first_audio", rounded(at.first_audio)},
                                   {"last_token", rounded(at.last_token)},
                                   {"last_audio", rounded(at.last_audio)}}}};
  if (!turn.seen.empty()) line["seen"] = turn.seen;
  return line;
}

std::string in_words(std::optional<double> ms) { return ms ? fmt::format("{:.0f} ms", *ms) : std::string("-"); }

class VoiceCommand {
 public:
  VoiceCommand(const CommandContext& context, VoiceFlags flags)
      : context_(context), out_(context.output()), flags_(std::move(flags)), guard_(cancel_) {
    bounds_.cancel = &cancel_;
  }

  int run() {
    const Status done = converse();
    if (cancel_.requested()) return error_code_info(ErrorCode::kCancelled).exit_status;
    return done ? 0 : out_.report(done.error());
  }

 private:
  Status converse() {
    HEARTH_ASSIGN(app, context_.make_app());
    auto& settings = flags_.settings;
    settings.hearing.transport = settings.chat.transport = settings.speaking.transport = transport_of(flags_.transport);
    settings.barge_in = flags_.realtime || flags_.input == "-";
    std::unique_ptr<CameraWatch> camera;
    if (!flags_.pictures.empty()) {
      HEARTH_ASSIGN(pictures, pictures_of());
      HEARTH_ASSIGN(watch, CameraWatch::open(*app, flags_.camera, std::move(pictures)));
      camera = std::move(watch);
      settings.see = [&camera](const CallBounds& bounds) { return camera->seen(bounds); };
    }
    VoiceRecordingOrder order{settings, flags_.input, flags_.output, flags_.realtime};
    return converse_with_recording(
        *app, order, stdin, [this](const VoiceTurn& turn) { tell(turn); }, bounds_);
  }

  Result<std::unique_ptr<PictureSource>> pictures_of() {
    if (flags_.pictures == std::vector<std::string>{"-"}) {
      if (flags_.input == "-")
        return fail(ErrorCode::kInvalidArgument, "sound and pictures can't both come through the one pipe",
                    "give one of them as files");
      PipeOptions options;
      options.cancel = &cancel_;
      return piped_pictures(stdin, options);
    }
    HEARTH_ASSIGN(paths, expand_picture_paths(flags_.pictures));
    return file_pictures(std::move(paths));
  }

  void tell(const VoiceTurn& turn) {
    if (out_.json()) return out_.print_json(line_of(turn));
    if (!turn.seen.empty()) out_.note(out_.dim("in front of the camera: " + turn.seen));
    out_.print(fmt::format("> {}\n{}{}\n", turn.heard, turn.said, turn.interrupted ? " [interrupted]" : ""));
    const auto& at = turn.stages;
    out_.note(
        out_.dim(fmt::format("since the end was known: text {}, first token {}, first sentence {}, first audio {}; "
                             "last token {}, last audio {}",
                             in_words(at.text), in_words(at.first_token), in_words(at.first_sentence),
                             in_words(at.first_audio), in_words(at.last_token), in_words(at.last_audio))));
  }

  const CommandContext& context_;
  Output out_;
  VoiceFlags flags_;
  CancelToken cancel_;
  InterruptGuard guard_;
  CallBounds bounds_;
};

void add_flags(CLI::App* command, VoiceFlags* flags) {
  auto& settings = flags->settings;
  command->add_option("sound", flags->input, "a sound file; - takes a WAV from a pipe as it comes")->required();
  command->add_option("-o,--output", flags->output, "the file with the answers, its format by its ending")->required();
  command->add_option("-m,--model", settings.chat.model, "the language model (default: starter)");
  command->add_option("--stt", settings.hearing.model,
                      "the speech model (default: the English one of the package pocketsphinx-en-us)");
  command->add_option("--tts", settings.speaking.model,
                      "a voice model, or a runtime with voices inside: flite, espeak (default: the best of these)");
  command->add_option("--vad", settings.hearing.vad_model,
                      "tells where an utterance ends: Silero VAD as ONNX (default: where the sound ends)");
  command->add_option("--voice", settings.style.voice, "one of the voice model's voices");
  command->add_option("--speed", settings.style.speed, "a factor on the usual speed")->check(CLI::PositiveNumber);
  command->add_option("--system", settings.system, "what the language model is told first");
  command->add_option("-n,--max-tokens", settings.max_tokens, "of an answer")->check(CLI::PositiveNumber);
  command->add_option("--temperature", settings.sampling.temperature, "0: always the likeliest word")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--seed", settings.sampling.seed, "the same seed gives the same answers");
  command->add_flag("--realtime", flags->realtime,
                    "take a file as fast as it was spoken; whoever speaks during an answer interrupts it");
  add_transport_flag(*command, flags->transport,
                     "where the runtimes live; auto: files that never loaded before run in a worker process");
}

void add_command(CLI::App& command, CommandContext& context, Selection& selection,
                 const std::shared_ptr<VoiceFlags>& flags) {
  add_flags(&command, flags.get());
  set_body(command, context, selection, [flags](const CommandContext& ctx) { return VoiceCommand(ctx, *flags).run(); });
}

}  // namespace

// Flags are shared: CLI11 writes them, the body reads them, either may go first.
void add_voice_command(CLI::App& run, CommandContext& context, Selection& selection) {
  add_command(*run.add_subcommand("voice", "answer speech by speech: write down, think, speak, all at once"), context,
              selection, std::make_shared<VoiceFlags>());
}

void add_multi_modal_command(CLI::App& run, CommandContext& context, Selection& selection) {
  auto flags = std::make_shared<VoiceFlags>();
  CLI::App* command = run.add_subcommand("multi-modal", "answer speech by speech, knowing what a camera sees");
  command
      ->add_option("--see", flags->pictures,
                   "what the camera sees: a file, folder or pattern of pictures; - takes JPEG frames from a pipe; may "
                   "be repeated")
      ->required()
      ->allow_extra_args(false);
  command->add_option("--detector", flags->camera.detector, "the model that finds objects in the pictures")->required();
  add_command(*command, context, selection, flags);
}

}  // namespace hearth::cli
