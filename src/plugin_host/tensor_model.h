// The `tensor` capability of a loaded model: graphs with named tensors in and out. Typed C++ over hearth_tensor, the
// same whether the runtime is in this process or in a worker.
//
//   auto model = TensorModel::from(loaded);                       // ports() and metadata() tell what it takes
//   auto session = (*model)->new_session({.hint = PerformanceHint::kThroughput});
//   auto request = (*session)->new_request();                     // one a thread or a frame in flight
//   auto pixels = (*request)->allocate(Port::kInput, 0, {1, 3, 640, 640});
//   ... write pixels->span<float>() ...
//   (*request)->run();  auto scores = (*request)->tensor(Port::kOutput, 0);
//
// Nothing is copied as long as tensors come from allocate(), or from the tensor() of another request on the same device
// that is bound with bind(): a hand-over between two stages is bind(kInput, i, *other.tensor(kOutput, j)). What is
// copied all the same is counted, by reason, in TensorSession::copies().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/call_bounds.h"
#include "domain/runtime_info.h"
#include "domain/tensor.h"
#include "plugin_host/runtime.h"

namespace hearth {

class TensorSession;
class TensorRequest;

enum class Port : std::int32_t { kInput = HEARTH_PORT_INPUT, kOutput = HEARTH_PORT_OUTPUT };

// What a graph takes and gives, each in the order of its indices.
struct TensorPorts {
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  [[nodiscard]] const std::vector<TensorSpec>& of(Port port) const { return port == Port::kInput ? inputs : outputs; }
};

// What a session really has; see hearth_tensor_session_info.
struct TensorSessionInfo {
  std::uint32_t n_requests = 1;
  std::uint32_t n_streams = 1;
  std::uint32_t n_threads = 0;
  Toggle pin_threads = Toggle::kAuto;
  PerformanceHint hint = PerformanceHint::kLatency;
  std::string precision;
  std::string device;
  bool from_cache = false;
  bool preprocess_fused = false;
  std::uint64_t compile_ns = 0;
  std::string cache_note;  // why a cache entry was not used; empty otherwise
};

// Where one node of the compiled graph runs.
struct NodePlacement {
  std::string name;
  std::string op;
  std::string provider;
  std::string device;
  std::string precision;
  bool is_fallback = false;
};

// Copies of tensors so far, one row for each (from, to, why).
struct TensorCopies {
  std::string from;
  std::string to;
  std::string why;
  std::uint64_t n = 0;
  std::uint64_t bytes = 0;
};

// Thread-safe. Keeps its model alive.
class TensorModel {
 public:
  // kUnsupported when the runtime has no tensor table. Asks for the ports, which are kept.
  static Result<std::shared_ptr<TensorModel>> from(std::shared_ptr<Model> model);
  TensorModel(std::shared_ptr<Model> model, const hearth_tensor* table, TensorPorts ports)
      : model_(std::move(model)), table_(table), ports_(std::move(ports)) {}

  // As the file has them: open dimensions are -1.
  [[nodiscard]] const TensorPorts& ports() const { return ports_; }
  // NotFound where the file has no such key.
  [[nodiscard]] Result<std::string> metadata(std::string_view key) const;
  // All metadata as one JSON object of texts; "{}" where there is none.
  [[nodiscard]] Result<std::string> metadata_json() const;
  // Compiles; takes seconds on some devices. InvalidArgument: options that have no meaning; Unsupported: pre-processing
  // or a precision that the runtime can't do; Unavailable: no such device, or a node would fall to another one while
  // the load allowed no fallback (the nodes are named).
  [[nodiscard]] Result<std::shared_ptr<TensorSession>> new_session(const TensorOptions& options,
                                                                   const CallBounds& bounds = {}) const;
  [[nodiscard]] const std::shared_ptr<Model>& model() const { return model_; }

 private:
  std::shared_ptr<Model> model_;
  const hearth_tensor* table_;
  TensorPorts ports_;
};

// What load and new_session would take, by component, before anything is loaded. kUnsupported as TensorModel::from.
Result<MemoryBreakdown> estimate_tensor_model(const PluginSource& source, const LoadOptions& load,
                                              const TensorOptions& options);

// A compiled graph. Thread-safe. Keeps its model alive.
class TensorSession {
 public:
  TensorSession(std::shared_ptr<Model> model, const hearth_tensor* table, hearth_tensor_session* handle);
  ~TensorSession() { table_->session_free(handle_); }
  TensorSession(const TensorSession&) = delete;
  TensorSession& operator=(const TensorSession&) = delete;

  // Of the compiled graph: fused pre-processing and fixed shapes show.
  [[nodiscard]] const TensorPorts& ports() const { return ports_; }
  [[nodiscard]] const TensorSessionInfo& info() const { return info_; }
  [[nodiscard]] Result<std::vector<NodePlacement>> nodes() const;
  [[nodiscard]] Result<std::vector<TensorCopies>> copies() const;
  // Runs every declared shape once on zeros. InvalidArgument when inputs have open dimensions and no shape was
  // declared.
  [[nodiscard]] Status warm_up(const CallBounds& bounds = {}) const;

  [[nodiscard]] const std::shared_ptr<Model>& model() const { return model_; }
  [[nodiscard]] hearth_tensor_session* handle() const { return handle_; }
  [[nodiscard]] const hearth_tensor* table() const { return table_; }

  // A set of bindings of its own; runs of several requests go on at once, up to info().n_requests.
  static Result<std::unique_ptr<TensorRequest>> new_request(const std::shared_ptr<TensorSession>& session);

 private:
  friend class TensorModel;
  [[nodiscard]] Status read_facts();

  std::shared_ptr<Model> model_;
  const hearth_tensor* table_;
  hearth_tensor_session* handle_;
  TensorPorts ports_;
  TensorSessionInfo info_;
};

// One set of bound tensors. Externally synchronised: one thread at a time. Keeps its session alive.
// After the first run with a set of bindings, run() and tensor() allocate nothing in Hearth's code.
class TensorRequest {
 public:
  TensorRequest(std::shared_ptr<TensorSession> session, hearth_tensor_request* handle);
  ~TensorRequest();
  TensorRequest(const TensorRequest&) = delete;
  TensorRequest& operator=(const TensorRequest&) = delete;

  // Reads from (inputs) or writes into (outputs) the memory of `view` at every run, until another tensor is bound to
  // the port or the request is gone; so long it must live. InvalidArgument naming the port: no such index, another
  // element type, a shape the port does not admit, not dense, or read-only memory for an output; then what was bound
  // stays.
  [[nodiscard]] Status bind(Port port, std::uint32_t index, const TensorView& view);
  // Binds memory of the runtime's own, where a run copies least: pinned for a GPU, shared with a worker. Zeroed.
  // `shape` must be static and fill the port's open dimensions. The view lives until the port is bound anew.
  [[nodiscard]] Result<TensorView> allocate(Port port, std::uint32_t index, const Shape& shape);
  // What is bound to the port; for an output that is not bound, the result of the last run, until the next one.
  // NotFound before there is one.
  [[nodiscard]] Result<TensorView> tensor(Port port, std::uint32_t index) const;
  // Blocks until the outputs are there. InvalidArgument naming the input that has no tensor bound. DeadlineExceeded and
  // Cancelled leave the outputs undefined.
  [[nodiscard]] Status run(const CallBounds& bounds = {});

  [[nodiscard]] const std::shared_ptr<TensorSession>& session() const { return session_; }

 private:
  struct BoundPort;  // two DLPack forms of what was bound, used in turn: the runtime gives the old one back after the
                     // new
  [[nodiscard]] Result<BoundPort*> bound(Port port, std::uint32_t index);

  std::shared_ptr<TensorSession> session_;
  hearth_tensor_request* handle_;
  std::vector<std::unique_ptr<BoundPort>> inputs_;
  std::vector<std::unique_ptr<BoundPort>> outputs_;
};

// The tensor table of a plugin, checked; kUnsupported when it has none.
Result<const hearth_tensor*> tensor_table_of(const PluginSource& source);

// Indices of `view` (dense f32, f64, f16 or bf16 in host memory) up to `n_max` that hold NaN or infinities; a model
// that computes such is reported by its caller. InvalidArgument as TensorView::span. Cost: one pass over the memory.
Result<std::vector<std::uint64_t>> non_finite_elements(const TensorView& view, std::size_t n_max);

}  // namespace hearth
