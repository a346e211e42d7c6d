// The tensor capability as typed interfaces: a model with ports, sessions that are compiled from it, requests that run.
#pragma once

#include <dlpack/dlpack.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/sdk/runtime.h"
#include "hearth/sdk/tensor_options.h"

namespace hearth::sdk {

enum class Port : std::int32_t { kInput = HEARTH_PORT_INPUT, kOutput = HEARTH_PORT_OUTPUT };

struct TensorSpec {
  std::string name;
  DLDataType type = {kDLFloat, 32, 1};
  std::vector<std::int64_t> shape;  // -1 = open
  std::string layout = {};
};

struct TensorPorts {
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  [[nodiscard]] const std::vector<TensorSpec>& of(Port port) const { return port == Port::kInput ? inputs : outputs; }
};

// What a session really has; see hearth_tensor_session_info.
struct TensorSessionInfo {
  std::uint32_t n_requests = 1;
  std::uint32_t n_streams = 1;
  std::uint32_t n_threads = 1;
  bool pin_threads = false;
  Hint hint = Hint::kLatency;
  std::string precision = "f32";
  std::string device = "cpu";
  bool from_cache = false;
  bool preprocess_fused = false;
  std::uint64_t compile_ns = 0;
  std::string cache_note = {};
};

struct TensorNode {
  std::string name;
  std::string op;
  std::string provider;
  std::string device;
  std::string precision = {};
  bool is_fallback = false;
};

// Counts copies of tensors. Internally locked; the same three literals count into one row.
class CopyCounter {
 public:
  struct Row {
    std::string from, to, why;
    std::uint64_t n = 0, bytes = 0;
  };
  void add(std::string_view from, std::string_view to, std::string_view why, std::uint64_t bytes) {
    const std::lock_guard lock(gate_);
    for (auto& row : rows_) {
      if (row.from != from || row.to != to || row.why != why) continue;
      ++row.n;
      row.bytes += bytes;
      return;
    }
    rows_.push_back({std::string(from), std::string(to), std::string(why), 1, bytes});
  }
  [[nodiscard]] std::vector<Row> rows() const {
    const std::lock_guard lock(gate_);
    return rows_;
  }

 private:
  mutable std::mutex gate_;
  std::vector<Row> rows_;
};

inline std::int64_t n_elements(const DLTensor& tensor) {
  std::int64_t n = 1;
  for (std::int32_t i = 0; i < tensor.ndim; ++i) n *= tensor.shape[i];
  return n;
}
inline std::size_t size_bytes(const DLTensor& tensor) {
  return (static_cast<std::size_t>(n_elements(tensor)) * tensor.dtype.bits + 7) / 8;
}
inline void* data_of(const DLTensor& tensor) { return static_cast<char*>(tensor.data) + tensor.byte_offset; }

// One set of bound tensors. Used by one thread at a time; its session outlives it. The SDK has checked every tensor:
// the element type and the shape are the port's, it is dense, in host memory unless accepts() says otherwise, and
// writable for an output. It stays valid until another is bound to the port or the request is destroyed.
class TensorRequest {
 public:
  TensorRequest() = default;
  virtual ~TensorRequest() = default;
  TensorRequest(const TensorRequest&) = delete;
  TensorRequest& operator=(const TensorRequest&) = delete;

  virtual void bind(Port port, std::uint32_t index, const DLTensor& tensor) = 0;
  // Whether tensors on this kind of device can be bound.
  [[nodiscard]] virtual bool accepts(const DLDevice& device) const { return device.device_type == kDLCPU; }
  // Memory of the runtime's own for the port, with the deleter that gives it back; null: the SDK takes host memory.
  [[nodiscard]] virtual DLManagedTensorVersioned* allocate(Port /*port*/, std::uint32_t /*index*/,
                                                           const std::vector<std::int64_t>& /*shape*/) {
    return nullptr;
  }
  // All inputs are bound, and every output whose shape the session knows.
  virtual void run(const CallGuard& call) = 0;
  // The result of the last run of an output that is not bound, because its shape was open; null before there is one.
  [[nodiscard]] virtual const DLTensor* result(std::uint32_t /*index*/) const { return nullptr; }
};

// A compiled graph. Used from any thread at once.
class TensorSession {
 public:
  TensorSession() = default;
  virtual ~TensorSession() = default;
  TensorSession(const TensorSession&) = delete;
  TensorSession& operator=(const TensorSession&) = delete;

  [[nodiscard]] virtual const TensorPorts& ports() const = 0;
  [[nodiscard]] virtual TensorSessionInfo info() const = 0;
  [[nodiscard]] virtual std::vector<TensorNode> nodes() const { return {}; }
  [[nodiscard]] virtual std::unique_ptr<TensorRequest> new_request() = 0;
  // The declared shapes of TensorOptions; warm_up runs each once.
  [[nodiscard]] virtual nlohmann::json declared_shapes() const { return nlohmann::json::array(); }
  [[nodiscard]] CopyCounter& copies() { return copies_; }

 private:
  CopyCounter copies_;
};

// A graph that was read, not compiled. Used from any thread at once.
class TensorModel : public Model {
 public:
  [[nodiscard]] TensorModel* tensor() final { return this; }
  [[nodiscard]] virtual const TensorPorts& ports() const = 0;
  // Every metadata value by its key.
  [[nodiscard]] virtual std::map<std::string, std::string> metadata() const { return {}; }
  [[nodiscard]] virtual std::unique_ptr<TensorSession> new_session(const TensorOptions& options,
                                                                   const CallGuard& call) = 0;
};

}  // namespace hearth::sdk
