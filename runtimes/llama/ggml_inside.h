// The few things inside ggml's processor backend that other kernels have to fit into: laid out as there, checked by
// version and class name before they are touched (cpu_kernels.cpp). Source: ggml 0.25.3, ggml-cpu/traits.h,
// ggml-cpu/ggml-cpu-impl.h and ggml-backend-impl.h.
#pragma once

#include <ggml-backend.h>
#include <ggml.h>

#include <cstddef>

struct ggml_threadpool;

namespace hearth::llama::inside {

struct ComputeParams {
  int ith, nth;  // this thread of so many
  std::size_t wsize;
  void* wdata;  // shared by the threads
  ggml_threadpool* threadpool;
  bool use_ref;
};

class TensorTraits {
 public:
  virtual ~TensorTraits() = default;
  virtual bool work_size(int n_threads, const ggml_tensor* op, std::size_t& size) = 0;
  virtual bool compute_forward(ComputeParams* params, ggml_tensor* op) = 0;
};

class ExtraBufferType {
 public:
  virtual ~ExtraBufferType() = default;
  virtual bool supports_op(ggml_backend_dev_t device, const ggml_tensor* op) = 0;
  virtual TensorTraits* get_tensor_traits(const ggml_tensor* op) = 0;
};

struct BufferType {
  void* functions[6];
  ggml_backend_dev_t device;
  void* context;  // an ExtraBufferType
};

}  // namespace hearth::llama::inside
