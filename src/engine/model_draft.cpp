#include "engine/model_draft.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hearth {

TextOptions draft_context(TextOptions target, std::uint32_t sequences) {
  target.n_seq_max = std::max(1U, sequences);
  target.unified_kv = Toggle::kOn;
  target.embeddings = false;
  return target;
}

Result<std::unique_ptr<ModelDraft>> ModelDraft::create(std::shared_ptr<TextModel> model, const Vocabulary& target,
                                                       const TextOptions& context, const ModelDraftOptions& options,
                                                       const Clock& clock) {
  HEARTH_ASSIGN(info, model->info());
  if (info.is_recurrent)
    return fail(ErrorCode::kUnsupported, "the draft model keeps a running state, which can't be taken back",
                "take a draft model with attention only");
  HEARTH_ASSIGN(own, Vocabulary::read(*model));
  if (const auto why = difference(target, *own); !why.empty())
    return fail(ErrorCode::kInvalidArgument, "the draft model has another vocabulary: " + why,
                "take a draft model of the same family as the model");
  HEARTH_ASSIGN(made, model->new_context(draft_context(context, options.sequences)));
  HEARTH_ASSIGN(granted, made->granted());
  std::unique_ptr<ModelDraft> out(new ModelDraft(std::move(model), std::move(made), options, clock));
  out->granted_ = std::move(granted);
  out->target_vocabulary_ = target.size();
  out->ends_.resize(own->size());
  for (const Token token : own->end_tokens()) out->ends_[static_cast<std::size_t>(token)] = true;
  for (auto sequence = static_cast<std::int32_t>(out->granted_.n_seq_max); sequence-- > 0;)
    out->free_.push_back(sequence);
  return out;
}

void ModelDraft::begin(SequenceId id, std::span<const Token> prompt) {
  end(id);
  if (free_.empty()) return;
  Line line(options_.gain);
  line.sequence = free_.back();
  free_.pop_back();
  line.told.assign(prompt.begin(), prompt.end());
  lines_.emplace(id, std::move(line));
}

void ModelDraft::accept(SequenceId id, std::span<const Token> tokens) {
  if (const auto found = lines_.find(id); found != lines_.end())
    found->second.told.insert(found->second.told.end(), tokens.begin(), tokens.end());
}

void ModelDraft::end(SequenceId id) {
  const auto found = lines_.find(id);
  if (found == lines_.end()) return;
  // Where this fails the next draft() fails too, and says so.
  if (context_->trim(found->second.sequence, -1, -1)) free_.push_back(found->second.sequence);
  lines_.erase(found);
}

const DraftGain* ModelDraft::gain(SequenceId id) const {
  const auto found = lines_.find(id);
  return found == lines_.end() ? nullptr : &found->second.gain;
}

void ModelDraft::report(SequenceId id, std::size_t accepted) {
  const auto found = lines_.find(id);
  if (found == lines_.end() || std::exchange(found->second.reported, true)) return;
  Line& line = found->second;
  line.gain.report(line.guesses.size(), accepted, line.spent);
}

std::size_t ModelDraft::cells() const {
  std::size_t held = 0;
  for (const auto& [id, line] : lines_) held += line.held;
  return held;
}

// Lines that may draft now and have room to.
std::vector<ModelDraft::Line*> ModelDraft::choose(std::span<const SequenceId> wanted, const TargetStep& target) {
  std::vector<Line*> out;
  std::size_t room = granted_.n_ctx - std::min<std::size_t>(granted_.n_ctx, cells());
  for (const SequenceId id : wanted) {
    const auto found = lines_.find(id);
    if (found == lines_.end()) continue;
    Line& line = found->second;
    line.gain.set_cost(target.cost_per_token);
    const std::size_t after = line.told.size() + options_.tokens_max;
    const std::size_t more = after - std::min(after, line.held);
    if (line.told.empty() || more > room || !line.gain.may_draft()) continue;
    room -= more;
    out.push_back(&line);
  }
  return out;
}

// Takes back the cells of guesses that did not come true. The last known token is always computed anew: its logits are
// wanted.
Status ModelDraft::sync(Line& line) {
  std::size_t right = 0;
  while (right < line.guesses.size() && line.base + right < line.told.size() &&
         line.told[line.base + right] == line.guesses[right])
    ++right;
  const std::size_t keep = std::min({line.held, line.base + right, line.told.size() - 1});
  line.guesses.clear();
  if (keep < line.held) HEARTH_TRY(context_->trim(line.sequence, static_cast<std::int32_t>(keep), -1));
  line.held = keep;
  line.base = line.told.size();
  return {};
}

// Computes what the lines don't hold yet, in one pass; gives those that are ready to guess, in the order of the rows.
Result<std::vector<ModelDraft::Line*>> ModelDraft::catch_up(std::span<Line* const> lines, std::size_t limit) {
  std::vector<Line*> ready;
  batch_.clear();
  std::vector<std::size_t> counts;
  // Those with the least to do first: a long prompt holds up no running draft.
  std::vector<Line*> order(lines.begin(), lines.end());
  std::ranges::stable_sort(order, {}, [](const Line* line) { return line->told.size() - line->held; });
  for (Line* line : order) {
    const std::size_t room = granted_.n_batch - batch_.size();
    const std::size_t n = std::min(room, line->told.size() - line->held);
    counts.push_back(n);
    for (std::size_t at = line->held; at < line->held + n; ++at) {
      const bool is_last = limit > 0 && at + 1 == line->told.size();
      batch_.push_back({line->told[at], static_cast<std::int32_t>(at), line->sequence, is_last});
    }
    if (n > 0 && limit > 0 && line->held + n == line->told.size()) ready.push_back(line);
  }
  if (batch_.empty()) return ready;
  HEARTH_ASSIGN(rows, context_->decode(batch_));
  rows_ = rows;
  for (std::size_t i = 0; i < order.size(); ++i) order[i]->held += counts[i];
  return ready;
}

// Whether the line wants another guess after this one.
bool ModelDraft::take_guess(Line& line, std::span<const float> logits, std::size_t limit) const {
  const auto best = std::ranges::max_element(logits);
  // 1 / sum is the probability of the best one; the sum only grows, so that it is often known early to be too large.
  const float most = 1 / std::max(options_.min_probability, 1e-6F);
  float sum = 0;
  for (const float logit : logits) {
    sum += std::exp(logit - *best);
    if (!(sum <= most)) return false;
  }
  const auto token = static_cast<Token>(best - logits.begin());
  if (static_cast<std::uint32_t>(token) >= target_vocabulary_) return false;
  line.guesses.push_back(token);
  return line.guesses.size() < limit && !ends_[static_cast<std::size_t>(token)];
}

Status ModelDraft::guess(std::vector<Line*> lines, std::size_t limit) {
  for (;;) {
    batch_.clear();
    std::vector<Line*> going_on;
    for (std::uint32_t row = 0; row < lines.size(); ++row) {
      Line& line = *lines[row];
      if (!take_guess(line, rows_.row(row), limit)) continue;
      const auto position = static_cast<std::int32_t>(line.base + line.guesses.size() - 1);
      batch_.push_back({line.guesses.back(), position, line.sequence, true});
      going_on.push_back(&line);
    }
    if (batch_.empty()) return {};
    HEARTH_ASSIGN(rows, context_->decode(batch_));
    rows_ = rows;
    for (Line* line : going_on) ++line->held;
    if (rows.n_rows != going_on.size())
      return fail(ErrorCode::kInvalidData, "the draft model's runtime gave fewer rows than were wanted",
                  "update the runtime's plugin");
    lines = std::move(going_on);
  }
}

Result<std::vector<ModelDraft::Guess>> ModelDraft::draft(std::span<const SequenceId> wanted, std::size_t limit,
                                                         const TargetStep& target) {
  const auto start = clock_.now();
  limit = std::min(limit, options_.tokens_max);
  const std::vector<Line*> lines = choose(wanted, target);
  for (Line* line : lines) HEARTH_TRY(sync(*line));
  HEARTH_ASSIGN(ready, catch_up(lines, limit));
  if (ready.empty()) return std::vector<Guess>();
  if (rows_.n_rows != ready.size())
    return fail(ErrorCode::kInvalidData, "the draft model's runtime gave fewer rows than were wanted",
                "update the runtime's plugin");
  HEARTH_TRY(guess(ready, limit));
  const double steps = target.seconds > 0 ? seconds_between(start, clock_.now()) / target.seconds : 0;
  std::vector<Guess> out;
  for (const SequenceId id : wanted) {
    const auto found = lines_.find(id);
    if (found == lines_.end() || std::ranges::find(ready, &found->second) == ready.end()) continue;
    Line& line = found->second;
    line.spent = steps / static_cast<double>(ready.size());
    line.reported = false;
    if (line.guesses.empty())
      report(id, 0);  // trying cost something too
    else
      out.push_back({id, line.guesses});
  }
  return out;
}

}  // namespace hearth
