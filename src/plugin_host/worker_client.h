// A plugin that runs in a worker process, behind the same C tables as one in this process.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "hearth/abi/hearth_speech.h"
#include "plugin_host/runtime.h"
#include "plugin_host/wire_tensor.h"
#include "plugin_host/worker_link.h"

namespace hearth {

// Thread-safe as the tables say. Of the capabilities, `text`, `tensor`, `transcribe` and `synthesize` cross the
// border to a worker.
// The handles its tables give out are this process's own objects and stay safe to use and free after the worker died.
class WorkerClient final : public PluginSource {
 public:
  // Errors of WorkerLink::start.
  static Result<std::shared_ptr<WorkerClient>> start(const WorkerOptions& options);
  [[nodiscard]] const hearth_plugin* table() const override { return &plugin_; }
  [[nodiscard]] int worker_pid() const override { return link_->pid(); }
  bool end_worker(const std::string& why) override {
    link_->kill(why);
    return true;
  }
  [[nodiscard]] WorkerLink& link() { return *link_; }

  // Memory of the worker that is mapped here, so that a tensor in it can be bound without a copy.
  struct KnownRegion {
    std::uint64_t region = 0;  // 0: none
    std::uint64_t offset = 0;
    std::shared_ptr<SharedMemory> memory = {};
  };
  void remember(std::uint64_t region, const std::shared_ptr<SharedMemory>& memory);
  [[nodiscard]] KnownRegion find(const void* data, std::size_t size);
  // A copy of `text` that lives as long as this: what a model lends out, of which a reply has only the bytes. Equal
  // texts are kept once.
  [[nodiscard]] std::string_view keep(std::string_view text);

 private:
  explicit WorkerClient(std::unique_ptr<WorkerLink> link);
  const hearth_text* text_table();
  const hearth_tensor* tensor_table();
  const hearth_transcribe* transcribe_table();
  const hearth_synthesize* synthesize_table();

  std::unique_ptr<WorkerLink> link_;
  hearth_plugin plugin_{};
  std::mutex text_mutex_;  // of the nine below
  bool text_known_ = false;
  hearth_text text_{};  // absent while text_.struct_size is 0
  bool tensor_known_ = false;
  hearth_tensor tensor_{};  // absent while tensor_.struct_size is 0
  bool transcribe_known_ = false;
  hearth_transcribe transcribe_{};  // absent while transcribe_.struct_size is 0
  bool synthesize_known_ = false;
  hearth_synthesize synthesize_{};  // absent while synthesize_.struct_size is 0
  std::set<std::string, std::less<>> kept_;
  std::mutex regions_mutex_;                                                                   // of the one below
  std::map<const std::byte*, std::pair<std::uint64_t, std::weak_ptr<SharedMemory>>> regions_;  // by address here
};

// The objects behind the handles. An id is the worker's name for the thing; no pointer of the worker is ever seen here.
struct ProxyModel {
  WorkerLink* link;  // of the source that every Model holds
  WireId id;
  WorkerClient* client;
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
// The tensor table whose calls go to a worker.
[[nodiscard]] hearth_tensor make_tensor_proxy(const TensorFeatures& features);
// The transcribe table whose calls go to a worker.
[[nodiscard]] hearth_transcribe make_transcribe_proxy();
// The synthesize table whose calls go to a worker.
[[nodiscard]] hearth_synthesize make_synthesize_proxy();

// For the calls that return nothing: waits, not for ever, until the worker has freed what `id` names. A dead worker
// has.
void free_in_worker(WorkerLink& link, Method method, WireId id);
[[nodiscard]] hearth_status status_of(Result<WorkerReply>&& reply);

}  // namespace hearth
