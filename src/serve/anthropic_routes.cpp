#include "serve/anthropic_routes.h"

#include "serve/anthropic_count_tokens.h"
#include "serve/anthropic_messages.h"

namespace hearth::serve {
namespace {

// Only what every client sends; the guide has the rest.
constexpr const char* kMessageSchema =
    R"({"type":"object","required":["model","max_tokens","messages"],"properties":{"model":{"type":"string"},)"
    R"("max_tokens":{"type":"integer","minimum":1},"messages":{"type":"array","minItems":1,"items":{"type":"object",)"
    R"("required":["role","content"],"properties":{"role":{"enum":["user","assistant","system"]},)"
    R"("content":{"type":["string","array"]}}}},"system":{"type":["string","array"]},)"
    R"("stop_sequences":{"type":"array","items":{"type":"string"}},"stream":{"type":"boolean"},)"
    R"("temperature":{"type":"number","minimum":0,"maximum":2},"top_p":{"type":"number","minimum":0,"maximum":1},)"
    R"("top_k":{"type":"integer"},"thinking":{"type":"object","required":["type"]},"tools":{"type":"array",)"
    R"("items":{"type":"object","required":["name","input_schema"]}},"tool_choice":{"type":"object",)"
    R"("required":["type"]},"output_config":{"type":"object"},"metadata":{"type":"object"}}})";
constexpr const char* kAnswerSchema =
    R"({"type":"object","required":["id","type","role","model","content","stop_reason","stop_sequence","usage"],)"
    R"("properties":{"type":{"const":"message"},"role":{"const":"assistant"},"content":{"type":"array"},)"
    R"("stop_reason":{"enum":["end_turn","max_tokens","stop_sequence","tool_use","pause_turn",null]},)"
    R"("usage":{"type":"object","required":["input_tokens","output_tokens"]}}})";
constexpr const char* kCountSchema =
    R"({"type":"object","required":["model","messages"],"properties":{"model":{"type":"string"},)"
    R"("messages":{"type":"array","minItems":1},"system":{"type":["string","array"]},"tools":{"type":"array"}}})";
constexpr const char* kCountAnswerSchema =
    R"({"type":"object","required":["input_tokens"],"properties":{"input_tokens":{"type":"integer","minimum":0}}})";

}  // namespace

std::vector<Route> anthropic_routes(OpenAiServing& serving) {
  std::vector<Route> routes;
  routes.push_back({.method = "POST",
                    .pattern = "/v1/messages",
                    .summary = "Anthropic's Messages API",
                    .handler = [&serving](const auto& exchange) { answer_message(serving, exchange); },
                    .tag = "anthropic",
                    .request_schema = kMessageSchema,
                    .response_schema = kAnswerSchema,
                    .streams = true,
                    .errors = ErrorForm::kAnthropic});
  routes.push_back({.method = "POST",
                    .pattern = "/v1/messages/count_tokens",
                    .summary = "The tokens of a conversation",
                    .handler = [&serving](const auto& exchange) { count_message_tokens(serving, exchange); },
                    .tag = "anthropic",
                    .request_schema = kCountSchema,
                    .response_schema = kCountAnswerSchema,
                    .errors = ErrorForm::kAnthropic});
  return routes;
}

}  // namespace hearth::serve
