#include "thread_pool.h"

namespace hearth::llama {
namespace {

template <class Function>
Function cpu_function(const char* name) {
  auto* device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  if (device == nullptr) return nullptr;
  return reinterpret_cast<Function>(ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(device), name));
}

}  // namespace

void ThreadPoolDeleter::operator()(ggml_threadpool* pool) const {
  if (const auto free_pool = cpu_function<decltype(&ggml_threadpool_free)>("ggml_threadpool_free")) free_pool(pool);
}

ThreadPool make_thread_pool(int n_threads) {
  const auto make = cpu_function<decltype(&ggml_threadpool_new)>("ggml_threadpool_new");
  if (make == nullptr) return nullptr;
  auto params = ggml_threadpool_params_default(n_threads);
  return ThreadPool(make(&params));
}

}  // namespace hearth::llama
