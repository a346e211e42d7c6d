// The schemas of Chat Completions and Completions.
#include "serve/openai_schemas.h"

#include "serve/openai_schema_parts.h"

namespace hearth::serve {

std::string_view generation_properties() {
  return R"(
    "model": {"type": "string", "description": "a name or an alias of GET /v1/models; may be left out where there is one model"},
    "stream": {"type": ["boolean", "null"]},
    "stream_options": {"type": ["object", "null"], "properties": {"include_usage": {"type": "boolean"}}},
    "temperature": {"type": ["number", "null"], "minimum": 0, "maximum": 2, "description": "0.8 when left out"},
    "top_p": {"type": ["number", "null"], "minimum": 0, "maximum": 1, "description": "0.95 when left out"},
    "top_k": {"type": ["integer", "null"], "minimum": -1, "description": "40 when left out; 0 and -1: off"},
    "min_p": {"type": ["number", "null"], "minimum": 0, "maximum": 1, "description": "0.05 when left out"},
    "presence_penalty": {"type": ["number", "null"], "minimum": -2, "maximum": 2},
    "frequency_penalty": {"type": ["number", "null"], "minimum": -2, "maximum": 2},
    "repeat_penalty": {"type": ["number", "null"], "minimum": 0.01, "maximum": 10, "description": "also repetition_penalty"},
    "repeat_last_n": {"type": ["integer", "null"], "minimum": 0, "maximum": 65536},
    "seed": {"type": ["integer", "null"], "description": "left out or -1: a new one"},
    "logit_bias": {"type": ["object", "null"], "additionalProperties": {"type": "number", "minimum": -100, "maximum": 100}},
    "stop": {"anyOf": [{"type": "string", "minLength": 1}, {"type": "null"},
             {"type": "array", "maxItems": 16, "items": {"type": "string", "minLength": 1}}]},
    "n": {"type": ["integer", "null"], "minimum": 1, "maximum": 128},
    "truncation": {"enum": ["disabled", "auto", null],
      "description": "auto: a prompt that is too long loses its oldest turns, and hearth.notices says which"},
    "priority": {"anyOf": [{"enum": ["interactive", "normal", "background", null]},
                 {"type": "integer", "description": "as vLLM has it: below 0 is first, above 0 is last"}]},
    "adapters": {"type": ["array", "null"], "maxItems": 16, "description": "also lora", "items": {"type": "object",
      "required": ["name"], "properties": {"name": {"type": "string"}, "scale": {"type": "number"}}}},
    "cache_prompt": {"type": ["boolean", "null"]},
    "speculate": {"type": ["boolean", "null"]},
    "ignore_eos": {"type": ["boolean", "null"]},
    "skip_special_tokens": {"type": ["boolean", "null"]},
    "timeout_s": {"type": ["number", "null"], "minimum": 0.001, "maximum": 86400},
    "timings": {"type": ["boolean", "null"], "description": "the answer gets the times of the request"},
    "service_tier": {"enum": ["auto", "default", "flex", "priority", "scale", "fast", null]},
    "user": {}, "metadata": {})";
}

std::string_view constraint_properties() {
  return R"(
    "response_format": {"type": ["object", "null"], "required": ["type"], "properties": {
      "type": {"enum": ["text", "json_object", "json_schema"]},
      "json_schema": {"type": "object", "required": ["schema"], "properties": {
        "name": {"type": "string"}, "strict": {"type": ["boolean", "null"]}, "schema": {"type": "object"}}}}},
    "json_schema": {"type": ["object", "null"], "description": "also guided_json and structured_outputs.json"},
    "regex": {"type": ["string", "null"], "description": "also guided_regex and structured_outputs.regex"},
    "grammar": {"type": ["string", "null"],
      "description": "EBNF as GBNF has it, with the rule root; also guided_grammar and structured_outputs.grammar"},
    "guided_choice": {"type": ["array", "null"], "items": {"type": "string"}})";
}

std::string_view usage_schema() {
  return R"({"type": ["object", "null"], "required": ["prompt_tokens", "completion_tokens", "total_tokens"], "properties": {
    "prompt_tokens": {"type": "integer"}, "completion_tokens": {"type": "integer"}, "total_tokens": {"type": "integer"},
    "prompt_tokens_details": {"type": "object", "properties": {"cached_tokens": {"type": "integer"}}},
    "completion_tokens_details": {"type": "object", "properties": {"reasoning_tokens": {"type": "integer"}}}}})";
}

std::string_view hearth_schema() {
  return R"({"type": "object", "required": ["notices", "ignored"], "properties": {
    "notices": {"type": "array", "items": {"type": "string"}, "description": "what was cut or is not held to"},
    "ignored": {"type": "array", "items": {"type": "string"}, "description": "fields of the request without effect"}}})";
}

namespace {

std::string text(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const std::string_view part : parts) all += part;
  return all;
}

constexpr std::string_view kMessages = R"("messages": {"type": "array", "minItems": 1, "maxItems": 4096, "items": {
      "type": "object", "required": ["role"], "properties": {
        "role": {"enum": ["system", "developer", "user", "assistant", "tool", "function"]},
        "content": {"anyOf": [{"type": ["string", "null"]}, {"type": "array", "items": {"anyOf": [{"type": "string"},
          {"type": "object", "required": ["type"], "properties": {
            "type": {"enum": ["text", "refusal"]}, "text": {"type": "string"}, "refusal": {"type": "string"}}}]}}]},
        "name": {"type": ["string", "null"]},
        "reasoning_content": {"type": ["string", "null"]},
        "tool_call_id": {"type": ["string", "null"]},
        "tool_calls": {"type": ["array", "null"], "items": {"type": "object", "required": ["function"], "properties": {
          "id": {"type": "string"}, "type": {"enum": ["function"]},
          "function": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string"}, "arguments": {"type": ["string", "object"]}}}}}}}}})";

constexpr std::string_view kTools = R"("tools": {"type": ["array", "null"], "maxItems": 256, "items": {"type": "object",
      "required": ["function"], "properties": {"type": {"enum": ["function"]}, "function": {"type": "object",
        "required": ["name"], "properties": {"name": {"type": "string", "maxLength": 128}, "description": {"type": ["string", "null"]},
          "parameters": {"type": ["object", "null"]}, "strict": {"type": ["boolean", "null"]}}}}}},
    "tool_choice": {"anyOf": [{"enum": ["none", "auto", "required", null]}, {"type": "object", "required": ["type", "function"],
      "properties": {"type": {"enum": ["function"]}, "function": {"type": "object", "required": ["name"],
        "properties": {"name": {"type": "string"}}}}}]},
    "parallel_tool_calls": {"type": ["boolean", "null"]},
    "reasoning_effort": {"enum": ["none", "minimal", "low", "medium", "high", "xhigh", "max", null],
      "description": "none and minimal: no thinking, where the model's template has a switch for it"},
    "chat_template_kwargs": {"type": ["object", "null"]}, "add_generation_prompt": {"type": ["boolean", "null"]},
    "continue_final_message": {"type": ["boolean", "null"], "description": "the answer goes on with the last message, the assistant's"},
    "parse_output": {"type": ["boolean", "null"]},
    "modalities": {"type": ["array", "null"], "items": {"enum": ["text"]}})";

constexpr std::string_view kMessage = R"({"type": "object", "required": ["role", "content"], "properties": {
      "role": {"enum": ["assistant"]}, "content": {"type": ["string", "null"]}, "refusal": {"type": "null"},
      "reasoning_content": {"type": "string"},
      "tool_calls": {"type": "array", "items": {"type": "object", "required": ["id", "type", "function"], "properties": {
        "id": {"type": "string"}, "type": {"enum": ["function"]}, "function": {"type": "object",
          "required": ["name", "arguments"], "properties": {"name": {"type": "string"}, "arguments": {"type": "string"}}}}}}}})";

constexpr std::string_view kLogprobs = R"({"type": ["object", "null"], "required": ["content"], "properties": {
      "content": {"type": "array", "items": {"type": "object", "required": ["token", "logprob", "bytes", "top_logprobs"],
        "properties": {"token": {"type": "string"}, "logprob": {"type": "number"},
          "bytes": {"type": "array", "items": {"type": "integer"}}, "top_logprobs": {"type": "array"}}}}}})";

}  // namespace

std::string chat_request_schema() {
  return text({R"({"type": "object", "required": ["messages"], "properties": {)", kMessages, ",", kTools, ",",
               generation_properties(), ",", constraint_properties(), R"(,
    "max_tokens": {"type": ["integer", "null"], "minimum": 1, "description": "left out: until the model ends"},
    "max_completion_tokens": {"type": ["integer", "null"], "minimum": 1},
    "logprobs": {"type": ["boolean", "null"]},
    "top_logprobs": {"type": ["integer", "null"], "minimum": 0, "maximum": 20}}})"});
}

std::string chat_response_schema() {
  return text(
      {R"({"type": "object", "required": ["id", "object", "created", "model", "choices", "usage"], "properties": {
    "id": {"type": "string"}, "object": {"enum": ["chat.completion"]}, "created": {"type": "integer"},
    "model": {"type": "string"}, "system_fingerprint": {"type": "string"}, "service_tier": {"type": "string"},
    "choices": {"type": "array", "items": {"type": "object", "required": ["index", "message", "logprobs", "finish_reason"],
      "properties": {"index": {"type": "integer"}, "finish_reason": {"type": "string"}, "message": )",
       kMessage, R"(, "logprobs": )", kLogprobs, R"(}}},
    "timings": {"type": "object"}, "usage": )",
       usage_schema(), R"(, "hearth": )", hearth_schema(), "}}"});
}

std::string completion_request_schema() {
  return text({R"({"type": "object", "required": ["prompt"], "properties": {)", generation_properties(), ",",
               constraint_properties(), R"(,
    "prompt": {"anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": {"anyOf": [{"type": "string"},
      {"type": "integer", "minimum": 0}, {"type": "array", "items": {"type": "integer", "minimum": 0}}]}}]},
    "max_tokens": {"type": ["integer", "null"], "minimum": 1, "description": "16 when left out"},
    "logprobs": {"type": ["integer", "null"], "minimum": 0, "maximum": 20},
    "echo": {"type": ["boolean", "null"], "description": "not with logprobs"},
    "best_of": {"type": ["integer", "null"], "description": "only as n"}}})"});
}

std::string completion_response_schema() {
  return text(
      {R"({"type": "object", "required": ["id", "object", "created", "model", "choices", "usage"], "properties": {
    "id": {"type": "string"}, "object": {"enum": ["text_completion"]}, "created": {"type": "integer"},
    "model": {"type": "string"}, "system_fingerprint": {"type": "string"},
    "choices": {"type": "array", "items": {"type": "object", "required": ["index", "text", "logprobs", "finish_reason"],
      "properties": {"index": {"type": "integer"}, "text": {"type": "string"}, "finish_reason": {"type": "string"},
        "logprobs": {"type": ["object", "null"], "required": ["tokens", "token_logprobs", "top_logprobs", "text_offset"]}}}},
    "timings": {"type": "object"}, "usage": )",
       usage_schema(), R"(, "hearth": )", hearth_schema(), "}}"});
}

}  // namespace hearth::serve
