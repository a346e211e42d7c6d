#include "text/reasoning.h"

#include <array>
#include <utility>

namespace hearth {
namespace {

struct FamilyRow {
  ReasoningFamily family;
  std::string_view name;
  ReasoningMarks marks;
};

// Source: the chat templates that the models are published with.
constexpr std::array kFamilies{
    FamilyRow{ReasoningFamily::kNone, "none", {}},
    FamilyRow{ReasoningFamily::kThink, "think", {"<think>", "</think>"}},  // DeepSeek R1, Qwen 3, QwQ, Nemotron, GLM
    FamilyRow{ReasoningFamily::kMagistral, "magistral", {"[THINK]", "[/THINK]"}},
    FamilyRow{ReasoningFamily::kCohere, "cohere", {"<|START_THINKING|>", "<|END_THINKING|>"}},
    FamilyRow{ReasoningFamily::kSeed, "seed", {"<seed:think>", "</seed:think>"}},
    FamilyRow{ReasoningFamily::kGemma, "gemma", {"<|channel>thought", "<channel|>"}},
    FamilyRow{ReasoningFamily::kThought, "thought", {"<thought>", "</thought>"}},  // EXAONE Deep
    FamilyRow{ReasoningFamily::kHarmony, "harmony", {}},
};

std::string_view without_space_at_end(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string> closing_marks(ReasoningFamily family) {
  const auto close = reasoning_marks(family).close;
  if (close.empty()) return {};
  return {std::string(close)};
}

}  // namespace

std::string_view to_string(ReasoningFamily family) { return kFamilies[static_cast<std::size_t>(family)].name; }

ReasoningMarks reasoning_marks(ReasoningFamily family) { return kFamilies[static_cast<std::size_t>(family)].marks; }

ReasoningFamily detect_reasoning_family(std::string_view template_source) {
  if (template_source.find("<|channel|>") != std::string_view::npos) return ReasoningFamily::kHarmony;
  for (const auto& row : kFamilies) {
    const auto& marks = row.marks;
    if (marks.open.empty()) continue;
    // Templates that cut old reasoning away may name only the closing mark.
    if (template_source.find(marks.open) != std::string_view::npos ||
        template_source.find(marks.close) != std::string_view::npos)
      return row.family;
  }
  return ReasoningFamily::kNone;
}

bool prompt_opens_reasoning(ReasoningFamily family, std::string_view prompt) {
  const auto open = reasoning_marks(family).open;
  return !open.empty() && without_space_at_end(prompt).ends_with(open);
}

ReasoningSplitter::ReasoningSplitter(ReasoningFamily family, bool opened, bool keep, EventSink& sink, Answer answer)
    : close_(closing_marks(family)),
      open_(reasoning_marks(family).open),
      keep_(keep),
      sink_(sink),
      answer_(std::move(answer)) {
  if (open_.empty()) state_ = State::kAnswer;
  if (opened && !open_.empty()) state_ = State::kThinking;
}

void ReasoningSplitter::begin_answer(std::string_view text) {
  state_ = State::kAnswer;
  for (const char c : text) answer_(c);
}

void ReasoningSplitter::report(std::string_view text) {
  if (keep_)
    sink_.content(text);
  else
    sink_.reasoning(text);
}

void ReasoningSplitter::at_start(char c) {
  held_ += c;
  std::size_t begin = 0;
  while (begin < held_.size() && is_space(held_[begin])) ++begin;
  const auto seen = std::string_view(held_).substr(begin);
  if (!std::string_view(open_).starts_with(seen)) {
    begin_answer(std::exchange(held_, {}));
  } else if (seen == open_) {
    if (keep_) sink_.content(held_);
    held_.clear();
    open_allowed_ = false;
    state_ = State::kThinking;
  }
}

void ReasoningSplitter::thinking(char c) {
  std::string released;
  const bool closed = close_.put(c, released) != MarkerGate::kNone;
  if (keep_) {
    sink_.content(released);
    if (closed) {
      sink_.content(close_.marker(0));
      state_ = State::kAnswer;
    }
    return;
  }
  for (const char r : released) {
    held_ += r;
    if (is_space(r)) continue;
    // A prompt that opened the block, and a model that opens it again.
    if (open_allowed_ && !said_) {
      const auto seen = std::string_view(held_).substr(held_.find_first_not_of(" \n\r\t"));
      if (seen == open_) {
        held_.clear();
        open_allowed_ = false;
        continue;
      }
      if (std::string_view(open_).starts_with(seen)) continue;
    }
    if (!said_) held_.erase(0, held_.find_first_not_of(" \n\r\t"));
    said_ = true;
    report(std::exchange(held_, {}));
  }
  if (closed) {
    if (!is_blank(held_)) report(held_);  // the beginning of an opening mark that was none
    held_.clear();
    state_ = State::kAfter;
  }
}

void ReasoningSplitter::put(char c) {
  switch (state_) {
    case State::kStart: at_start(c); break;
    case State::kThinking: thinking(c); break;
    case State::kAfter:
      if (is_space(c)) break;
      state_ = State::kAnswer;
      [[fallthrough]];
    case State::kAnswer: answer_(c); break;
  }
}

void ReasoningSplitter::end() {
  if (state_ == State::kStart) {
    begin_answer(std::exchange(held_, {}));
  } else if (state_ == State::kThinking) {
    report(held_ + close_.flush());
    held_.clear();
  }
}

}  // namespace hearth
