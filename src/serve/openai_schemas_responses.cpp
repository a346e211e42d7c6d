// The schemas of Responses.
#include "serve/openai_schema_parts.h"
#include "serve/openai_schemas.h"

namespace hearth::serve {
namespace {

constexpr std::string_view kInput =
    R"("input": {"anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": {
      "type": "object", "properties": {
        "type": {"enum": ["message", "function_call", "function_call_output", "reasoning"]},
        "role": {"enum": ["system", "developer", "user", "assistant"]},
        "content": {"anyOf": [{"type": ["string", "null"]}, {"type": "array", "items": {"anyOf": [{"type": "string"},
          {"type": "object", "required": ["type"], "properties": {"text": {"type": "string"},
            "type": {"enum": ["input_text", "output_text", "text", "refusal", "reasoning_text"]}}}]}}]},
        "call_id": {"type": "string"}, "name": {"type": "string"}, "arguments": {"type": ["string", "object"]},
        "output": {"type": ["string", "array"]}, "summary": {"type": "array"}}}}]})";

constexpr std::string_view kRest = R"(
    "instructions": {"type": ["string", "null"]},
    "previous_response_id": {"type": ["string", "null"], "description": "of a stored response of the same API key"},
    "store": {"type": ["boolean", "null"], "description": "true when left out: kept in memory, up to a bound"},
    "max_output_tokens": {"type": ["integer", "null"], "minimum": 1},
    "text": {"type": ["object", "null"], "properties": {"format": {"type": ["object", "null"], "required": ["type"],
      "properties": {"type": {"enum": ["text", "json_object", "json_schema"]}, "name": {"type": "string"},
        "schema": {"type": "object"}, "strict": {"type": ["boolean", "null"]}}}}},
    "reasoning": {"type": ["object", "null"], "properties": {
      "effort": {"enum": ["none", "minimal", "low", "medium", "high", "xhigh", "max", null]}}},
    "tools": {"type": ["array", "null"], "items": {"type": "object", "required": ["name"], "properties": {
      "type": {"enum": ["function"]}, "name": {"type": "string"}, "description": {"type": ["string", "null"]},
      "parameters": {"type": ["object", "null"]}, "strict": {"type": ["boolean", "null"]}}}},
    "tool_choice": {"anyOf": [{"enum": ["none", "auto", "required", null]}, {"type": "object", "required": ["type", "name"],
      "properties": {"type": {"enum": ["function"]}, "name": {"type": "string"}}}]},
    "parallel_tool_calls": {"type": ["boolean", "null"]},
    "chat_template_kwargs": {"type": ["object", "null"]},
    "include": {"type": ["array", "string", "null"], "items": {"type": "string"},
      "description": "message.output_text.logprobs; others have no effect"},
    "top_logprobs": {"type": ["integer", "null"], "minimum": 0, "maximum": 20})";

constexpr std::string_view kItem = R"({"type": "object", "required": ["id", "type", "status"], "properties": {
      "id": {"type": "string"}, "type": {"enum": ["message", "function_call", "reasoning"]},
      "status": {"enum": ["in_progress", "completed", "incomplete"]}, "role": {"enum": ["assistant"]},
      "content": {"type": "array", "items": {"type": "object", "required": ["type", "text"], "properties": {
        "type": {"enum": ["output_text", "reasoning_text"]}, "text": {"type": "string"}}}},
      "summary": {"type": "array"}, "call_id": {"type": "string"}, "name": {"type": "string"},
      "arguments": {"type": "string"}}})";

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const std::string_view part : parts) all += part;
  return all;
}

}  // namespace

std::string response_request_schema() {
  return joined({R"({"type": "object", "required": ["input"], "properties": {)", kInput, ",", kRest, ",",
                 generation_properties(), ",", constraint_properties(), "}}"});
}

std::string response_response_schema() {
  return joined({R"({"type": "object", "required": ["id", "object", "created_at", "status", "model", "output", "error",
    "incomplete_details", "usage", "tools", "tool_choice", "parallel_tool_calls"], "properties": {
    "id": {"type": "string"}, "object": {"enum": ["response"]}, "created_at": {"type": "integer"},
    "status": {"enum": ["in_progress", "completed", "incomplete", "failed"]}, "model": {"type": "string"},
    "error": {"type": ["object", "null"]}, "incomplete_details": {"type": ["object", "null"]},
    "output": {"type": "array", "items": )",
                 kItem, R"(},
    "usage": {"type": ["object", "null"], "required": ["input_tokens", "output_tokens", "total_tokens"], "properties": {
      "input_tokens": {"type": "integer"}, "output_tokens": {"type": "integer"}, "total_tokens": {"type": "integer"}}},
    "previous_response_id": {"type": ["string", "null"]}, "timings": {"type": "object"}, "hearth": )",
                 hearth_schema(), "}}"});
}

}  // namespace hearth::serve
