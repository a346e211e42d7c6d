// Times products of quantised weights on the processor: with ggml's kernels, or with those that stand in front of them.
// bench/kernels.py runs both in turn. One line of JSON for each product.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "../../../runtimes/llama/cpu_kernels.h"
#include "processor_fixture.h"

namespace hearth::test {
namespace {

struct TimedProduct {
  const char* name;
  ggml_type type;
  bool repacked;
  std::int64_t depth, rows;
  int matrices;  // one after the other, so that no cache holds them
};

constexpr TimedProduct kProducts[] = {{"Q4_0 896 x 4864", GGML_TYPE_Q4_0, true, 896, 4864, 24},
                                      {"Q5_0 896 x 4864", GGML_TYPE_Q5_0, false, 896, 4864, 24},
                                      {"Q8_0 4864 x 896", GGML_TYPE_Q8_0, false, 4864, 896, 24},
                                      {"Q8_0 896 x 151936", GGML_TYPE_Q8_0, false, 896, 151936, 1},
                                      {"Q4_K 2048 x 8192", GGML_TYPE_Q4_K, true, 2048, 8192, 8},
                                      {"Q6_K 8192 x 2048", GGML_TYPE_Q6_K, false, 8192, 2048, 8},
                                      {"Q6_K 2048 x 128256", GGML_TYPE_Q6_K, false, 2048, 128256, 1}};

// Milliseconds of the fastest of a few runs: what else the machine does only adds.
double time_ms(const Processor& cpu, ggml_context* weights, std::int64_t depth, std::int64_t columns) {
  const Context context = make_context();
  ggml_tensor* x = ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, depth, columns);
  ggml_cgraph* graph = ggml_new_graph(context.get());
  for (ggml_tensor* w = ggml_get_first_tensor(weights); w != nullptr; w = ggml_get_next_tensor(weights, w))
    ggml_build_forward_expand(graph, ggml_mul_mat(context.get(), w, x));
  const Buffer computed(ggml_backend_alloc_ctx_tensors(context.get(), cpu.backend()));
  const auto inputs = random_values(static_cast<std::size_t>(depth * columns), 2);
  ggml_backend_tensor_set(x, inputs.data(), 0, inputs.size() * sizeof(float));
  double best = 0;
  constexpr int kRuns = 4;
  for (int i = 0; i < kRuns; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    if (ggml_backend_graph_compute(cpu.backend(), graph) != GGML_STATUS_SUCCESS)
      throw std::runtime_error("ggml failed");
    const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    best = i == 0 ? ms : std::min(best, ms);
  }
  return best;
}

void time_product(const Processor& cpu, const TimedProduct& p) {
  const Context weights = make_context();
  for (int i = 0; i < p.matrices; ++i) ggml_new_tensor_2d(weights.get(), p.type, p.depth, p.rows);
  const Buffer held(ggml_backend_alloc_ctx_tensors_from_buft(weights.get(), p.repacked ? cpu.repacked() : cpu.plain()));
  // A few rows are quantised and repeated: the numbers don't matter, but they must be numbers.
  constexpr std::int64_t kDistinct = 16;
  const auto values = random_values(static_cast<std::size_t>(p.depth * kDistinct), 1);
  const std::size_t row_bytes = ggml_row_size(p.type, p.depth);
  std::vector<std::byte> quantised(row_bytes * static_cast<std::size_t>(p.rows));
  ggml_quantize_chunk(p.type, values.data(), quantised.data(), 0, kDistinct, p.depth, nullptr);
  for (std::size_t row = kDistinct; row < static_cast<std::size_t>(p.rows); ++row)
    std::memcpy(&quantised[row * row_bytes], &quantised[row % kDistinct * row_bytes], row_bytes);
  for (ggml_tensor* w = ggml_get_first_tensor(weights.get()); w != nullptr; w = ggml_get_next_tensor(weights.get(), w))
    ggml_backend_tensor_set(w, quantised.data(), 0, quantised.size());
  for (const std::int64_t columns : {1, 2, 4, 8, 16, 64}) {
    std::printf("{\"product\": \"%s\", \"matrices\": %d, \"columns\": %d, \"ms\": %.3f}\n", p.name, p.matrices,
                static_cast<int>(columns), time_ms(cpu, weights.get(), p.depth, columns));
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace hearth::test

int main(int argc, char** argv) {
  const std::string_view which = argc == 2 ? argv[1] : "";
  if (which != "ggml" && which != "own") {
    std::fprintf(stderr, "usage: llama_kernel_timing ggml | own\n");
    return 2;
  }
  const hearth::test::Processor cpu;
  if (which == "own") {
    const std::string_view done = hearth::llama::use_own_cpu_kernels();
    if (!done.starts_with("own kernels")) {
      std::fprintf(stderr, "error: %s\n", done.data());
      return 6;
    }
  }
  for (const auto& product : hearth::test::kProducts) hearth::test::time_product(cpu, product);
}
