// hearth eval wer.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/transcript_scores.h"
#include "cli/command.h"

namespace hearth::cli {
namespace {

struct WerFlags {
  std::string reference;
  std::string transcript;
  bool as_it_is = false;
};

nlohmann::ordered_json errors_json(const WordErrors& errors) {
  return {{"wer", errors.rate()},
          {"reference_words", errors.n_reference},
          {"substitutions", errors.substitutions},
          {"deletions", errors.deletions},
          {"insertions", errors.insertions}};
}

int score(const CommandContext& context, const WerFlags& flags) {
  const Output out = context.output();
  const auto scores = score_transcripts(flags.reference, flags.transcript, !flags.as_it_is);
  if (!scores) return out.report(scores.error());
  if (out.json()) {
    nlohmann::ordered_json document = errors_json(scores->all);
    document["normalisation"] = scores->normalisation;
    document["texts"] = nlohmann::ordered_json::array();
    for (const auto& text : scores->texts) {
      nlohmann::ordered_json line = {{"name", text.name}};
      line.update(errors_json(text.errors));
      document["texts"].push_back(std::move(line));
    }
    out.print_json(document);
    return 0;
  }
  for (const auto& text : scores->texts) out.print(fmt::format("{:6.1f} %  {}\n", text.errors.rate() * 100, text.name));
  out.print(fmt::format("WER {:.2f} % over {} texts, {} words: {} substitutions, {} deletions, {} insertions\n",
                        scores->all.rate() * 100, scores->texts.size(), scores->all.n_reference,
                        scores->all.substitutions, scores->all.deletions, scores->all.insertions));
  out.note(out.dim(fmt::format("words compared: {}", scores->normalisation)));
  return 0;
}

}  // namespace

void add_eval_command(CLI::App& program, CommandContext& context, Selection& selection) {
  CLI::App* eval = program.add_subcommand("eval", "score what models gave against the truth");
  eval->require_subcommand(0, 1);
  CLI::App* wer = eval->add_subcommand("wer", "word error rate of transcripts");
  auto flags = std::make_shared<WerFlags>();  // shared: CLI11 writes it, the body reads it, either may go first
  wer->add_option("reference", flags->reference,
                  "what was said: JSON lines with path and text, or plain text, a line each")
      ->required();
  wer->add_option("transcript", flags->transcript,
                  "what was understood, as `hearth run transcribe --json` writes it, or plain text")
      ->required();
  wer->add_flag("--as-is", flags->as_it_is, "compare words as they are written, parted by white space");
  set_body(*wer, context, selection, [flags](const CommandContext& ctx) { return score(ctx, *flags); });
}

}  // namespace hearth::cli
