// What the threads of a worker share, and what one request has at hand.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "hearth/abi/hearth_speech.h"
#include "plugin_host/abi_values.h"
#include "plugin_host/channel.h"
#include "plugin_host/wire_messages.h"
#include "plugin_host/worker_regions.h"

namespace hearth {

// The handles of the plugin, owned. A request holds what it uses, and everything holds what it was made from, so a host
// that frees in the wrong order, or frees what a given-up call still uses, harms nobody.
struct ModelEntry {
  const hearth_plugin* plugin;
  hearth_model* handle;
  ModelEntry(const hearth_plugin* p, hearth_model* h) : plugin(p), handle(h) {}
  ModelEntry(const ModelEntry&) = delete;
  ModelEntry& operator=(const ModelEntry&) = delete;
  ~ModelEntry() { plugin->free(handle); }
};

struct AdapterEntry {
  std::shared_ptr<ModelEntry> model;
  const hearth_text* table;
  hearth_adapter* handle;
  AdapterEntry(std::shared_ptr<ModelEntry> m, const hearth_text* t, hearth_adapter* h)
      : model(std::move(m)), table(t), handle(h) {}
  AdapterEntry(const AdapterEntry&) = delete;
  AdapterEntry& operator=(const AdapterEntry&) = delete;
  ~AdapterEntry() { table->adapter_free(handle); }
};

struct ContextEntry {
  std::shared_ptr<ModelEntry> model;
  const hearth_text* table;
  hearth_text_context* handle;
  std::mutex busy;  // one request at a time; a given-up one may still run when the next comes
  std::vector<std::shared_ptr<AdapterEntry>> adapters;  // those set
  RegionSlice rows;                                     // copies of rows that the plugin keeps in memory of its own
  ContextEntry(std::shared_ptr<ModelEntry> m, const hearth_text* t, hearth_text_context* h)
      : model(std::move(m)), table(t), handle(h) {}
  ContextEntry(const ContextEntry&) = delete;
  ContextEntry& operator=(const ContextEntry&) = delete;
  ~ContextEntry() { table->context_free(handle); }
};

// Entries by id; an id is never used twice. Internally locked.
template <class Entry>
class HandleTable {
 public:
  WireId add(std::shared_ptr<Entry> entry) {
    const std::lock_guard lock(mutex_);
    entries_.emplace(++last_id_, std::move(entry));
    return last_id_;
  }
  // Null when there is none.
  [[nodiscard]] std::shared_ptr<Entry> get(WireId id) {
    const std::lock_guard lock(mutex_);
    const auto it = entries_.find(id);
    return it == entries_.end() ? nullptr : it->second;
  }
  [[nodiscard]] std::shared_ptr<Entry> take(WireId id) {
    const std::lock_guard lock(mutex_);
    const auto it = entries_.find(id);
    if (it == entries_.end()) return nullptr;
    auto entry = std::move(it->second);
    entries_.erase(it);
    return entry;
  }

 private:
  std::mutex mutex_;
  WireId last_id_ = 0;
  std::unordered_map<WireId, std::shared_ptr<Entry>> entries_;
};

struct SessionEntry;        // worker_tensor_state.h
struct TensorRequestEntry;  // worker_tensor_state.h
struct StreamEntry;         // worker_transcribe_state.h

struct WorkerState {
  const hearth_plugin* plugin = nullptr;
  const hearth_text* text = nullptr;  // null when the plugin has none
  WorkerRegions regions;
  HandleTable<ModelEntry> models;
  HandleTable<ContextEntry> contexts;
  HandleTable<AdapterEntry> adapters;
  const hearth_tensor* tensor = nullptr;  // null when the plugin has none
  HandleTable<SessionEntry> sessions;
  HandleTable<TensorRequestEntry> tensor_requests;
  const hearth_transcribe* transcribe = nullptr;  // null when the plugin has none
  HandleTable<StreamEntry> streams;
  const hearth_synthesize* synthesize = nullptr;  // null when the plugin has none
};

// One request on one lane. Used by the lane's thread; only `call` is polled by others.
struct Request {
  Channel& channel;
  LaneControl& control;
  DecodeRequest& decode;  // the lane's scratch
  WireReader in;
  WireWriter out = {};  // what follows the ReplyHead on success
  hearth_call call = {};
  RegionSlice carried = {};            // whose descriptor the reply carries, if any
  std::function<void()> undo = {};     // run when the reply can't be delivered: nobody would free what was made
  std::vector<std::byte> unsent = {};  // bytes for the host's sink, gathered into frames of a useful size
  bool host_gone = false;

  [[nodiscard]] hearth_sink sink();
  [[nodiscard]] hearth_source source();
  [[nodiscard]] hearth_memory_emit memory_emit();
  [[nodiscard]] hearth_tokens_emit tokens_emit();
  bool flush();
};

// Answers one method; the reply's payload goes to request.out.
using RequestHandler = hearth_status (*)(WorkerState& state, Request& request);
// Null for a method that is none.
[[nodiscard]] RequestHandler handler_of(Method method);
// Null for a method that is not of the text table; one that refuses when `text` is null or lacks the call.
[[nodiscard]] RequestHandler text_handler_of(const hearth_text* text, Method method);

// The same of the tensor table.
[[nodiscard]] RequestHandler tensor_handler_of(const hearth_tensor* tensor, Method method);
// The same of the transcribe table.
[[nodiscard]] RequestHandler transcribe_handler_of(const hearth_transcribe* transcribe, Method method);
// The same of the synthesize table.
[[nodiscard]] RequestHandler synthesize_handler_of(const hearth_synthesize* table, Method method);

[[nodiscard]] hearth_status bad_request();
[[nodiscard]] hearth_status no_such_handle(const char* kind);

}  // namespace hearth
