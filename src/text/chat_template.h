// Renders a conversation to the exact text a model was trained on, by the model's own Jinja template.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/chat.h"
#include "hearth/result.h"

namespace hearth {

// A parsed template. Immutable, thread-safe.
class ChatTemplate {
 public:
  // `source` is Jinja; the two token texts are what the template may write as bos_token and eos_token.
  // kInvalidData: the template does not parse.
  static Result<ChatTemplate> parse(const std::string& source, const std::string& bos_token,
                                    const std::string& eos_token);

  // For models that carry no template: "User: ...\nAssistant:" lines, the form plain-text models know best.
  static ChatTemplate plain();

  // The prompt text. add_generation_prompt opens the assistant's turn.
  // kInvalidArgument: the template refuses this conversation (its own words are in the message).
  [[nodiscard]] Result<std::string> render(const std::vector<ChatMessage>& messages, bool add_generation_prompt) const;

  // True for plain().
  [[nodiscard]] bool is_plain() const { return impl_ == nullptr; }

 private:
  struct Impl;
  explicit ChatTemplate(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;  // shared: copies of an immutable parse tree
};

}  // namespace hearth
