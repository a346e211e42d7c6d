// The worker's side of tensor graphs: sessions, requests and the memory that they share with the host.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "domain/tensor.h"
#include "plugin_host/worker_state.h"

namespace hearth {

struct SessionEntry {
  std::shared_ptr<ModelEntry> model;
  const hearth_tensor* table;
  hearth_tensor_session* handle;
  SessionEntry(std::shared_ptr<ModelEntry> m, const hearth_tensor* t, hearth_tensor_session* h)
      : model(std::move(m)), table(t), handle(h) {}
  SessionEntry(const SessionEntry&) = delete;
  SessionEntry& operator=(const SessionEntry&) = delete;
  ~SessionEntry() { table->session_free(handle); }
};

struct TensorRequestEntry {
  std::shared_ptr<SessionEntry> session;
  hearth_tensor_request* handle;
  std::mutex busy;  // one call at a time; a given-up one may still run when the next comes
  // Copies of results that the plugin keeps in memory of its own, by output.
  std::map<std::uint32_t, RegionSlice> results;
  TensorRequestEntry(std::shared_ptr<SessionEntry> s, hearth_tensor_request* h) : session(std::move(s)), handle(h) {}
  TensorRequestEntry(const TensorRequestEntry&) = delete;
  TensorRequestEntry& operator=(const TensorRequestEntry&) = delete;
  ~TensorRequestEntry() { session->table->request_free(handle); }
};

}  // namespace hearth
