// hearth run complete, hearth run chat.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/console.h"
#include "cli/command.h"
#include "cli/generation_flags.h"
#include "cli/generation_report.h"
#include "cli/line_reader.h"
#include "cli/speak_command.h"

namespace hearth::cli {
namespace {

constexpr std::size_t kPromptBytesMax = 64U << 20U;

// Everything on standard input, up to a bound no model's context comes near.
Result<std::string> read_standard_input() {
  std::string text;
  char chunk[65536];
  while (std::cin.read(chunk, sizeof chunk) || std::cin.gcount() > 0) {
    text.append(chunk, static_cast<std::size_t>(std::cin.gcount()));
    if (text.size() > kPromptBytesMax)
      return fail(ErrorCode::kInvalidArgument, "the prompt on standard input is larger than 64 MiB",
                  "give a shorter text");
  }
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// One command's work with a session: shared by chat and complete.
class GenerationCommand {
 public:
  GenerationCommand(const CommandContext& context, GenerationFlags flags)
      : context_(context), out_(context.output()), flags_(std::move(flags)), guard_(cancel_) {
    flags_.settle_seed();
  }

  Status open() {
    HEARTH_ASSIGN(app, context_.make_app());
    app_ = std::move(app);
    HEARTH_ASSIGN(session,
                  TextSession::open(app_->session_host(), flags_.session_options(), flags_.request(cancel_).bounds));
    session_ = std::move(session);
    tell_notices();
    return {};
  }

  // Generates once and shows it; the exit status.
  template <class Generate>
  int answer(Generate&& generate) {
    auto result = generate(flags_.request(cancel_), [this](const TokenEvent& event) {
      if (!out_.json()) out_.print(event.text);
      return !cancel_.requested();
    });
    if (!result) {
      return out_.report(result.error());
    }
    last_ = std::move(result).value();
    return show();
  }

  int complete() {
    // A text has no natural end, and many models never write one.
    constexpr std::uint32_t kDefaultTokensMax = 256;
    if (flags_.max_tokens == 0) flags_.max_tokens = kDefaultTokensMax;
    if (auto done = take_prompt(); !done) return out_.report(done.error());
    if (auto done = open(); !done) return out_.report(done.error());
    return answer([this](GenerationRequest request, const TokenCallback& on_token) {
      return session_->complete(flags_.prompt, std::move(request), on_token);
    });
  }

  int chat() {
    const bool interactive = !flags_.has_prompt && !out_.json() && is_terminal(StandardStream::kInput);
    if (!interactive)
      if (auto done = take_prompt(); !done) return out_.report(done.error());
    if (auto done = open(); !done) return out_.report(done.error());
    if (!flags_.system.empty()) messages_.push_back({"system", flags_.system});
    return interactive ? converse() : turn(flags_.prompt);
  }

 private:
  Status take_prompt() {
    if (flags_.has_prompt) return {};
    if (is_terminal(StandardStream::kInput)) out_.note("Reading the prompt from standard input; end it with Ctrl-D.");
    HEARTH_ASSIGN(text, read_standard_input());
    flags_.prompt = std::move(text);
    return {};
  }

  int turn(const std::string& prompt) {
    messages_.push_back({"user", prompt});
    const int status = answer([this](GenerationRequest request, const TokenCallback& on_token) {
      return session_->chat(messages_, std::move(request), on_token);
    });
    messages_.push_back({"assistant", last_.text});
    return status;
  }

  int converse() {
    out_.note(out_.dim(
        fmt::format("{} on {}, {} tokens of context. Ctrl-C stops an answer, /reset forgets, Ctrl-D or /exit leaves.",
                    session_->model().name, session_->runtime().name, session_->context_length())));
    LineReader reader(app_->home() / "chat_history");
    while (auto line = reader.read("> ")) {
      cancel_.reset();
      if (line->empty()) continue;
      if (*line == "/exit" || *line == "/quit") break;
      if (*line == "/reset") {
        std::erase_if(messages_, [](const ChatMessage& m) { return m.role != "system"; });
        continue;
      }
      last_ = {};
      (void)turn(*line);  // an answer that failed was reported; the conversation goes on
    }
    tell_summary();
    return 0;
  }

  // What the whole conversation cost, where there was more than one answer.
  void tell_summary() {
    const std::string model = "model=\"" + session_->model().name + "\"";
    const auto answers = app_->metrics().counter(metric_name::kAnswers, {}, model).value();
    if (answers < 2) return;
    const auto& ttft = app_->metrics().histogram(metric_name::kTtft, {}, model);
    out_.note(out_.dim(fmt::format("{} answers, {} tokens; TTFT p50 {:.0f} ms, p95 {:.0f} ms; decode p50 {:.1f} tok/s",
                                   answers, app_->metrics().counter(metric_name::kTokens, {}, model).value(),
                                   ttft.quantile(0.5), ttft.quantile(0.95),
                                   app_->metrics().histogram(metric_name::kDecode, {}, model).quantile(0.5))));
  }

  int show() {
    const bool cancelled = last_.finish == FinishReason::kCancelled;
    tell_notices();
    if (out_.json()) {
      auto document = generation_to_json(*session_, last_, *flags_.seed);
      if (!document) return out_.report(document.error());
      out_.print_json(*document);
    } else {
      out_.print("\n");
      out_.note(out_.dim(describe_figures(last_)));
    }
    return cancelled ? error_code_info(ErrorCode::kCancelled).exit_status : 0;
  }

  void tell_notices() {
    for (; told_ < session_->notices().size(); ++told_) out_.note(out_.dim("note: " + session_->notices()[told_]));
  }

  const CommandContext& context_;
  Output out_;
  GenerationFlags flags_;
  CancelToken cancel_;
  InterruptGuard guard_;
  std::unique_ptr<HearthApp> app_;
  std::unique_ptr<TextSession> session_;
  std::vector<ChatMessage> messages_;
  GenerationResult last_;
  std::size_t told_ = 0;
};

void add_run_command(CLI::App& run, CommandContext& context, Selection& selection, bool chat) {
  CLI::App* command =
      run.add_subcommand(chat ? "chat" : "complete", chat ? "answer with the model's chat template"
                                                          : "continue the text as it is, without a template");
  auto flags = std::make_shared<GenerationFlags>();  // shared: CLI11 writes it, the body reads it, either may go first
  add_generation_flags(*command, *flags);
  if (chat) {
    command->add_option("--system", flags->system, "the system message");
    command->add_option("--chat-template", flags->chat_template_file,
                        "a Jinja file instead of the model's own template");
  }
  set_body(*command, context, selection, [command, flags, chat](const CommandContext& ctx) {
    flags->has_prompt = command->count("--prompt") > 0;
    GenerationCommand work(ctx, *flags);
    return chat ? work.chat() : work.complete();
  });
}

}  // namespace

void add_run_commands(CLI::App& program, CommandContext& context, Selection& selection) {
  CLI::App* run = program.add_subcommand("run", "run a model on one task");
  run->require_subcommand(0, 1);
  add_run_command(*run, context, selection, true);
  add_run_command(*run, context, selection, false);
  add_vision_commands(*run, context, selection);
  add_pipeline_command(*run, context, selection);
  add_encoder_commands(*run, context, selection);
  add_transcribe_command(*run, context, selection);
  add_sound_commands(*run, context, selection);
  add_voice_command(*run, context, selection);
  add_multi_modal_command(*run, context, selection);
  add_speak_command(*run, context, selection);
}

}  // namespace hearth::cli
