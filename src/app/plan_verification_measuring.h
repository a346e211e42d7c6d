// Measures one text model as a plan wants it run.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/ledger_conditions.h"
#include "app/measured_text.h"
#include "app/plan_verification.h"
#include "app/text_session.h"

namespace hearth {

// What the plan wants, as a session takes it.
[[nodiscard]] TextSessionOptions planned_session(const PlanChoice& choice, const std::string& model,
                                                 const RuntimeInfo& runtime);

struct MeasuredChoice {
  std::vector<VerifyMeasurement> measurements;
  std::map<std::string, std::string> settings;  // as the session was asked
  std::string runtime_version;
  std::vector<std::string> notices;
};

struct MeasuringOptions {
  double sustained_s = 5;
  std::uint32_t repeats = 3;
  std::uint64_t ttft_prompt_tokens = 0;                   // 0: half the context, at most 512
  std::uint64_t context_length = 0;                       // tokens of one user
  std::function<void(const std::string&)> on_progress{};  // one line of what is done now; may be empty
};

// Loads the model, or finds it in a running server.
using MeasuredTextSource = std::function<Result<std::unique_ptr<MeasuredText>>()>;

// Takes the model from `source` and measures load_ms, ttft_ms, prefill_tok_s, decode_tok_s with half the context
// filled, sustained_decode_tok_s, bytes by component, the share of bytes on accelerators and the peak of resident
// memory. Prompts are random tokens of the vocabulary: their content costs nothing and nothing of them is cached.
// `session`: how the plan wants it, as the ledger keeps it.
[[nodiscard]] Result<MeasuredChoice> measure_text_choice(const SessionHost& host, const TextSessionOptions& session,
                                                         const MeasuredTextSource& source,
                                                         const MeasuringOptions& options, const CallBounds& bounds);

}  // namespace hearth
