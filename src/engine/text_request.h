// What is asked of a loaded language model and what comes back, piece by piece.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/output_event.h"
#include "domain/token_event.h"
#include "hearth/result.h"
#include "schedule/prefix_index.h"
#include "schedule/request_queue.h"
#include "text/chat_template.h"
#include "text/constraint.h"

namespace hearth {

// Text without a template.
struct PlainPrompt {
  std::string text;
  bool parse_special = false;  // control tokens written in the text become tokens
};
// A conversation, raw text, or tokens as they are.
using Prompt = std::variant<PromptRequest, PlainPrompt, std::vector<Token>>;

// What to do with a prompt that leaves no room for an answer. Only kOldest cuts: whole turns of a conversation after
// its system turns, leading tokens of a text; TextAccepted::notices says what was left out.
enum class Truncation { kRefuse, kOldest };

struct AdapterChoice {
  std::string name;  // as the model's settings list it
  float scale = 1.0F;
};

enum class ToolChoice { kAuto, kNone, kRequired };  // kRequired: one call at least, held to by a constraint

struct TextRequest {
  std::string model;  // a name or an alias
  std::string key{};  // the API key's name, for fairness and bounds
  RequestPriority priority = RequestPriority::kNormal;
  Prompt prompt;
  std::uint32_t max_tokens = 0;  // 0: until the model ends or the context is full
  std::uint32_t choices = 1;     // answers to the same prompt
  SamplingOptions sampling;
  std::vector<std::string> stop{};
  std::optional<ConstraintSpec> constraint{};
  // Of a conversation with tools. `tool_name`: with kRequired, the one that must be called; empty: any.
  ToolChoice tool_choice = ToolChoice::kAuto;
  std::string tool_name{};
  bool parallel_calls = true;  // false: the answer ends after its first call
  // Of conversations: calls and reasoning are told apart from content. False: all is content as written.
  bool parse_output = true;
  std::optional<std::uint32_t> logprobs{};  // absent: none; n: of the chosen token and the n most probable
  bool ignore_end = false;                  // go on past end tokens (for measuring)
  bool show_special = false;                // control tokens are written out
  bool cache_prompt = true;                 // may use and feed the prefix cache
  bool speculate = true;                    // may draft tokens; never changes what is said, at temperature 0
  Truncation truncation = Truncation::kRefuse;
  std::vector<AdapterChoice> adapters{};
  std::optional<std::chrono::steady_clock::time_point> deadline{};
};

// The request waits its turn.
struct TextAccepted {
  std::uint64_t id = 0;
  std::string model;  // resolved: the settings' name
  std::uint32_t prompt_tokens = 0;
  std::vector<std::string> notices;  // what was cut, what of a schema is not enforced
};

struct NamedLogprob {
  Token token = -1;
  std::string bytes;  // may be half a character
  float logprob = 0;
};
struct TokenLogprobs {
  NamedLogprob chosen;
  std::vector<NamedLogprob> top;
};

// News of one choice: the tokens of one step and what they turned out to be. Either may be empty.
struct TextDelta {
  std::uint32_t choice = 0;
  std::vector<Token> tokens;
  std::vector<OutputEvent> events;
  std::vector<TokenLogprobs> logprobs;  // of each token, where asked for
};

struct ChoiceEnd {
  std::uint32_t choice = 0;
  FinishReason finish = FinishReason::kNone;
  std::string stop_matched;  // the stop string that ended it
};

struct TextUsage {
  std::uint32_t prompt_tokens = 0;
  std::array<std::uint32_t, kCacheTiers> cached_tokens{};  // prompt tokens that were not computed, by tier
  std::uint32_t completion_tokens = 0;                     // of all choices
  std::uint32_t drafted_tokens = 0;
  std::uint32_t accepted_tokens = 0;
  [[nodiscard]] std::uint32_t cached() const { return cached_tokens[0] + cached_tokens[1] + cached_tokens[2]; }
};

struct TextEnd {
  TextUsage usage;
  double queued_ms = 0;
  RunMetrics metrics;  // of the first choice; ttft_ms counts from submit()
};

// Receives one request's events, one call at a time, on a thread of the engine: must not block. on_accepted, then any
// number of on_delta with one on_choice_end for each choice, then on_end; on_error at any point instead of the rest.
class TextListener {
 public:
  virtual ~TextListener() = default;
  virtual void on_accepted(const TextAccepted&) {}
  virtual void on_delta(TextDelta delta) = 0;
  virtual void on_choice_end(const ChoiceEnd& end) = 0;
  virtual void on_end(const TextEnd& end) = 0;
  // kOverloaded carries "retry_after_s" in its context; kDoesNotFit the numbers; kDeadlineExceeded; kNotFound ...
  virtual void on_error(const Error& error) = 0;
};

struct EmbeddingRequest {
  std::string model;
  std::string key{};
  std::vector<std::variant<std::string, std::vector<Token>>> inputs;
  std::string pooling{};                // empty: the model's own, else "mean"
  std::string prompt{};                 // a name among the model's prompts ("query"); empty: its default
  bool normalize = true;                // to unit length
  std::optional<std::uint32_t> size{};  // leading dimensions kept, then normalised again
};

struct EmbeddingResult {
  std::string model;
  std::vector<std::vector<float>> embeddings;
  std::uint32_t prompt_tokens = 0;
  std::uint32_t cut_tokens = 0;  // left out because texts were longer than the model takes
};

struct RerankRequest {
  static constexpr std::size_t kDocumentsMax = 2047;  // with the query, as many texts as are embedded at once

  std::string model;
  std::string key{};
  std::string query;
  std::vector<std::string> documents;
};

enum class RerankMethod { kCrossEncoder, kCosine };
[[nodiscard]] std::string_view to_string(RerankMethod method);  // "cross_encoder", "cosine"

struct RerankResult {
  std::string model;
  RerankMethod method = RerankMethod::kCosine;
  // By document. A cross-encoder's are its logits through the logistic function, in (0, 1); cosines are in [-1, 1].
  std::vector<float> scores;
  std::uint32_t prompt_tokens = 0;
  std::uint32_t cut_tokens = 0;
};

}  // namespace hearth
