// hearth run embed, hearth run rerank.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "app/console.h"
#include "app/encoder_session.h"
#include "cli/command.h"
#include "cli/transport_flag.h"

namespace hearth::cli {
namespace {

constexpr std::size_t kLineBytesMax = 16U << 20U;  // as the tokenizers take
constexpr std::size_t kLinesTogether = 512;        // read before they are computed, so that lengths sort well
constexpr std::size_t kDocumentsShown = 10;

struct EncoderFlags {
  EncoderSessionOptions session;
  std::string transport = "auto";
  std::string fallback;
  std::string prompt;
  std::string pooling;
  std::uint32_t dimensions = 0;
  bool as_it_is = false;
  std::string query;
  std::size_t top_n = 0;
};

// The next lines of standard input, at most `most`; none at its end.
Result<std::vector<std::string>> read_lines(std::size_t most) {
  std::vector<std::string> lines;
  std::string line;
  while (lines.size() < most && std::getline(std::cin, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.size() > kLineBytesMax)
      return fail(ErrorCode::kInvalidArgument, "a line on standard input is larger than 16 MiB", "split the text");
    lines.push_back(std::move(line));
  }
  return lines;
}

// One command's work with a model: shared by both.
class EncoderCommand {
 public:
  EncoderCommand(const CommandContext& context, EncoderFlags flags)
      : context_(context), out_(context.output()), flags_(std::move(flags)), guard_(cancel_) {}

  int embed() {
    if (auto done = open(); !done) return out_.report(done.error());
    int worst = 0;
    for (std::size_t n_read = 0;;) {
      const auto lines = read_lines(kLinesTogether);
      if (!lines) return out_.report(lines.error());
      if (lines->empty()) return worst;
      worst = std::max(worst, embed_lines(*lines, n_read));
      n_read += lines->size();
      if (cancel_.requested()) return error_code_info(ErrorCode::kCancelled).exit_status;
    }
  }

  int rerank() {
    RerankRequest request;
    request.query = flags_.query;
    auto lines = read_lines(RerankRequest::kDocumentsMax + 1);
    if (!lines) return out_.report(lines.error());
    request.documents = std::move(*lines);
    if (auto done = open(); !done) return out_.report(done.error());
    const auto result = session_->rerank(request, bounds());
    if (!result) return out_.report(result.error());
    show(request, *result);
    return 0;
  }

 private:
  Status open() {
    HEARTH_ASSIGN(app, context_.make_app());
    app_ = std::move(app);
    auto options = flags_.session;
    options.transport = transport_of(flags_.transport);
    const bool strict = flags_.fallback.empty() ? !options.load.devices.empty() : flags_.fallback == "none";
    options.load.fallback = strict ? Fallback::kNone : Fallback::kReport;
    options.load.n_threads = options.n_threads;
    HEARTH_ASSIGN(session, EncoderSession::open(tensor_host_parts(*app_), options, bounds()));
    session_ = std::move(session);
    return {};
  }

  [[nodiscard]] CallBounds bounds() const { return {.cancel = &cancel_}; }

  // A text that is refused is a line with its error; the others are computed without it.
  int embed_lines(const std::vector<std::string>& lines, std::size_t first) {
    EmbeddingRequest request;
    request.prompt = flags_.prompt;
    request.pooling = flags_.pooling;
    request.normalize = !flags_.as_it_is;
    if (flags_.dimensions > 0) request.size = flags_.dimensions;
    request.inputs.assign(lines.begin(), lines.end());
    const auto result = session_->embed(request, bounds());
    if (result) {
      for (const auto& embedding : result->embeddings) print(embedding);
      if (result->cut_tokens > 0)
        out_.note(
            fmt::format("note: {} tokens were left out, texts were longer than the model takes", result->cut_tokens));
      return 0;
    }
    if (lines.size() == 1) return print_error(result.error(), first);
    int worst = 0;
    for (std::size_t i = 0; i < lines.size() && !cancel_.requested(); ++i)
      worst = std::max(worst, embed_lines({lines[i]}, first + i));
    return worst;
  }

  void print(const std::vector<float>& embedding) const {
    if (out_.json()) return out_.print_json({{"embedding", embedding}});
    std::string line;
    for (const float value : embedding) line += fmt::format("{}{}", line.empty() ? "" : " ", value);
    out_.print(line + "\n");
  }

  int print_error(const Error& error, std::size_t line) const {
    if (!out_.json()) return out_.report(error);
    nlohmann::ordered_json document = {{"path", fmt::format("line {}", line + 1)}};
    document.update(error_to_json(error));
    out_.print_json(document);
    return error_code_info(error.code).exit_status;
  }

  void show(const RerankRequest& request, const RerankResult& result) const {
    std::vector<std::size_t> order(result.scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t i) { return result.scores[i]; });
    const std::size_t shown = flags_.top_n > 0 ? flags_.top_n : out_.json() ? order.size() : kDocumentsShown;
    order.resize(std::min(order.size(), shown));
    if (!out_.json()) {
      for (const auto i : order) out_.print(fmt::format("{:8.4f}  {}\n", result.scores[i], request.documents[i]));
      return out_.note(out_.dim(fmt::format("ranked by {}", to_string(result.method))));
    }
    nlohmann::ordered_json document = {{"model", session_->model().name}, {"method", to_string(result.method)}};
    for (const auto i : order) document["results"].push_back({{"index", i}, {"relevance_score", result.scores[i]}});
    document["usage"] = {{"prompt_tokens", result.prompt_tokens}, {"total_tokens", result.prompt_tokens}};
    out_.print_json(document);
  }

  const CommandContext& context_;
  Output out_;
  EncoderFlags flags_;
  CancelToken cancel_;
  InterruptGuard guard_;
  std::unique_ptr<HearthApp> app_;
  std::unique_ptr<EncoderSession> session_;
};

void add_model_flags(CLI::App& command, EncoderFlags& flags) {
  command.add_option("-m,--model", flags.session.model, "a model file, or a name that `hearth models` lists")
      ->required();
  command
      .add_option("--device", flags.session.load.devices, "run on these devices only, as `hearth runtimes` names them")
      ->delimiter(',');
  command
      .add_option("--fallback", flags.fallback,
                  "what can't run on the device: none makes it an error, report runs it elsewhere and says so")
      ->check(CLI::IsMember({"none", "report"}));
  command.add_option("--runtime", flags.session.runtime, "use this runtime instead of the best-scoring one");
  add_transport_flag(command, flags.transport,
                     "where the runtime lives; auto: files that never loaded before run in a worker process");
  command.add_option("--threads", flags.session.n_threads, "CPU threads (default: all this process may use)")
      ->check(CLI::Range(1U, 4096U));
}

}  // namespace

void add_encoder_commands(CLI::App& run, CommandContext& context, Selection& selection) {
  auto flags = std::make_shared<EncoderFlags>();  // shared: CLI11 writes it, the body reads it, either may go first
  CLI::App* embed = run.add_subcommand("embed", "turn each line of standard input into a vector");
  add_model_flags(*embed, *flags);
  embed->add_option("--prompt", flags->prompt, "put the model's prompt of this name before each text, such as query");
  embed->add_option("--pooling", flags->pooling, "instead of the model's own")
      ->check(CLI::IsMember({"mean", "cls", "max", "last"}));
  embed->add_option("--dimensions", flags->dimensions, "keep so many leading values, for models trained to allow it")
      ->check(CLI::Range(1U, 1U << 20U));
  embed->add_flag("--no-normalize", flags->as_it_is, "leave the vectors' length as it is");
  set_body(*embed, context, selection,
           [flags](const CommandContext& ctx) { return EncoderCommand(ctx, *flags).embed(); });

  auto ranking = std::make_shared<EncoderFlags>();  // as above
  CLI::App* rerank = run.add_subcommand("rerank", "order the lines of standard input by how well they answer a query");
  add_model_flags(*rerank, *ranking);
  rerank->add_option("-q,--query", ranking->query, "what is looked for")->required();
  rerank->add_option("--top-n", ranking->top_n, "show only the best ones")->check(CLI::Range(1U, 1U << 20U));
  set_body(*rerank, context, selection,
           [ranking](const CommandContext& ctx) { return EncoderCommand(ctx, *ranking).rerank(); });
}

}  // namespace hearth::cli
