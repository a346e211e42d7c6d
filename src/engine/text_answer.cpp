#include "engine/text_answer.h"

#include <algorithm>
#include <utility>

#include "text/logprobs.h"

namespace hearth {
namespace {

SamplingOptions sampling_of(const PreparedRequest& request, std::uint32_t choice) {
  SamplingOptions sampling = request.request.sampling;
  sampling.seed += choice;  // answers to one prompt differ
  return sampling;
}

}  // namespace

TextAnswer::TextAnswer(const PreparedRequest& request, const Vocabulary& vocabulary, std::uint32_t choice)
    : request_(request),
      vocabulary_(vocabulary),
      choice_(choice),
      sampler_(sampling_of(request, choice)),
      stops_(request.request.stop) {
  for (const Token token : request.prompt) sampler_.accept(token);
  if (request.request.speculate) draft_.accept(request.prompt);
  if (request.constraint) {
    matcher_.emplace(request.constraint->matcher());
    mask_.resize(matcher_->mask_words());
    closer_.emplace([&vocabulary] { return vocabulary.byte_tokens(); });
  }
  if (request.request.parse_output) parser_.emplace(request.parser);
}

Result<std::span<const std::int32_t>> TextAnswer::mask() {
  if (!matcher_ || matcher_->is_terminated()) return std::span<const std::int32_t>();
  HEARTH_ASSIGN(restricts, matcher_->fill(mask_));
  if (!restricts) return std::span<const std::int32_t>();
  if (std::ranges::all_of(mask_, [](std::int32_t word) { return word == 0; }))
    return fail(ErrorCode::kInternal, "the constraint leaves no token to say next",
                "change the schema or grammar; this model's vocabulary can't write what it asks for");
  return std::span<const std::int32_t>(mask_);
}

// What a constrained answer must say now to be whole before its tokens run out.
std::optional<Token> TextAnswer::closing_token() {
  if (!closer_ || said_.size() >= request_.max_new_tokens) return std::nullopt;
  return closer_->next(*matcher_, request_.max_new_tokens - static_cast<std::uint32_t>(said_.size()));
}

Result<TextAnswer::Advance> TextAnswer::advance(const RowsView& rows, std::uint32_t first_row,
                                                std::span<const Token> drafts, TextDelta& delta) {
  Advance out;
  delta.choice = choice_;
  for (std::uint32_t i = 0; i <= drafts.size(); ++i) {
    const auto logits = rows.row(first_row + i);
    HEARTH_ASSIGN(allowed, mask());
    const auto closing = closing_token();
    const Token token = closing ? *closing : sampler_.sample(logits, allowed);
    if (!take(token, logits, delta)) {
      out.ended = true;
      break;
    }
    if (i == drafts.size() || token != drafts[i]) break;
    ++out.accepted_drafts;
  }
  if (std::exchange(drafted_, false) && !drafts.empty()) draft_.report(out.accepted_drafts);
  return out;
}

// False when the answer ends with it.
bool TextAnswer::take(Token token, std::span<const float> logits, TextDelta& delta) {
  if (matcher_ && !matcher_->is_terminated()) (void)matcher_->accept(token);  // the mask allowed it
  const bool ends = vocabulary_.is_end(token);
  if (ends && !request_.request.ignore_end) {
    finish_ = FinishReason::kStop;
    return false;
  }
  sampler_.accept(token);
  if (request_.request.speculate) draft_.accept(token);
  said_.push_back(token);
  delta.tokens.push_back(token);
  if (request_.request.logprobs) add_logprobs(token, logits, delta);
  // The parser knows calls and reasoning by their control tokens; plain text shows these only on demand.
  const bool special = parser_.has_value() || request_.request.show_special;
  show(utf8_.push(ends ? std::string_view() : vocabulary_.piece(token, special)), delta);
  return finish_ == FinishReason::kNone;
}

void TextAnswer::show(std::string text, TextDelta& delta) {
  if (text.empty()) return;
  if (!request_.request.stop.empty()) {
    text = stops_.push(text);
    if (stops_.stopped()) finish_ = FinishReason::kStop;
  }
  if (text.empty()) return;
  if (parser_)
    add_events(parser_->feed(text), delta);
  else
    add_events({{OutputKind::kContent, std::move(text)}}, delta);
}

void TextAnswer::add_events(std::vector<OutputEvent> events, TextDelta& delta) {
  for (auto& event : events) {
    const bool last = event.kind == OutputKind::kCallEnd && request_.stop_after_call;
    delta.events.push_back(std::move(event));
    if (!last) continue;
    finish_ = FinishReason::kStop;
    cut_ = true;
    return;
  }
}

void TextAnswer::add_logprobs(Token token, std::span<const float> logits, TextDelta& delta) const {
  const StepLogprobs step = top_logprobs(logits, token, *request_.request.logprobs);
  const auto named = [this](const TokenLogprob& entry) {
    return NamedLogprob{entry.token, std::string(vocabulary_.piece(entry.token, true)), entry.logprob};
  };
  TokenLogprobs out{named(step.chosen), {}};
  for (const auto& entry : step.top) out.top.push_back(named(entry));
  delta.logprobs.push_back(std::move(out));
}

ChoiceEnd TextAnswer::finish(FinishReason reason, TextDelta& delta) {
  delta.choice = choice_;
  if (cut_) return {choice_, reason, {}};
  if (!stops_.stopped()) show(utf8_.finish(), delta);
  if (!stops_.stopped() && !request_.request.stop.empty()) {
    if (std::string rest = stops_.finish(); !rest.empty()) {
      if (parser_)
        add_events(parser_->feed(rest), delta);
      else
        add_events({{OutputKind::kContent, std::move(rest)}}, delta);
    }
  }
  if (parser_ && !cut_) add_events(parser_->finish(), delta);
  return {choice_, reason, stops_.matched()};
}

std::vector<Token> TextAnswer::draft(std::size_t limit, double cost_per_token) {
  if (!request_.request.speculate || limit == 0) return {};
  draft_.set_cost(cost_per_token);
  auto drafts = draft_.draft(limit);
  drafted_ = !drafts.empty();
  return drafts;
}

}  // namespace hearth
