// The items of a realtime session's conversation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "domain/chat.h"
#include "serve/json_reader.h"

namespace hearth::serve {

struct RealtimeItem {
  std::string id;
  std::string role;  // "system", "user", "assistant"
  bool is_audio = false;
  std::string text{};                // or what was said
  bool has_text = true;              // false: it was heard and not written down yet
  std::string status = "completed";  // "in_progress", "incomplete"
  std::uint64_t audio_ms = 0;        // of an answer that was spoken
};

[[nodiscard]] Json item_json(const RealtimeItem& item);
// The content alone, as an item and `response.content_part.*` have it.
[[nodiscard]] Json content_json(const RealtimeItem& item);

// The item of `conversation.item.create`, without an id where the client gave none. Content in text alone.
void read_item(ObjectReader& reader, RealtimeItem& item);

// Externally synchronised.
class RealtimeConversation {
 public:
  static constexpr std::size_t kItemsMax = 1'000;  // the oldest go first

  [[nodiscard]] const RealtimeItem* find(const std::string& id) const;
  [[nodiscard]] RealtimeItem* find(const std::string& id);
  // Empty where there is none.
  [[nodiscard]] std::string last_id() const { return items_.empty() ? std::string() : items_.back().id; }

  // At the end, or behind `previous` ("root": as the first). kNotFound: no such item; kInvalidArgument: the id is there
  // already. Gives the id of the item before it, and in `dropped` of one that had to go.
  [[nodiscard]] Result<std::string> add(RealtimeItem item, const std::optional<std::string>& previous,
                                        std::optional<std::string>& dropped);
  [[nodiscard]] bool remove(const std::string& id);

  // As a language model reads it: what was said and written, items without a word left out.
  [[nodiscard]] std::vector<ChatMessage> messages(const std::string& instructions) const;

 private:
  std::deque<RealtimeItem> items_;
};

// What of a spoken answer was heard until `end_ms`: whole words, as many as that part of its sound holds.
[[nodiscard]] std::string heard_part(const RealtimeItem& item, std::uint64_t end_ms);

}  // namespace hearth::serve
