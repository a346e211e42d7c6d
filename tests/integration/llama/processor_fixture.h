// ggml's processor backend, to compute single operations on.
#pragma once

#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <ggml-cpu.h>
#include <ggml.h>

#include <cstdint>
#include <memory>
#include <random>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace hearth::test {

struct ContextDeleter {
  void operator()(ggml_context* context) const { ggml_free(context); }
};
struct BufferDeleter {
  void operator()(ggml_backend_buffer* buffer) const { ggml_backend_buffer_free(buffer); }
};
using Context = std::unique_ptr<ggml_context, ContextDeleter>;
using Buffer = std::unique_ptr<ggml_backend_buffer, BufferDeleter>;

inline Context make_context() {
  return Context(ggml_init({ggml_tensor_overhead() * 64 + ggml_graph_overhead(), nullptr, true}));
}

inline std::vector<float> random_values(std::size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal(0, 1);
  std::vector<float> values(count);
  for (float& value : values) value = normal(engine);
  return values;
}

// The processor's backend of the pinned ggml with two threads.
class Processor {
 public:
  Processor() {
    if (ggml_backend_reg_count() == 0) ggml_backend_load_all_from_path(HEARTH_LLAMA_BACKENDS);
    device_ = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    backend_ = ggml_backend_dev_init(device_, nullptr);
    auto* registry = ggml_backend_dev_backend_reg(device_);
    reinterpret_cast<ggml_backend_set_n_threads_t>(
        ggml_backend_reg_get_proc_address(registry, "ggml_backend_set_n_threads"))(backend_, 2);
  }
  ~Processor() { ggml_backend_free(backend_); }
  Processor(const Processor&) = delete;
  Processor& operator=(const Processor&) = delete;

  [[nodiscard]] ggml_backend_buffer_type_t plain() const { return ggml_backend_dev_buffer_type(device_); }
  [[nodiscard]] ggml_backend_buffer_type_t repacked() const {
    auto* registry = ggml_backend_dev_backend_reg(device_);
    const auto types = reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(
        ggml_backend_reg_get_proc_address(registry, "ggml_backend_dev_get_extra_bufts"));
    for (auto* type = types(device_); type != nullptr && *type != nullptr; ++type) {
      if (std::string_view(ggml_backend_buft_name(*type)) == "CPU_REPACK") return *type;
    }
    return nullptr;
  }
  [[nodiscard]] std::vector<float> compute(ggml_context* context, ggml_tensor* result) const {
    ggml_cgraph* graph = ggml_new_graph(context);
    ggml_build_forward_expand(graph, result);
    if (ggml_backend_graph_compute(backend_, graph) != GGML_STATUS_SUCCESS) throw std::runtime_error("ggml failed");
    std::vector<float> out(static_cast<std::size_t>(ggml_nelements(result)));
    ggml_backend_tensor_get(result, out.data(), 0, out.size() * sizeof(float));
    return out;
  }
  [[nodiscard]] ggml_backend_t backend() const { return backend_; }

 private:
  ggml_backend_dev_t device_ = nullptr;
  ggml_backend_t backend_ = nullptr;
};

}  // namespace hearth::test
