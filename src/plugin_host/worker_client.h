// A plugin that runs in a worker process, behind the same C tables as one in this process.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "plugin_host/runtime.h"
#include "plugin_host/worker_link.h"

namespace hearth {

// Thread-safe as the tables say. Of the capabilities, `text` crosses the border to a worker; others are absent.
// The handles its tables give out are this process's own objects and stay safe to use and free after the worker died.
class WorkerClient final : public PluginSource {
 public:
  // Errors of WorkerLink::start.
  static Result<std::shared_ptr<WorkerClient>> start(const WorkerOptions& options);
  [[nodiscard]] const hearth_plugin* table() const override { return &plugin_; }
  [[nodiscard]] int worker_pid() const override { return link_->pid(); }
  [[nodiscard]] WorkerLink& link() { return *link_; }

 private:
  explicit WorkerClient(std::unique_ptr<WorkerLink> link);
  const hearth_text* text_table();

  std::unique_ptr<WorkerLink> link_;
  hearth_plugin plugin_{};
  std::mutex text_mutex_;  // of the two below
  bool text_known_ = false;
  hearth_text text_{};  // absent while text_.struct_size is 0
};

// The objects behind the handles. An id is the worker's name for the thing; no pointer of the worker is ever seen here.
struct ProxyModel {
  WorkerLink* link;  // of the source that every Model holds
  WireId id;
};

struct ProxyContext {
  WorkerLink* link;
  WireId id;
  std::uint64_t region = 0;                   // whose mapping `rows` is
  SharedMemory rows;                          // of the last decode, read-only
  std::string kv_type_k, kv_type_v, pooling;  // what context_info lent out last
};

struct ProxyAdapter {
  WorkerLink* link;
  WireId id;
};

// The text table whose calls go to a worker.
[[nodiscard]] hearth_text make_text_proxy();

// For the calls that return nothing: waits, not for ever, until the worker has freed what `id` names. A dead worker
// has.
void free_in_worker(WorkerLink& link, Method method, WireId id);
[[nodiscard]] hearth_status status_of(Result<WorkerReply>&& reply);

}  // namespace hearth
