// The parts that the answers of the OpenAI endpoints have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "serve/openai_request.h"
#include "serve/stream_sink.h"

namespace hearth::serve {

// What an answer says of itself. `notices` and `ignored` go into its "hearth" member, which is absent without them.
struct AnswerHead {
  std::string id;
  std::int64_t created_unix = 0;
  std::string model;  // as resolved; known once accepted
  std::string fingerprint;
  std::string service_tier;  // empty: not said
  std::vector<std::string> notices;
  std::vector<std::string> ignored;
};
[[nodiscard]] AnswerHead answer_head(OpenAiServing& serving, std::string_view id_prefix, const AnswerWishes& wishes,
                                     const ReadingNotes& notes);

// x-hearth-ignored where something was.
[[nodiscard]] Headers answer_headers(const ReadingNotes& notes);

// `"id":...,"object":...,"created":...,"model":...,"system_fingerprint":...,` and the tier.
void append_head(std::string& out, const AnswerHead& head, std::string_view object);
// `,"hearth":{...}` or nothing.
void append_hearth(std::string& out, const AnswerHead& head);

// "stop", "length", "tool_calls"; what has no name in the API is named as it is.
[[nodiscard]] std::string_view finish_name(FinishReason finish, bool called_tools);

// The usage as Chat Completions and Completions have it.
void append_usage(std::string& out, const TextUsage& usage, std::uint32_t reasoning_tokens);
// `,"timings":{...}` in llama-server's form, with Hearth's own times.
void append_timings(std::string& out, const TextEnd& end);

// A list of token objects, as chat's `logprobs.content`.
void append_logprobs(std::string& out, const std::vector<TokenLogprobs>& logprobs);
void append_logprob_fields(std::string& out, const NamedLogprob& logprob);
// JSON has no minus infinity; OpenAI says -9999 for it.
[[nodiscard]] float sayable(float logprob);

// The error as OpenAI's clients know it: a prompt that is too long is "context_length_exceeded" with status 400; what
// can't be done (a schema that can't be held to) is a bad request too.
[[nodiscard]] Error openai_error(const Error& error);
// An event with the error, and the stream's end.
void append_stream_error(std::string& out, const Error& error);

}  // namespace hearth::serve
