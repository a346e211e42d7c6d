// The output of one response: items that open, grow and close, with the events that tell of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/chat.h"
#include "domain/output_event.h"
#include "engine/text_request.h"
#include "serve/json_reader.h"
#include "serve/openai_serving.h"

namespace hearth::serve {

// Events of one stream, numbered. Silent when the response is not streamed.
class ResponseEvents {
 public:
  explicit ResponseEvents(bool speaks) : speaks_(speaks) {}

  [[nodiscard]] bool speaks() const { return speaks_; }
  // `members`: JSON members, without braces.
  void emit(std::string_view type, std::string_view members, std::string& out);

 private:
  bool speaks_;
  std::uint64_t number_ = 0;
  std::string json_;  // kept for its room
};

// Text, thought and calls in the order they came. Externally synchronised.
class ResponseOutput {
 public:
  ResponseOutput(std::shared_ptr<OpenAiServing> serving, ResponseEvents& events, bool logprobs)
      : serving_(std::move(serving)), events_(events), logprobs_(logprobs) {}

  void add(const TextDelta& delta, std::string& out);
  // Closes what is open: "completed", or "incomplete" where the answer broke off.
  void close(std::string_view status, std::string& out);

  [[nodiscard]] const Json& items() const { return items_; }
  // The same as a turn of the conversation.
  [[nodiscard]] const ChatMessage& turn() const { return turn_; }

 private:
  struct Item {
    OutputKind kind = OutputKind::kContent;  // of kCallStart, a call
    std::string id;
    std::string text;  // said, thought, or arguments
    std::string call_id;
    std::string name;
    std::vector<TokenLogprobs> logprobs;
  };

  void open(Item item, std::string& out);
  void grow(std::string_view text, std::string& out);
  [[nodiscard]] Json item_json(const Item& item, std::string_view status) const;
  [[nodiscard]] Json part_json(const Item& item) const;
  // `"item_id":...,"output_index":...` and, of parts, `"content_index":0`.
  [[nodiscard]] std::string place(bool in_part) const;

  std::shared_ptr<OpenAiServing> serving_;  // shared with the handlers
  ResponseEvents& events_;
  const bool logprobs_;
  std::optional<Item> current_;
  std::vector<TokenLogprobs> pending_;  // of text that is held back
  Json items_ = Json::array();
  ChatMessage turn_{.role = "assistant", .content = {}};
};

}  // namespace hearth::serve
