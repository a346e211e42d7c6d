#include "serve/anthropic_answer.h"

#include <nlohmann/json.hpp>

#include "serve/http_error.h"
#include "serve/json_writer.h"

namespace hearth::serve {
namespace {

using nlohmann::ordered_json;

std::string text_of(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

// A client that sends an interrupted answer back gets it continued: "pause_turn" says just that.
std::string_view stop_reason(const ChoiceEnd& end, bool called) {
  switch (end.finish) {
    case FinishReason::kLength: return "max_tokens";
    case FinishReason::kCancelled:
    case FinishReason::kError: return "pause_turn";
    case FinishReason::kNone:
    case FinishReason::kStop: break;
  }
  if (!end.stop_matched.empty()) return "stop_sequence";
  return called ? "tool_use" : "end_turn";
}

ordered_json stop_sequence(const ChoiceEnd& end) {
  return end.stop_matched.empty() ? ordered_json(nullptr) : ordered_json(end.stop_matched);
}

// All three input counts together are the prompt.
ordered_json usage_of(const TextUsage& usage) {
  return {{"input_tokens", usage.prompt_tokens - std::min(usage.cached(), usage.prompt_tokens)},
          {"cache_creation_input_tokens", 0},
          {"cache_read_input_tokens", usage.cached()},
          {"output_tokens", usage.completion_tokens}};
}

ordered_json message_head(const AnthropicHead& head, const TextAccepted& accepted) {
  ordered_json message = {{"id", head.id},
                          {"type", "message"},
                          {"role", "assistant"},
                          {"model", accepted.model},
                          {"content", ordered_json::array()},
                          {"stop_reason", nullptr},
                          {"stop_sequence", nullptr}};
  std::vector<std::string> notices = head.notices;
  notices.insert(notices.end(), accepted.notices.begin(), accepted.notices.end());
  if (!notices.empty() || !head.ignored.empty()) message["hearth"] = {{"notices", notices}, {"ignored", head.ignored}};
  return message;
}

ordered_json call_input(const ToolCall& call) {
  if (call.arguments_json.empty() && !call.malformed) return ordered_json::object();
  auto input = ordered_json::parse(call.arguments_json, nullptr, false);
  if (input.is_object() && !call.malformed) return input;
  return {{"malformed_arguments", call.arguments_json}};
}

}  // namespace

Error anthropic_error(const Error& error) {
  if (error.code != ErrorCode::kDoesNotFit || error_fact(error, "context_length").empty()) return error;
  Error told = error;
  told.message = "prompt is too long: " + error.message;
  told.context.emplace_back("http_status", "400");
  return told;
}

void AnthropicAnswer::begin(const TextAccepted& accepted, std::string& out) {
  ordered_json message = message_head(head_, accepted);
  TextUsage usage;
  usage.prompt_tokens = accepted.prompt_tokens;
  message["usage"] = usage_of(usage);  // what of it was cached is known at the end
  append_sse_event(out, "message_start", text_of({{"type", "message_start"}, {"message", message}}));
}

void AnthropicAnswer::delta(const TextDelta& delta, std::string& out) {
  for (const auto& event : delta.events) write(event, out);
}

void AnthropicAnswer::write(const OutputEvent& event, std::string& out) {
  switch (event.kind) {
    case OutputKind::kContent:
      if (event.text.empty()) return;
      open_block(BlockKind::kText, R"({"type":"text","text":""})", out);
      return write_delta("text_delta", "text", event.text, out);
    case OutputKind::kReasoning:
      if (event.text.empty()) return;
      open_block(BlockKind::kThinking, R"({"type":"thinking","thinking":"","signature":""})", out);
      return write_delta("thinking_delta", "thinking", event.text, out);
    case OutputKind::kCallStart:
      close_block(out);
      open_block(BlockKind::kCall,
                 R"({"type":"tool_use","id":)" + json_string(event.call_id) + R"(,"name":)" +
                     json_string(event.call_name) + R"(,"input":{}})",
                 out);
      open_call_ = event.call_index;
      called_ = true;
      return;
    case OutputKind::kCallArguments:
      if (open_ == BlockKind::kCall && open_call_ == event.call_index && !event.text.empty())
        write_delta("input_json_delta", "partial_json", event.text, out);
      return;
    case OutputKind::kCallEnd:
      if (open_ == BlockKind::kCall && open_call_ == event.call_index) close_block(out);
      return;
  }
}

void AnthropicAnswer::open_block(BlockKind kind, const std::string& content_block, std::string& out) {
  if (open_ == kind) return;
  close_block(out);
  open_ = kind;
  append_sse_event(out, "content_block_start",
                   R"({"type":"content_block_start","index":)" + std::to_string(blocks_) + R"(,"content_block":)" +
                       content_block + "}");
  if (blocks_ == 0) append_sse_event(out, "ping", R"({"type":"ping"})");
}

void AnthropicAnswer::write_delta(std::string_view type, std::string_view field, std::string_view text,
                                  std::string& out) const {
  std::string json = R"({"type":"content_block_delta","index":)" + std::to_string(blocks_) + R"(,"delta":{"type":")";
  json.append(type).append(R"(",")").append(field).append("\":");
  append_json_string(json, text);
  append_sse_event(out, "content_block_delta", json + "}}");
}

void AnthropicAnswer::close_block(std::string& out) {
  if (!open_) return;
  if (open_ == BlockKind::kThinking) write_delta("signature_delta", "signature", kThinkingSignature, out);
  append_sse_event(out, "content_block_stop",
                   R"({"type":"content_block_stop","index":)" + std::to_string(blocks_) + "}");
  open_.reset();
  ++blocks_;
}

void AnthropicAnswer::choice_end(const ChoiceEnd& end, std::string& out) {
  close_block(out);
  ended_ = end;
}

void AnthropicAnswer::end(const TextEnd& end, std::string& out) {
  close_block(out);
  append_sse_event(
      out, "message_delta",
      text_of({{"type", "message_delta"},
               {"delta", {{"stop_reason", stop_reason(ended_, called_)}, {"stop_sequence", stop_sequence(ended_)}}},
               {"usage", usage_of(end.usage)}}));
  append_sse_event(out, "message_stop", R"({"type":"message_stop"})");
}

void AnthropicAnswer::error(const Error& error, std::string& out) {
  append_sse_event(out, "error", error_json(anthropic_error(error), ErrorForm::kAnthropic));
}

std::string AnthropicAnswer::whole(const WholeAnswer& answer) {
  ordered_json message = message_head(head_, answer.accepted);
  const WholeChoice& choice = answer.choices.front();
  ordered_json& content = message["content"];
  if (!choice.output.reasoning.empty())
    content.push_back({{"type", "thinking"}, {"thinking", choice.output.reasoning}, {"signature", kThinkingSignature}});
  if (!choice.output.content.empty()) content.push_back({{"type", "text"}, {"text", choice.output.content}});
  for (const auto& call : choice.output.calls)
    content.push_back({{"type", "tool_use"}, {"id", call.id}, {"name", call.name}, {"input", call_input(call)}});
  const ChoiceEnd end{.choice = 0, .finish = choice.finish, .stop_matched = choice.stop_matched};
  message["stop_reason"] = stop_reason(end, !choice.output.calls.empty());
  message["stop_sequence"] = stop_sequence(end);
  message["usage"] = usage_of(answer.end.usage);
  return text_of(message);
}

}  // namespace hearth::serve
