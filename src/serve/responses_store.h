// Past responses, for previous_response_id and GET /v1/responses/{id}: in memory, bounded, gone with the process.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/chat.h"
#include "hearth/result.h"

namespace hearth::serve {

struct StoredResponse {
  std::string id;
  std::string key;                        // the API key's name; nobody else sees it
  std::string body;                       // the response as it was answered
  std::vector<ChatMessage> conversation;  // up to and with its output, without instructions
};

struct StoreBounds {
  std::size_t responses = 1024;
  std::size_t bytes = 64U << 20U;
};

// Internally locked. The oldest go first; one that is larger than the whole bound is not kept.
class ResponsesStore {
 public:
  explicit ResponsesStore(StoreBounds bounds) : bounds_(bounds) {}

  void put(StoredResponse response);
  // kNotFound also for another key's. shared: readers keep it while it may be dropped.
  [[nodiscard]] Result<std::shared_ptr<const StoredResponse>> find(const std::string& id, const std::string& key) const;
  [[nodiscard]] Status remove(const std::string& id, const std::string& key);

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Entry {
    std::shared_ptr<const StoredResponse> response;
    std::size_t bytes = 0;
  };
  using Entries = std::list<Entry>;  // the oldest first
  [[nodiscard]] Result<Entries::iterator> locate(const std::string& id, const std::string& key) const;
  void drop(Entries::iterator entry);

  const StoreBounds bounds_;
  mutable std::mutex mutex_;
  Entries entries_;
  std::unordered_map<std::string, Entries::iterator> by_id_;
  std::size_t bytes_ = 0;
};

}  // namespace hearth::serve
