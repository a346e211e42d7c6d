// What a generation yields, token by token, and what it cost.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hearth {

using Token = std::int32_t;

enum class FinishReason { kNone, kStop, kLength, kCancelled, kError };
[[nodiscard]] std::string_view to_string(FinishReason reason);  // the OpenAI spelling: "stop", "length", ...

// One step of one request. `text` is complete UTF-8: bytes of a character split over tokens are held back.
struct TokenEvent {
  Token token = -1;
  std::string text;
  FinishReason finish = FinishReason::kNone;
};

// How the next token is picked from the logits. Source of the names and neutral values: llama.cpp and OpenAI APIs.
struct SamplingOptions {
  float temperature = 0.8F;     // 0 = the largest logit
  std::uint32_t top_k = 40;     // 0 = off
  float top_p = 0.95F;          // 1 = off
  float min_p = 0.05F;          // 0 = off
  float repeat_penalty = 1.0F;  // 1 = off
  float frequency_penalty = 0.0F;
  float presence_penalty = 0.0F;
  std::uint32_t penalty_last_n = 64;
  std::uint64_t seed = 0;
  // Added to the logits of these tokens before anything else; -100 or less forbids one, as in the OpenAI API.
  std::vector<std::pair<Token, float>> logit_bias{};
};

// Measured times of one request; milliseconds and tokens per second as STYLE.md defines them.
struct RunMetrics {
  double load_ms = 0;
  double ttft_ms = 0;
  double prefill_ms = 0;
  double decode_ms = 0;
  std::uint32_t prompt_tokens = 0;
  std::uint32_t reused_tokens = 0;  // prompt tokens whose cells were still there from before
  std::uint32_t completion_tokens = 0;
  // Only what was computed counts.
  [[nodiscard]] double prefill_tok_s() const {
    return prefill_ms > 0 ? (prompt_tokens - reused_tokens) * 1000.0 / prefill_ms : 0;
  }
  // Decode excludes the first token, whose logits come from the prefill.
  [[nodiscard]] double decode_tok_s() const {
    return decode_ms > 0 && completion_tokens > 1 ? (completion_tokens - 1) * 1000.0 / decode_ms : 0;
  }
};

}  // namespace hearth
