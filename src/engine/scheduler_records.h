// What the scheduler keeps of a request and of each of its answers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/kv_cache.h"
#include "engine/prepared_request.h"
#include "engine/text_answer.h"
#include "schedule/request_queue.h"
#include "schedule/step_planner.h"

namespace hearth {

// A request with at least one answer that is not over.
struct RunningRequest {
  PreparedRequest prepared;
  CacheSalt salt{};
  AdapterSetId adapters = 0;
  std::string adapter_digest;
  std::uint32_t open_choices = 0;
  bool started = false;     // an answer got a slot
  bool told_first = false;  // the first choice's prompt is computed: its siblings have been queued
  TextUsage usage;
  RunMetrics metrics;
  double queued_ms = 0;
};

// When a step began, and what its thread had used by then.
struct StepBegin {
  Instant at;
  double cpu_s = 0;  // processor time
};

enum class AnswerState { kQueued, kRestoring, kActive, kAside };

// One answer; its id is also its number in the queue and in the planner.
struct RunningAnswer {
  SequenceId id = 0;
  RunningRequest* request = nullptr;  // owned by the scheduler
  std::uint32_t choice = 0;
  AnswerState state = AnswerState::kQueued;
  QueuedRequest ticket;
  std::unique_ptr<TextAnswer> text;  // once it is active
  SlotId slot = -1;
  std::vector<Token> drafts;        // for the next step
  std::optional<AsideState> aside;  // while put aside with its state saved
  Instant started, first_token, last_token;

  // The token at position `at` of what the context is to hold: the prompt, then what was said, then the drafts.
  [[nodiscard]] Token token_at(std::size_t at) const {
    const auto& prompt = request->prepared.prompt;
    if (at < prompt.size()) return prompt[at];
    at -= prompt.size();
    const auto& said = text->said();
    return at < said.size() ? said[at] : drafts[at - said.size()];
  }
  [[nodiscard]] std::vector<Token> known_tokens() const {
    std::vector<Token> tokens = request->prepared.prompt;
    if (text) tokens.insert(tokens.end(), text->said().begin(), text->said().end());
    return tokens;
  }
};

}  // namespace hearth
