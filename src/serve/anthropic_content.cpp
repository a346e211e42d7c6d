#include "serve/anthropic_content.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

namespace hearth::serve {
namespace {

constexpr std::size_t kTurnsMax = 100'000;  // Source: Anthropic's API reference, "messages"
constexpr std::size_t kBlocksMax = 100'000;

void append_line(std::string& text, const std::string& more) {
  if (!text.empty() && !more.empty()) text += '\n';
  text += more;
}

std::string block_type(ObjectReader& block) {
  std::string type;
  if (!block.text("type", type) && !block.failed()) block.refuse("type", "is missing");
  block.skip({"cache_control", "citations"});
  return type;
}

std::string text_of(ObjectReader& block) {
  std::string text;
  if (!block.text("text", text) && !block.failed()) block.refuse("text", "is missing");
  return text;
}

// A document whose source is plain text.
std::string document_text(ObjectReader& block) {
  std::string text;
  std::string title;
  block.text("title", title);
  block.skip({"context"});
  auto source = block.object("source");
  if (!source) {
    block.refuse("source", "is missing");
    return text;
  }
  std::string type;
  source->text("type", type);
  source->skip({"media_type"});
  if (type != "text") {
    source->refuse_unsupported("type", "is \"" + type + "\": only documents of plain text can be read here",
                               "send the document's text");
    return text;
  }
  if (!source->text("data", text)) source->refuse("data", "is missing");
  append_line(title, text);
  return title;
}

void refuse_block(ObjectReader& block, const std::string& type) {
  if (type == "image")
    return block.refuse_unsupported("type", "is \"image\": this server takes text alone", "leave the image out");
  static constexpr std::string_view kHosted[] = {"server_tool_use", "web_search_tool_result", "container_upload",
                                                 "search_result",   "mcp_tool_use",           "mcp_tool_result"};
  if (std::find(std::begin(kHosted), std::end(kHosted), type) != std::end(kHosted))
    return block.refuse_unsupported("type", "is \"" + type + "\": hosted tools don't run here");
  block.refuse("type", "is \"" + type + "\", which has no place in this turn");
}

// A text, or blocks of text: of "system" and of a tool's result.
std::string joined_text(ObjectReader& owner, std::string_view name) {
  std::string text;
  const Json* content = owner.find(name);
  if (content == nullptr) return text;
  if (content->is_string()) return content->get<std::string>();
  const Json* blocks = owner.list(name, kBlocksMax);
  for (std::size_t i = 0; blocks != nullptr && i < blocks->size() && !owner.failed(); ++i) {
    auto block = object_at(*blocks, i, owner.place_of(name), owner.notes());
    if (!block) break;
    const std::string type = block_type(*block);
    if (type == "text")
      append_line(text, text_of(*block));
    else if (type == "document")
      append_line(text, document_text(*block));
    else
      refuse_block(*block, type);
    block->note_rest();
  }
  return text;
}

constexpr std::string_view kBillingMark = "x-anthropic-billing-header:";

}  // namespace

void AnthropicContentReader::read_system(ObjectReader& body) {
  const Json* system = body.find("system");
  if (system == nullptr) return;
  Json kept = *system;
  if (system->is_array()) {
    kept.erase(std::remove_if(kept.begin(), kept.end(),
                              [](const Json& block) {
                                return block.is_object() && block.contains("text") && block["text"].is_string() &&
                                       block["text"].get_ref<const std::string&>().starts_with(kBillingMark);
                              }),
               kept.end());
    if (kept.size() < system->size()) body.notes().ignore("system:billing-header");
  }
  const Json holder{{"system", std::move(kept)}};
  ObjectReader reader(holder, body.place(), body.notes());
  std::string text = joined_text(reader, "system");
  if (!text.empty()) add_turn({.role = "system", .content = std::move(text)});
}

void AnthropicContentReader::read_messages(ObjectReader& body) {
  const Json* list = body.list("messages", kTurnsMax);
  if (body.failed()) return;
  if (list == nullptr || list->empty()) return body.refuse("messages", "must have at least one turn");
  for (std::size_t i = 0; i < list->size() && !body.failed(); ++i) {
    auto turn = object_at(*list, i, "messages", body.notes());
    if (turn) read_turn(*turn, i + 1 == list->size());
  }
}

void AnthropicContentReader::read_turn(ObjectReader& turn, bool last) {
  const auto role = turn.one_of("role", {"user", "assistant", "system"});
  if (!role) return turn.refuse("role", "is missing");
  const Json* content = turn.find("content");
  if (content == nullptr) return turn.refuse("content", "is missing");
  turn.note_rest();
  if (*role == 2) return add_turn({.role = "system", .content = joined_text(turn, "content")});
  ChatMessage message{.role = *role == 0 ? "user" : "assistant", .content = {}};
  if (content->is_string()) {
    message.content = content->get<std::string>();
    return add_turn(std::move(message));
  }
  const Json* blocks = turn.list("content", kBlocksMax);
  for (std::size_t i = 0; blocks != nullptr && i < blocks->size() && !turn.failed(); ++i) {
    auto block = object_at(*blocks, i, turn.place_of("content"), turn.notes());
    if (!block) return;
    if (*role == 0)
      read_user_block(*block, message.content);
    else
      read_assistant_block(*block, message);
    block->note_rest();
  }
  if (last && !message.tool_calls.empty())
    return turn.refuse("content", "ends the conversation with a tool_use",
                       "send its tool_result in a user's turn after it");
  const bool only_results = *role == 0 && message.content.empty() && blocks != nullptr && !blocks->empty();
  if (!only_results) add_turn(std::move(message));
}

void AnthropicContentReader::read_user_block(ObjectReader& block, std::string& text) {
  const std::string type = block_type(block);
  if (block.failed()) return;
  if (type == "text") return append_line(text, text_of(block));
  if (type == "document") return append_line(text, document_text(block));
  if (type != "tool_result") return refuse_block(block, type);
  if (!text.empty()) add_turn({.role = "user", .content = std::exchange(text, {})});
  read_tool_result(block);
}

void AnthropicContentReader::read_tool_result(ObjectReader& block) {
  ChatMessage result{.role = "tool", .content = {}};
  if (!block.text("tool_use_id", result.tool_call_id)) return block.refuse("tool_use_id", "is missing");
  const auto call = tools_by_call_.find(result.tool_call_id);
  if (call == tools_by_call_.end())
    return block.refuse("tool_use_id", "is \"" + result.tool_call_id + "\", which no tool_use before it has");
  result.name = call->second;
  result.content = joined_text(block, "content");
  bool is_error = false;
  block.flag("is_error", is_error);
  // Templates have no field for it; a tool that names its failure needs no second word.
  const bool says_so = result.content.size() >= 5 &&
                       std::equal(result.content.begin(), result.content.begin() + 5, "error",
                                  [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
  if (is_error && !says_so) result.content = "Error: " + result.content;
  turns_.push_back(std::move(result));
}

void AnthropicContentReader::read_assistant_block(ObjectReader& block, ChatMessage& turn) {
  const std::string type = block_type(block);
  if (block.failed()) return;
  if (type == "text") {
    turn.content += text_of(block);
  } else if (type == "thinking") {
    std::string thought;
    if (!block.text("thinking", thought)) return block.refuse("thinking", "is missing");
    block.skip({"signature"});
    append_line(turn.reasoning, thought);
  } else if (type == "redacted_thinking") {
    block.skip({"data"});
  } else if (type == "tool_use") {
    read_tool_use(block, turn);
  } else {
    refuse_block(block, type);
  }
}

void AnthropicContentReader::read_tool_use(ObjectReader& block, ChatMessage& turn) {
  ToolCall call;
  if (!block.text("id", call.id)) return block.refuse("id", "is missing");
  if (!block.text("name", call.name)) return block.refuse("name", "is missing");
  block.skip({"caller"});
  const auto input = block.object("input");
  if (block.failed()) return;
  call.arguments_json = input ? json_text(input->json()) : "{}";
  if (!tools_by_call_.emplace(call.id, call.name).second)
    return block.refuse("id", "is \"" + call.id + "\", which another tool_use has already");
  turn.tool_calls.push_back(std::move(call));
}

void AnthropicContentReader::add_turn(ChatMessage turn) {
  if (turns_.empty() || turns_.back().role != turn.role) {
    turns_.push_back(std::move(turn));
    return;
  }
  ChatMessage& before = turns_.back();
  append_line(before.content, turn.content);
  append_line(before.reasoning, turn.reasoning);
  for (auto& call : turn.tool_calls) before.tool_calls.push_back(std::move(call));
}

}  // namespace hearth::serve
