#include "text/chat_template.h"

#include <exception>

#include <minja/chat-template.hpp>

namespace hearth {

struct ChatTemplate::Impl {
  minja::chat_template parsed;
};

Result<ChatTemplate> ChatTemplate::parse(const std::string& source, const std::string& bos_token,
                                         const std::string& eos_token) {
  try {
    return ChatTemplate(std::make_shared<const Impl>(Impl{minja::chat_template(source, bos_token, eos_token)}));
  } catch (const std::exception& e) {
    return fail(ErrorCode::kInvalidData, std::string("the model's chat template does not parse: ") + e.what(),
                "use `hearth run complete` for raw text, or give another template with --chat-template FILE");
  }
}

ChatTemplate ChatTemplate::plain() { return ChatTemplate(nullptr); }

namespace {

std::string render_plain(const std::vector<ChatMessage>& messages, bool add_generation_prompt) {
  std::string text;
  for (const auto& message : messages) {
    if (message.role == "system")
      text += message.content + "\n";
    else
      text += (message.role == "assistant" ? "Assistant: " : "User: ") + message.content + "\n";
  }
  return add_generation_prompt ? text + "Assistant:" : text;
}

}  // namespace

Result<std::string> ChatTemplate::render(const std::vector<ChatMessage>& messages, bool add_generation_prompt) const {
  if (is_plain()) return render_plain(messages, add_generation_prompt);
  try {
    minja::chat_template_inputs inputs;
    inputs.messages = nlohmann::ordered_json::array();
    for (const auto& message : messages)
      inputs.messages.push_back({{"role", message.role}, {"content", message.content}});
    inputs.add_generation_prompt = add_generation_prompt;
    return impl_->parsed.apply(inputs);
  } catch (const std::exception& e) {
    return fail(ErrorCode::kInvalidArgument,
                std::string("the model's chat template refuses this conversation: ") + e.what(),
                "check the order of roles; many templates want user and assistant in turn");
  }
}

}  // namespace hearth
