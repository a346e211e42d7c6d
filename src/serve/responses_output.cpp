#include "serve/responses_output.h"

#include "serve/json_writer.h"
#include "serve/openai_answer.h"

namespace hearth::serve {
namespace {

Json logprobs_json(const std::vector<TokenLogprobs>& logprobs) {
  std::string text;
  append_logprobs(text, logprobs);
  return Json::parse(text);
}

// Members in the order that clients log them in.
std::string members(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const std::string_view part : parts) all += part;
  return all;
}

}  // namespace

void ResponseEvents::emit(std::string_view type, std::string_view members, std::string& out) {
  if (!speaks_) return;
  json_.clear();
  json_ += R"({"type":")";
  json_ += type;
  json_ += R"(","sequence_number":)";
  append_json_number(json_, number_++);
  json_ += ',';
  json_ += members;
  json_ += '}';
  append_sse_event(out, type, json_);
}

void ResponseOutput::add(const TextDelta& delta, std::string& out) {
  pending_.insert(pending_.end(), delta.logprobs.begin(), delta.logprobs.end());
  for (const OutputEvent& event : delta.events) {
    const bool is_call = event.kind == OutputKind::kCallStart;
    if (is_call) {
      close("completed", out);
      open(
          {.kind = event.kind, .id = {}, .text = {}, .call_id = event.call_id, .name = event.call_name, .logprobs = {}},
          out);
    } else if (event.kind == OutputKind::kCallEnd) {
      close(event.malformed ? "incomplete" : "completed", out);
    } else if (!event.text.empty()) {
      if (event.kind != OutputKind::kCallArguments && (!current_ || current_->kind != event.kind)) {
        close("completed", out);
        open({.kind = event.kind, .id = {}, .text = {}, .call_id = {}, .name = {}, .logprobs = {}}, out);
      }
      grow(event.text, out);
    }
  }
  // The tokens of thoughts and calls have no place for logprobs.
  if (!delta.events.empty() && delta.events.back().kind != OutputKind::kContent) pending_.clear();
}

void ResponseOutput::open(Item item, std::string& out) {
  const bool is_call = item.kind == OutputKind::kCallStart;
  const std::string_view prefix = is_call ? "fc_" : item.kind == OutputKind::kContent ? "msg_" : "rs_";
  item.id = serving_->ids.next(prefix);
  current_ = std::move(item);
  if (!events_.speaks()) return;
  Json begun = item_json(*current_, "in_progress");
  if (!is_call) begun["content"] = Json::array();
  events_.emit("response.output_item.added",
               members({R"("output_index":)", std::to_string(items_.size()), R"(,"item":)", json_text(begun)}), out);
  if (is_call) return;
  events_.emit("response.content_part.added", members({place(true), R"(,"part":)", json_text(part_json(*current_))}),
               out);
}

void ResponseOutput::grow(std::string_view text, std::string& out) {
  if (!current_) return;  // arguments after a call's end: the parser's own fault, nothing to add them to
  current_->text += text;
  std::vector<TokenLogprobs> logprobs;
  if (current_->kind == OutputKind::kContent) {
    logprobs.swap(pending_);
    current_->logprobs.insert(current_->logprobs.end(), logprobs.begin(), logprobs.end());
  }
  if (!events_.speaks()) return;
  std::string inner = place(current_->kind != OutputKind::kCallStart);
  inner += R"(,"delta":)";
  append_json_string(inner, text);
  switch (current_->kind) {
    case OutputKind::kContent:
      inner += R"(,"logprobs":)";
      append_logprobs(inner, logprobs);
      return events_.emit("response.output_text.delta", inner, out);
    case OutputKind::kReasoning: return events_.emit("response.reasoning_text.delta", inner, out);
    default: return events_.emit("response.function_call_arguments.delta", inner, out);
  }
}

void ResponseOutput::close(std::string_view status, std::string& out) {
  if (!current_) return;
  if (current_->kind == OutputKind::kContent) {
    current_->logprobs.insert(current_->logprobs.end(), pending_.begin(), pending_.end());
    turn_.content += current_->text;
  } else if (current_->kind == OutputKind::kReasoning) {
    turn_.reasoning += current_->text;
  } else {
    turn_.tool_calls.push_back({.id = current_->call_id, .name = current_->name, .arguments_json = current_->text});
  }
  pending_.clear();
  Json done = item_json(*current_, status);
  if (events_.speaks()) {
    const std::string text = json_string(current_->text);
    if (current_->kind == OutputKind::kCallStart) {
      events_.emit("response.function_call_arguments.done",
                   members({place(false), R"(,"name":)", json_string(current_->name), R"(,"arguments":)", text}), out);
    } else {
      const bool said = current_->kind == OutputKind::kContent;
      const std::string logprobs = said ? R"(,"logprobs":)" + json_text(logprobs_json(current_->logprobs)) : "";
      events_.emit(said ? "response.output_text.done" : "response.reasoning_text.done",
                   members({place(true), R"(,"text":)", text, logprobs}), out);
      events_.emit("response.content_part.done", members({place(true), R"(,"part":)", json_text(part_json(*current_))}),
                   out);
    }
    events_.emit("response.output_item.done",
                 members({R"("output_index":)", std::to_string(items_.size()), R"(,"item":)", json_text(done)}), out);
  }
  items_.push_back(std::move(done));
  current_.reset();
}

std::string ResponseOutput::place(bool in_part) const {
  std::string text = R"("item_id":)";
  append_json_string(text, current_->id);
  text += R"(,"output_index":)";
  append_json_number(text, items_.size());
  if (in_part) text += R"(,"content_index":0)";
  return text;
}

Json ResponseOutput::part_json(const Item& item) const {
  if (item.kind == OutputKind::kReasoning) return {{"type", "reasoning_text"}, {"text", item.text}};
  Json part = {{"type", "output_text"}, {"text", item.text}, {"annotations", Json::array()}};
  part["logprobs"] = logprobs_ ? logprobs_json(item.logprobs) : Json::array();
  return part;
}

Json ResponseOutput::item_json(const Item& item, std::string_view status) const {
  switch (item.kind) {
    case OutputKind::kContent:
      return {{"id", item.id},
              {"type", "message"},
              {"status", status},
              {"role", "assistant"},
              {"content", Json::array({part_json(item)})}};
    case OutputKind::kReasoning:
      return {{"id", item.id},
              {"type", "reasoning"},
              {"status", status},
              {"summary", Json::array()},
              {"content", Json::array({part_json(item)})}};
    default:
      return {{"id", item.id},           {"type", "function_call"}, {"status", status},
              {"call_id", item.call_id}, {"name", item.name},       {"arguments", item.text}};
  }
}

}  // namespace hearth::serve
