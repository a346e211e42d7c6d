// What is bound to the ports of one request: checks, ownership of DLPack tensors, memory for allocate.
#pragma once

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "hearth/sdk/tensor.h"

namespace hearth::sdk {

inline constexpr std::size_t kTensorRankMax = 8;
inline constexpr std::size_t kTensorAlignment =
    64;  // a cache line, and the widest vector of the CPUs that Hearth knows

inline std::string shape_text(const std::int64_t* shape, std::size_t rank) {
  std::string text = "[";
  for (std::size_t i = 0; i < rank; ++i)
    text += (i == 0 ? "" : ",") + (shape[i] < 0 ? std::string("?") : std::to_string(shape[i]));
  return text + "]";
}

inline std::string type_text(const DLDataType& type) {
  const char* kinds[] = {"i", "u", "f", "handle", "bf", "complex", "bool"};
  if (type.code == kDLBool) return "bool";
  return (type.code < 7 ? kinds[type.code] : "code " + std::to_string(type.code) + " of ") + std::to_string(type.bits);
}

inline bool is_open(const std::vector<std::int64_t>& shape) {
  for (const auto dim : shape) {
    if (dim < 0) return true;
  }
  return false;
}

inline bool admits(const TensorSpec& spec, const std::int64_t* shape, std::size_t rank) {
  if (rank != spec.shape.size()) return false;
  for (std::size_t i = 0; i < rank; ++i) {
    if (shape[i] < 0 || (spec.shape[i] >= 0 && spec.shape[i] != shape[i])) return false;
  }
  return true;
}

inline std::string port_text(Port port, const TensorSpec& spec) {
  return std::string(port == Port::kInput ? "input '" : "output '") + spec.name + "'";
}

inline bool is_dense(const DLTensor& tensor) {
  if (tensor.strides == nullptr) return true;
  std::int64_t step = 1;
  for (std::int32_t i = tensor.ndim; i-- > 0;) {
    if (tensor.shape[i] > 1 && tensor.strides[i] != step) return false;
    step *= tensor.shape[i];
  }
  return true;
}

// The bytes of a dense tensor; throws INVALID_ARGUMENT when they leave 62 bits.
inline std::size_t checked_bytes(const DLDataType& type, const std::int64_t* shape, std::size_t rank,
                                 const std::string& what) {
  std::uint64_t n = 1;
  for (std::size_t i = 0; i < rank; ++i) {
    const auto dim = static_cast<std::uint64_t>(shape[i]);
    if (dim != 0 && n > (std::uint64_t{1} << 56U) / dim)
      throw Error(HEARTH_INVALID_ARGUMENT, what + ": the shape " + shape_text(shape, rank) + " is too large");
    n *= dim;
  }
  return static_cast<std::size_t>((n * type.bits + 7) / 8);
}

inline void check_bound(Port port, const TensorSpec& spec, const DLManagedTensorVersioned& managed,
                        const TensorRequest& request) {
  const DLTensor& tensor = managed.dl_tensor;
  const auto what = port_text(port, spec);
  if (managed.version.major != DLPACK_MAJOR_VERSION)
    throw Error(HEARTH_INVALID_ARGUMENT, what + ": a tensor of another DLPack major version was bound");
  const auto rank = static_cast<std::size_t>(std::max(tensor.ndim, 0));
  if (tensor.ndim < 0 || rank > kTensorRankMax || (rank != 0 && tensor.shape == nullptr))
    throw Error(HEARTH_INVALID_ARGUMENT, what + ": the bound tensor has no valid shape");
  const bool same_type = tensor.dtype.code == spec.type.code && tensor.dtype.bits == spec.type.bits &&
                         tensor.dtype.lanes == spec.type.lanes;
  if (!same_type || !admits(spec, tensor.shape, rank)) {
    throw Error(HEARTH_INVALID_ARGUMENT,
                what + " takes " + type_text(spec.type) + " " + shape_text(spec.shape.data(), spec.shape.size()) +
                    "; a tensor of " + type_text(tensor.dtype) + " " + shape_text(tensor.shape, rank) + " was bound");
  }
  const auto bytes = checked_bytes(tensor.dtype, tensor.shape, rank, what);
  if (bytes == 0) throw Error(HEARTH_INVALID_ARGUMENT, what + ": a tensor without elements was bound");
  if (tensor.data == nullptr) throw Error(HEARTH_INVALID_ARGUMENT, what + ": the bound tensor has no data");
  if (!is_dense(tensor)) throw Error(HEARTH_INVALID_ARGUMENT, what + ": the bound tensor is not dense; copy it first");
  if (!request.accepts(tensor.device))
    throw Error(HEARTH_INVALID_ARGUMENT, what + ": the bound tensor is on a device that this session can't reach");
  if (port == Port::kOutput && (managed.flags & DLPACK_FLAG_BITMASK_READ_ONLY) != 0)
    throw Error(HEARTH_INVALID_ARGUMENT, what + ": read-only memory was bound to an output");
}

// Zeroed host memory as a tensor that owns itself. `host` outlives it.
inline DLManagedTensorVersioned* allocate_host_tensor(const Host& host, const DLDataType& type,
                                                      const std::vector<std::int64_t>& shape, const std::string& what) {
  struct Owned {
    DLManagedTensorVersioned managed{};
    const Host* host = nullptr;
    std::size_t n_bytes = 0;
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> strides;
  };
  auto owned = std::make_unique<Owned>();
  owned->host = &host;
  owned->shape = shape;
  owned->strides.resize(shape.size());
  std::int64_t step = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    owned->strides[i] = step;
    step *= shape[i];
  }
  owned->n_bytes = std::max<std::size_t>(checked_bytes(type, shape.data(), shape.size(), what), 1);
  void* data = host.alloc(owned->n_bytes, kTensorAlignment);
  std::memset(data, 0, owned->n_bytes);
  owned->managed.version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
  owned->managed.manager_ctx = owned.get();
  owned->managed.deleter = [](DLManagedTensorVersioned* self) {
    const std::unique_ptr<Owned> gone(static_cast<Owned*>(self->manager_ctx));
    gone->host->dealloc(self->dl_tensor.data, gone->n_bytes);
  };
  owned->managed.dl_tensor = {
      data, {kDLCPU, 0}, static_cast<std::int32_t>(shape.size()), type, owned->shape.data(), owned->strides.data(), 0};
  return &owned.release()->managed;
}

// The ports of one request. Owns what is bound.
class TensorBindings {
 public:
  TensorBindings(const Host& host, const TensorPorts& ports, TensorRequest& request)
      : host_(host), ports_(ports), request_(request), inputs_(ports.inputs.size()), outputs_(ports.outputs.size()) {}
  // The request must be gone: it may still read what is bound.
  ~TensorBindings() {
    for (auto* list : {&inputs_, &outputs_}) {
      for (auto& slot : *list) release(slot.held);
    }
  }
  TensorBindings(const TensorBindings&) = delete;
  TensorBindings& operator=(const TensorBindings&) = delete;

  void bind(Port port, std::uint32_t index, DLManagedTensorVersioned& tensor) {
    auto& slot = slot_of(port, index);
    check_bound(port, ports_.of(port)[index], tensor, request_);
    request_.bind(port, index, tensor.dl_tensor);
    release(slot.held);
    slot.held = &tensor;
  }

  void allocate(Port port, std::uint32_t index, const std::vector<std::int64_t>& shape) {
    (void)slot_of(port, index);
    const auto& spec = ports_.of(port)[index];
    if (shape.size() > kTensorRankMax || !admits(spec, shape.data(), shape.size())) {
      throw Error(HEARTH_INVALID_ARGUMENT, port_text(port, spec) + " is " +
                                               shape_text(spec.shape.data(), spec.shape.size()) + "; memory of shape " +
                                               shape_text(shape.data(), shape.size()) + " was asked for");
    }
    DLManagedTensorVersioned* made = request_.allocate(port, index, shape);
    if (made == nullptr) made = allocate_host_tensor(host_, spec.type, shape, port_text(port, spec));
    try {
      bind(port, index, *made);
    } catch (...) {
      release(made);
      throw;
    }
  }

  [[nodiscard]] DLManagedTensorVersioned* tensor(Port port, std::uint32_t index) {
    auto& slot = slot_of(port, index);
    if (slot.held != nullptr) return slot.held;
    const DLTensor* result = port == Port::kOutput ? request_.result(index) : nullptr;
    if (result == nullptr)
      throw Error(HEARTH_NOT_FOUND, port_text(port, ports_.of(port)[index]) + " has no tensor yet; bind one or run");
    slot.result.version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
    slot.result.flags = DLPACK_FLAG_BITMASK_READ_ONLY;
    slot.result.dl_tensor = *result;
    return &slot.result;
  }

  // Refuses unbound inputs; gives memory to outputs whose shape is known.
  void complete() {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i].held == nullptr)
        throw Error(HEARTH_INVALID_ARGUMENT,
                    port_text(Port::kInput, ports_.inputs[i]) + " has no tensor bound; bind one before the run");
    }
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      if (outputs_[i].held == nullptr && !is_open(ports_.outputs[i].shape))
        allocate(Port::kOutput, static_cast<std::uint32_t>(i), ports_.outputs[i].shape);
    }
  }

 private:
  struct Slot {
    DLManagedTensorVersioned* held = nullptr;  // owned
    DLManagedTensorVersioned result{};         // form of what the request lent out last
  };
  static void release(DLManagedTensorVersioned* tensor) {
    if (tensor != nullptr && tensor->deleter != nullptr) tensor->deleter(tensor);
  }
  Slot& slot_of(Port port, std::uint32_t index) {
    auto& list = port == Port::kInput ? inputs_ : outputs_;
    if (index >= list.size())
      throw Error(HEARTH_INVALID_ARGUMENT, std::string("there is no ") + (port == Port::kInput ? "input " : "output ") +
                                               std::to_string(index) + "; the model has " +
                                               std::to_string(list.size()));
    return list[index];
  }

  const Host& host_;
  const TensorPorts& ports_;
  TensorRequest& request_;
  std::vector<Slot> inputs_;
  std::vector<Slot> outputs_;
};

}  // namespace hearth::sdk
