// Renders a conversation to the exact text a model was trained on, by the model's own Jinja template.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/chat.h"
#include "hearth/result.h"

namespace hearth {

// What a template is rendered with.
struct PromptRequest {
  std::vector<ChatMessage> messages;
  std::vector<ToolDefinition> tools{};
  bool add_generation_prompt = true;      // opens the assistant's turn
  std::string answer_prefix{};            // what the opened turn begins with: the model goes on from there
  std::optional<bool> enable_thinking{};  // absent: as the template has it
  // More of the template's variables: a JSON object as text, as chat_template_kwargs of other servers. Empty: none.
  std::string variables_json{};
  // What strftime_now() gives, in local time; absent: the present.
  std::optional<std::chrono::system_clock::time_point> now{};
};

// A parsed template. Immutable, thread-safe.
class ChatTemplate {
 public:
  // `source` is Jinja; the two token texts are what the template may write as bos_token and eos_token.
  // kInvalidData: the template does not parse.
  static Result<ChatTemplate> parse(const std::string& source, const std::string& bos_token,
                                    const std::string& eos_token);

  // For models that carry no template: "User: ...\nAssistant:" lines, the form plain-text models know best.
  static ChatTemplate plain();

  // The prompt text. A template without tools, tool turns or a system role gets them worked into its turns as text.
  // kInvalidArgument: the template refuses this conversation (its own words are in the message), variables_json is no
  // object or sets what messages and tools are for, a tool's schema or a call's arguments are no JSON.
  // kUnsupported: media for a template that knows only text.
  [[nodiscard]] Result<std::string> render(const PromptRequest& request) const;
  [[nodiscard]] Result<std::string> render(const std::vector<ChatMessage>& messages, bool add_generation_prompt) const;

  // True for plain().
  [[nodiscard]] bool is_plain() const { return impl_ == nullptr; }
  // Whether the template itself shows tools; else they are described in a system turn.
  [[nodiscard]] bool has_tools() const;
  // Whether the template takes content in parts, which media need.
  [[nodiscard]] bool has_parts() const;

 private:
  struct Impl;
  explicit ChatTemplate(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;  // shared: copies of an immutable parse tree
};

}  // namespace hearth
