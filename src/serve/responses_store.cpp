#include "serve/responses_store.h"

#include <utility>

namespace hearth::serve {
namespace {

std::size_t bytes_of(const StoredResponse& response) {
  std::size_t bytes = sizeof(StoredResponse) + response.id.size() + response.key.size() + response.body.size();
  for (const ChatMessage& message : response.conversation) {
    bytes += sizeof(ChatMessage) + message.content.size() + message.reasoning.size();
    for (const ContentPart& part : message.parts) bytes += sizeof(ContentPart) + part.text.size();
    for (const ToolCall& call : message.tool_calls)
      bytes += sizeof(ToolCall) + call.id.size() + call.name.size() + call.arguments_json.size();
  }
  return bytes;
}

}  // namespace

void ResponsesStore::put(StoredResponse response) {
  const std::size_t bytes = bytes_of(response);
  if (bytes > bounds_.bytes || bounds_.responses == 0) return;
  const std::lock_guard lock(mutex_);
  if (const auto old = by_id_.find(response.id); old != by_id_.end()) drop(old->second);
  while (!entries_.empty() && (entries_.size() >= bounds_.responses || bytes_ + bytes > bounds_.bytes))
    drop(entries_.begin());
  const std::string id = response.id;
  entries_.push_back({std::make_shared<const StoredResponse>(std::move(response)), bytes});
  by_id_[id] = std::prev(entries_.end());
  bytes_ += bytes;
}

Result<std::shared_ptr<const StoredResponse>> ResponsesStore::find(const std::string& id,
                                                                   const std::string& key) const {
  const std::lock_guard lock(mutex_);
  HEARTH_ASSIGN(entry, locate(id, key));
  return entry->response;
}

Status ResponsesStore::remove(const std::string& id, const std::string& key) {
  const std::lock_guard lock(mutex_);
  HEARTH_ASSIGN(entry, locate(id, key));
  drop(entry);
  return {};
}

std::size_t ResponsesStore::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

std::size_t ResponsesStore::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

Result<ResponsesStore::Entries::iterator> ResponsesStore::locate(const std::string& id, const std::string& key) const {
  const auto found = by_id_.find(id);
  if (found == by_id_.end() || found->second->response->key != key) {
    return fail(ErrorCode::kNotFound, "there is no response '" + id.substr(0, 80) + "' here",
                "responses are kept in memory, up to a bound, until the server ends; send the conversation itself");
  }
  return found->second;
}

void ResponsesStore::drop(Entries::iterator entry) {
  bytes_ -= entry->bytes;
  by_id_.erase(entry->response->id);
  entries_.erase(entry);
}

}  // namespace hearth::serve
