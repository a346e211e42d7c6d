// Guesses the next tokens by a smaller model with the same vocabulary, for speculative decoding.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "base/clock.h"
#include "engine/vocabulary.h"
#include "plugin_host/runtime.h"
#include "schedule/schedule_types.h"
#include "text/draft_gain.h"

namespace hearth {

struct ModelDraftOptions {
  std::uint32_t sequences = 1;   // requests it drafts for at once; others get no drafts
  std::size_t tokens_max = 8;    // of one draft
  float min_probability = 0.4F;  // of a guess in the draft model's eyes; below it the draft ends
  DraftGainOptions gain{};
};

// The options of a draft model's context beside a target with these ones, so that its memory can be told beforehand.
[[nodiscard]] TextOptions draft_context(TextOptions target, std::uint32_t sequences);

// One step of the target is of so many seconds over one token, and longer by this share for each further one.
struct TargetStep {
  double seconds = 0;
  double cost_per_token = 0.05;
};

// A request's life: begin() - each step: draft(), report() what was accepted, accept() all that was said - end().
// Drafts are never wrong, only useless: the target checks them. Externally synchronised.
// Source: Leviathan, Kalman, Matias, "Fast inference from transformers via speculative decoding", 2023.
class ModelDraft {
 public:
  // kInvalidArgument where the vocabularies differ, with the first token that does; kUnsupported for a model whose
  // sequences can't be cut; else as TextModel::new_context. `clock` is borrowed.
  static Result<std::unique_ptr<ModelDraft>> create(std::shared_ptr<TextModel> model, const Vocabulary& target,
                                                    const TextOptions& context, const ModelDraftOptions& options,
                                                    const Clock& clock);

  // The prompt is computed bit by bit with the first drafts.
  void begin(SequenceId id, std::span<const Token> prompt);
  void accept(SequenceId id, std::span<const Token> tokens);
  void end(SequenceId id);

  struct Guess {
    SequenceId id = 0;
    std::vector<Token> tokens;
  };
  // Drafts for all of `wanted` that are begun, are not switched off and whose prompt is computed; at most `limit`
  // tokens each. One pass of the draft model for each token of the longest draft, over all of them together.
  // An error says that the draft model is of no more use; the target can go on without.
  [[nodiscard]] Result<std::vector<Guess>> draft(std::span<const SequenceId> wanted, std::size_t limit,
                                                 const TargetStep& target);
  // How many tokens of the last draft the target agreed with.
  void report(SequenceId id, std::size_t accepted);

  // Null when it was not begun. Borrowed until end().
  [[nodiscard]] const DraftGain* gain(SequenceId id) const;

 private:
  struct Line {
    explicit Line(const DraftGainOptions& options) : gain(options) {}
    std::int32_t sequence = -1;  // of the context
    std::vector<Token> told;     // all that is known
    std::size_t held = 0;        // leading tokens whose cells are there: of told, then of guesses
    std::size_t base = 0;        // told's size when the guesses were made
    std::vector<Token> guesses;  // the last draft
    double spent = 0;            // steps of the target that making it took
    bool reported = true;
    DraftGain gain;
  };
  ModelDraft(std::shared_ptr<TextModel> model, std::unique_ptr<TextContext> context, const ModelDraftOptions& options,
             const Clock& clock)
      : model_(std::move(model)), context_(std::move(context)), options_(options), clock_(clock) {}

  [[nodiscard]] std::vector<Line*> choose(std::span<const SequenceId> wanted, const TargetStep& target);
  [[nodiscard]] Status sync(Line& line);
  [[nodiscard]] Result<std::vector<Line*>> catch_up(std::span<Line* const> lines, std::size_t limit);
  [[nodiscard]] Status guess(std::vector<Line*> lines, std::size_t limit);
  [[nodiscard]] bool take_guess(Line& line, std::span<const float> logits, std::size_t limit) const;
  [[nodiscard]] std::size_t cells() const;

  std::shared_ptr<TextModel> model_;
  std::unique_ptr<TextContext> context_;
  ModelDraftOptions options_;
  const Clock& clock_;
  TextOptions granted_;
  std::uint32_t target_vocabulary_ = 0;
  std::vector<bool> ends_;  // by token: the text is over
  std::map<SequenceId, Line> lines_;
  std::vector<std::int32_t> free_;
  std::vector<BatchEntry> batch_;
  RowsView rows_;  // of the last decode, in the order of the lines that wanted one
};

}  // namespace hearth
