#include "serve/openai_answer.h"

#include <cmath>

#include "serve/http_error.h"
#include "serve/json_writer.h"

namespace hearth::serve {
namespace {

void append_texts(std::string& out, const std::vector<std::string>& texts) {
  out += '[';
  for (const std::string& text : texts) {
    if (&text != texts.data()) out += ',';
    append_json_string(out, text);
  }
  out += ']';
}

template <class T>
void append_field(std::string& out, std::string_view name, T value) {
  if (out.back() != '{') out += ',';
  append_json_string(out, name);
  out += ':';
  append_json_number(out, value);
}

}  // namespace

AnswerHead answer_head(OpenAiServing& serving, std::string_view id_prefix, const AnswerWishes& wishes,
                       const ReadingNotes& notes) {
  return {.id = serving.ids.next(id_prefix),
          .created_unix = serving.unix_now(),
          .model = {},
          .fingerprint = serving.fingerprint,
          .service_tier = wishes.service_tier,
          .notices = wishes.notices,
          .ignored = notes.ignored};
}

Headers answer_headers(const ReadingNotes& notes) {
  if (notes.ignored.empty()) return {};
  return {{"x-hearth-ignored", notes.ignored_header()}};
}

void append_head(std::string& out, const AnswerHead& head, std::string_view object) {
  out += R"("id":)";
  append_json_string(out, head.id);
  out += R"(,"object":)";
  append_json_string(out, object);
  out += R"(,"created":)";
  append_json_number(out, head.created_unix);
  out += R"(,"model":)";
  append_json_string(out, head.model);
  out += R"(,"system_fingerprint":)";
  append_json_string(out, head.fingerprint);
  if (!head.service_tier.empty()) {
    out += R"(,"service_tier":)";
    append_json_string(out, head.service_tier);
  }
  out += ',';
}

void append_hearth(std::string& out, const AnswerHead& head) {
  if (head.notices.empty() && head.ignored.empty()) return;
  out += R"(,"hearth":{"notices":)";
  append_texts(out, head.notices);
  out += R"(,"ignored":)";
  append_texts(out, head.ignored);
  out += '}';
}

std::string_view finish_name(FinishReason finish, bool called_tools) {
  if (finish == FinishReason::kStop && called_tools) return "tool_calls";
  return to_string(finish);
}

void append_usage(std::string& out, const TextUsage& usage, std::uint32_t reasoning_tokens) {
  out += '{';
  append_field(out, "prompt_tokens", usage.prompt_tokens);
  append_field(out, "completion_tokens", usage.completion_tokens);
  append_field(out, "total_tokens", usage.prompt_tokens + usage.completion_tokens);
  out += R"(,"prompt_tokens_details":{)";
  append_field(out, "cached_tokens", usage.cached());
  out += R"(,"audio_tokens":0},"completion_tokens_details":{)";
  append_field(out, "reasoning_tokens", reasoning_tokens);
  append_field(out, "accepted_prediction_tokens", usage.accepted_tokens);
  append_field(out, "rejected_prediction_tokens", usage.drafted_tokens - usage.accepted_tokens);
  out += R"(,"audio_tokens":0}})";
}

void append_timings(std::string& out, const TextEnd& end) {
  const RunMetrics& run = end.metrics;
  const auto computed = static_cast<float>(run.prompt_tokens - run.reused_tokens);
  const auto decoded = static_cast<float>(run.completion_tokens);
  const auto ms = [](double value) { return static_cast<float>(value); };
  out += R"(,"timings":{)";
  append_field(out, "cache_n", run.reused_tokens);
  append_field(out, "prompt_n", run.prompt_tokens - run.reused_tokens);
  append_field(out, "prompt_ms", ms(run.prefill_ms));
  append_field(out, "prompt_per_token_ms", computed > 0 ? ms(run.prefill_ms) / computed : 0.0F);
  append_field(out, "prompt_per_second", ms(run.prefill_tok_s()));
  append_field(out, "predicted_n", run.completion_tokens);
  append_field(out, "predicted_ms", ms(run.decode_ms));
  append_field(out, "predicted_per_token_ms", decoded > 1 ? ms(run.decode_ms) / (decoded - 1) : 0.0F);
  append_field(out, "predicted_per_second", ms(run.decode_tok_s()));
  append_field(out, "draft_n", end.usage.drafted_tokens);
  append_field(out, "draft_n_accepted", end.usage.accepted_tokens);
  append_field(out, "queued_ms", ms(end.queued_ms));
  append_field(out, "ttft_ms", ms(run.ttft_ms));
  append_field(out, "load_ms", ms(run.load_ms));
  out += '}';
}

float sayable(float logprob) { return std::isfinite(logprob) ? logprob : -9999.0F; }

void append_logprob_fields(std::string& out, const NamedLogprob& logprob) {
  out += R"("token":)";
  append_json_string(out, logprob.bytes);
  out += R"(,"logprob":)";
  append_json_number(out, sayable(logprob.logprob));
  out += R"(,"bytes":[)";
  for (std::size_t i = 0; i < logprob.bytes.size(); ++i) {
    if (i > 0) out += ',';
    append_json_number(out, static_cast<unsigned>(static_cast<unsigned char>(logprob.bytes[i])));
  }
  out += ']';
}

void append_logprobs(std::string& out, const std::vector<TokenLogprobs>& logprobs) {
  out += '[';
  for (const TokenLogprobs& token : logprobs) {
    out += &token == logprobs.data() ? "{" : ",{";
    append_logprob_fields(out, token.chosen);
    out += R"(,"top_logprobs":[)";
    for (const NamedLogprob& top : token.top) {
      out += &top == token.top.data() ? "{" : ",{";
      append_logprob_fields(out, top);
      out += '}';
    }
    out += "]}";
  }
  out += ']';
}

Error openai_error(const Error& error) {
  // A model that does not fit into memory names neither.
  const bool asked_too_much = !error_fact(error, "context_length").empty() || !error_fact(error, "param").empty();
  if (error.code == ErrorCode::kDoesNotFit && asked_too_much)
    return Error(error).with("code", "context_length_exceeded").with("http_status", "400");
  if (error.code == ErrorCode::kUnsupported && error_fact(error, "http_status").empty())
    return Error(error).with("http_status", "400");
  return error;
}

void append_stream_error(std::string& out, const Error& error) {
  append_sse_data(out, error_json(openai_error(error), ErrorForm::kOpenAi));
  append_sse_data(out, "[DONE]");
}

}  // namespace hearth::serve
