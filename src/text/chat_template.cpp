#include "text/chat_template.h"

#include <exception>
#include <minja/chat-template.hpp>

#include "text/chat_messages.h"

namespace hearth {

struct ChatTemplate::Impl {
  minja::chat_template parsed;
  TemplateTraits traits;
};

namespace {

// A template takes parts when it shows the text of one and not the JSON around it.
bool takes_parts(const minja::chat_template& parsed) {
  constexpr const char* kNeedle = "part-needle";
  minja::chat_template_inputs inputs;
  inputs.messages = {{{"role", "user"}, {"content", {{{"type", "text"}, {"text", kNeedle}}}}}};
  try {
    const std::string text = parsed.apply(inputs);
    const auto at = text.find(kNeedle);
    return at != std::string::npos && (at == 0 || (text[at - 1] != '"' && text[at - 1] != '\''));
  } catch (const std::exception&) {
    return false;  // refuses parts, or one turn alone
  }
}

}  // namespace

Result<ChatTemplate> ChatTemplate::parse(const std::string& source, const std::string& bos_token,
                                         const std::string& eos_token) {
  try {
    minja::chat_template parsed(source, bos_token, eos_token);
    const TemplateTraits traits{takes_parts(parsed), parsed.original_caps().requires_non_null_content};
    return ChatTemplate(std::make_shared<const Impl>(Impl{std::move(parsed), traits}));
  } catch (const std::exception& e) {
    return fail(ErrorCode::kInvalidData, std::string("the model's chat template does not parse: ") + e.what(),
                "use `hearth run complete` for raw text, or give another template with --chat-template FILE");
  }
}

ChatTemplate ChatTemplate::plain() { return ChatTemplate(nullptr); }

bool ChatTemplate::has_tools() const { return !is_plain() && impl_->parsed.original_caps().supports_tools; }

bool ChatTemplate::has_parts() const { return !is_plain() && impl_->traits.takes_parts; }

namespace {

using Json = nlohmann::ordered_json;

Result<std::string> render_plain(const PromptRequest& request) {
  // Calls and results can only be shown to a model that was taught a form for them.
  if (!request.tools.empty())
    return fail(ErrorCode::kUnsupported, "this model has no chat template, so it can't be offered tools",
                "use a model with a chat template, or give one with --chat-template FILE");
  HEARTH_ASSIGN(messages, template_messages(request.messages, {}));
  std::string text;
  for (const auto& message : messages) {
    const std::string content = message["content"].is_string() ? message["content"].get<std::string>() : "";
    if (message["role"] == "system")
      text += content + "\n";
    else
      text += (message["role"] == "assistant" ? "Assistant: " : "User: ") + content + "\n";
  }
  if (!request.add_generation_prompt) return text;
  return text + "Assistant:" + (request.answer_prefix.empty() ? "" : " " + request.answer_prefix);
}

Result<Json> variables_of(const PromptRequest& request) {
  Json variables = Json::object();
  if (!request.variables_json.empty()) variables = Json::parse(request.variables_json, nullptr, false);
  if (!variables.is_object())
    return fail(ErrorCode::kInvalidArgument, "the variables for the chat template are no JSON object",
                "give them as {\"name\": value}");
  for (const char* name : {"messages", "tools", "add_generation_prompt", "bos_token", "eos_token", "strftime_now"})
    if (variables.contains(name))
      return fail(
          ErrorCode::kInvalidArgument,
          "the variables for the chat template set \"" + std::string(name) + "\", which the request sets itself",
          "leave it out");
  if (request.enable_thinking) variables["enable_thinking"] = *request.enable_thinking;
  return variables;
}

}  // namespace

Result<std::string> ChatTemplate::render(const PromptRequest& request) const {
  if (is_plain()) return render_plain(request);
  minja::chat_template_inputs inputs;
  HEARTH_ASSIGN(messages, template_messages(request.messages, impl_->traits));
  HEARTH_ASSIGN(tools, template_tools(request.tools));
  HEARTH_ASSIGN(variables, variables_of(request));
  inputs.messages = std::move(messages);
  inputs.tools = std::move(tools);
  inputs.extra_context = std::move(variables);
  inputs.add_generation_prompt = request.add_generation_prompt;
  if (request.now) inputs.now = *request.now;
  try {
    std::string text = impl_->parsed.apply(inputs);
    if (request.add_generation_prompt) text += request.answer_prefix;
    return text;
  } catch (const std::exception& e) {
    return fail(ErrorCode::kInvalidArgument,
                std::string("the model's chat template refuses this conversation: ") + e.what(),
                "check the order of roles; many templates want user and assistant in turn");
  }
}

Result<std::string> ChatTemplate::render(const std::vector<ChatMessage>& messages, bool add_generation_prompt) const {
  PromptRequest request{messages};
  request.add_generation_prompt = add_generation_prompt;
  return render(request);
}

}  // namespace hearth
