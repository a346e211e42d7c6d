#include "serve/realtime_conversation.h"

#include <algorithm>
#include <array>

namespace hearth::serve {
namespace {

constexpr std::size_t kPartsMax = 64;
constexpr std::size_t kIdBytesMax = 64;

// The text of one part of a message's content.
void read_part(ObjectReader& part, const std::string& role, std::string& text) {
  const auto kind =
      part.one_of("type", {"input_text", "output_text", "text", "input_audio", "output_audio", "input_image"});
  if (!kind)
    return part.failed() ? void() : part.refuse("type", "is missing", "it is \"input_text\" or \"output_text\"");
  if (*kind == 5) return part.refuse_unsupported("type", "can't be an image here");
  const bool spoken = *kind >= 3;
  if (spoken && part.has("audio"))
    return part.refuse_unsupported("audio", "is not taken in items", "send it by input_audio_buffer.append");
  std::string piece;
  if (!part.text(spoken ? "transcript" : "text", piece) && !part.failed())
    return part.refuse(spoken ? "transcript" : "text", "is missing", "it is the " + role + "'s words");
  part.skip({"detail"});
  part.note_rest();
  text += piece;
}

}  // namespace

Json content_json(const RealtimeItem& item) {
  const std::string direction = item.role == "assistant" ? "output_" : "input_";
  if (!item.is_audio) return {{"type", direction + "text"}, {"text", item.text}};
  return {{"type", direction + "audio"}, {"transcript", item.has_text ? Json(item.text) : Json()}};
}

Json item_json(const RealtimeItem& item) {
  return {{"id", item.id},         {"object", "realtime.item"}, {"type", "message"},
          {"status", item.status}, {"role", item.role},         {"content", Json::array({content_json(item)})}};
}

void read_item(ObjectReader& reader, RealtimeItem& item) {
  std::string type;
  if (!reader.text("type", type) || type != "message") {
    if (!reader.failed())
      reader.refuse_unsupported("type", "must be \"message\"", "tools are not called in realtime sessions");
    return;
  }
  reader.text("id", item.id);
  if (item.id.size() > kIdBytesMax) return reader.refuse("id", "is longer than 64 bytes");
  const auto role = reader.one_of("role", {"user", "assistant", "system"});
  if (!role) return reader.failed() ? void() : reader.refuse("role", "is missing");
  item.role = std::array{"user", "assistant", "system"}[*role];
  reader.skip({"object", "status"});
  const Json* content = reader.list("content", kPartsMax);
  if (content == nullptr || content->empty()) return reader.failed() ? void() : reader.refuse("content", "is missing");
  for (std::size_t i = 0; i < content->size(); ++i) {
    auto part = object_at(*content, i, reader.place_of("content"), reader.notes());
    if (part) read_part(*part, item.role, item.text);
  }
  reader.note_rest();
}

const RealtimeItem* RealtimeConversation::find(const std::string& id) const {
  const auto found = std::ranges::find(items_, id, &RealtimeItem::id);
  return found == items_.end() ? nullptr : &*found;
}

RealtimeItem* RealtimeConversation::find(const std::string& id) {
  const auto found = std::ranges::find(items_, id, &RealtimeItem::id);
  return found == items_.end() ? nullptr : &*found;
}

Result<std::string> RealtimeConversation::add(RealtimeItem item, const std::optional<std::string>& previous,
                                              std::optional<std::string>& dropped) {
  if (find(item.id) != nullptr)
    return fail(field_error("item.id", "is the id of an item that is there already", "leave it out"));
  auto place = items_.end();
  if (previous) {
    place = *previous == "root" ? items_.begin() : std::ranges::find(items_, *previous, &RealtimeItem::id);
    if (*previous != "root" && place == items_.end())
      return fail(
          Error(ErrorCode::kNotFound, "there is no item '" + previous->substr(0, kIdBytesMax) + "' to go behind")
              .with("param", "previous_item_id"));
    if (*previous != "root") ++place;
  }
  const std::string before = place == items_.begin() ? std::string() : std::prev(place)->id;
  items_.insert(place, std::move(item));
  if (items_.size() > kItemsMax) {
    dropped = items_.front().id;
    items_.pop_front();
  }
  return before;
}

bool RealtimeConversation::remove(const std::string& id) {
  const auto found = std::ranges::find(items_, id, &RealtimeItem::id);
  if (found == items_.end()) return false;
  items_.erase(found);
  return true;
}

std::vector<ChatMessage> RealtimeConversation::messages(const std::string& instructions) const {
  std::vector<ChatMessage> messages;
  if (!instructions.empty()) messages.push_back({"system", instructions});
  for (const auto& item : items_)
    if (item.has_text && !item.text.empty()) messages.push_back({item.role, item.text});
  return messages;
}

std::string heard_part(const RealtimeItem& item, std::uint64_t end_ms) {
  if (end_ms >= item.audio_ms) return item.text;
  const std::size_t n = item.text.size() * end_ms / item.audio_ms;
  // A word that was begun was not heard.
  const auto space = item.text.substr(0, n + 1).find_last_of(" \n");
  return space == std::string::npos ? std::string() : item.text.substr(0, space);
}

}  // namespace hearth::serve
