// The kernels that stand in for ggml's, against ggml's own: the same graphs before and after they are put in.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <string_view>
#include <vector>

#include "../../../runtimes/llama/cpu_kernels.h"
#include "processor_fixture.h"

namespace hearth::test {
namespace {

struct Product {
  ggml_type type;
  bool repacked;
  std::int64_t depth, rows, columns;
};

std::vector<float> multiply(const Processor& cpu, const Product& p) {
  const Context weights = make_context();
  ggml_tensor* w = ggml_new_tensor_2d(weights.get(), p.type, p.depth, p.rows);
  const Buffer held(ggml_backend_alloc_ctx_tensors_from_buft(weights.get(), p.repacked ? cpu.repacked() : cpu.plain()));
  const auto values = random_values(static_cast<std::size_t>(p.depth * p.rows), 1);
  std::vector<std::byte> quantised(ggml_nbytes(w));
  ggml_quantize_chunk(p.type, values.data(), quantised.data(), 0, p.rows, p.depth, nullptr);
  ggml_backend_tensor_set(w, quantised.data(), 0, quantised.size());
  const Context context = make_context();
  ggml_tensor* x = ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, p.depth, p.columns);
  ggml_tensor* y = ggml_mul_mat(context.get(), w, x);
  const Buffer computed(ggml_backend_alloc_ctx_tensors(context.get(), cpu.backend()));
  const auto inputs = random_values(static_cast<std::size_t>(p.depth * p.columns), 2);
  ggml_backend_tensor_set(x, inputs.data(), 0, inputs.size() * sizeof(float));
  return cpu.compute(context.get(), y);
}

double worst_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double worst = 0;
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(a[i]) - b[i]));
    largest = std::max(largest, std::abs(static_cast<double>(a[i])));
  }
  return worst / largest;
}

// Rows of several sequences whose cells lie among each other; each row sees its own sequence up to itself.
struct AttentionCase {
  std::int64_t size, heads, key_heads, rows, cells, sequences;
};

struct AttentionInputs {
  std::vector<float> queries, keys, values;  // [head][row][size]; keys and values as halves hold them
  std::vector<bool> sees;                    // [row][cell]
};

std::vector<float> as_halves(std::vector<float> values) {
  for (float& value : values) value = ggml_fp16_to_fp32(ggml_fp32_to_fp16(value));
  return values;
}

AttentionInputs make_inputs(const AttentionCase& c) {
  AttentionInputs in;
  in.queries = random_values(static_cast<std::size_t>(c.size * c.heads * c.rows), 3);
  in.keys = as_halves(random_values(static_cast<std::size_t>(c.size * c.key_heads * c.cells), 4));
  in.values = as_halves(random_values(static_cast<std::size_t>(c.size * c.key_heads * c.cells), 5));
  std::mt19937 engine(6);
  std::vector<std::int64_t> owner(static_cast<std::size_t>(c.cells));
  // Stretches of one sequence as prompts leave them, then single cells as answers do.
  for (std::int64_t cell = 0; cell < c.cells; ++cell) {
    const bool goes_on = cell > 0 && cell < c.cells / 2 && engine() % 50 != 0;
    owner[static_cast<std::size_t>(cell)] =
        goes_on ? owner[static_cast<std::size_t>(cell) - 1] : static_cast<std::int64_t>(engine() % c.sequences);
  }
  in.sees.resize(static_cast<std::size_t>(c.rows * c.cells));
  for (std::int64_t row = 0; row < c.rows; ++row) {
    // The last sequence has a prompt: many rows. One row sees nothing, as padding does.
    const std::int64_t sequence = std::min(row, c.sequences - 1);
    for (std::int64_t cell = 0; cell < c.cells; ++cell) {
      const bool is_before = cell < c.cells - c.rows + row;
      in.sees[static_cast<std::size_t>(row * c.cells + cell)] =
          row != 1 && is_before && owner[static_cast<std::size_t>(cell)] == sequence;
    }
  }
  return in;
}

std::vector<float> by_definition(const AttentionCase& c, const AttentionInputs& in) {
  std::vector<float> out(in.queries.size());
  for (std::int64_t row = 0; row < c.rows; ++row) {
    for (std::int64_t head = 0; head < c.heads; ++head) {
      const float* q = &in.queries[static_cast<std::size_t>((head * c.rows + row) * c.size)];
      const auto base = static_cast<std::size_t>(head / (c.heads / c.key_heads) * c.cells * c.size);
      std::vector<double> sums(static_cast<std::size_t>(c.size));
      double total = 0;
      for (std::int64_t cell = 0; cell < c.cells; ++cell) {
        if (!in.sees[static_cast<std::size_t>(row * c.cells + cell)]) continue;
        const float* k = &in.keys[base + static_cast<std::size_t>(cell * c.size)];
        const float* v = &in.values[base + static_cast<std::size_t>(cell * c.size)];
        double score = 0;
        for (std::int64_t d = 0; d < c.size; ++d) score += static_cast<double>(q[d]) * k[d];
        const double weight = std::exp(score * 0.125);
        total += weight;
        for (std::int64_t d = 0; d < c.size; ++d) sums[static_cast<std::size_t>(d)] += weight * v[d];
      }
      for (std::int64_t d = 0; d < c.size; ++d) {
        out[static_cast<std::size_t>((row * c.heads + head) * c.size + d)] =
            total > 0 ? static_cast<float>(sums[static_cast<std::size_t>(d)] / total) : 0.0F;
      }
    }
  }
  return out;
}

std::vector<ggml_fp16_t> halves_of(const std::vector<float>& values) {
  std::vector<ggml_fp16_t> halves(values.size());
  ggml_fp32_to_fp16_row(values.data(), halves.data(), static_cast<std::int64_t>(values.size()));
  return halves;
}

std::vector<float> attend(const Processor& cpu, const AttentionCase& c, const AttentionInputs& in) {
  const Context context = make_context();
  ggml_tensor* q = ggml_new_tensor_3d(context.get(), GGML_TYPE_F32, c.size, c.rows, c.heads);
  ggml_tensor* k = ggml_new_tensor_3d(context.get(), GGML_TYPE_F16, c.size, c.cells, c.key_heads);
  ggml_tensor* v = ggml_new_tensor_3d(context.get(), GGML_TYPE_F16, c.size, c.cells, c.key_heads);
  ggml_tensor* mask = ggml_new_tensor_2d(context.get(), GGML_TYPE_F16, c.cells, c.rows);
  ggml_tensor* out = ggml_flash_attn_ext(context.get(), q, k, v, mask, 0.125F, 0, 0);
  ggml_prec_set_acc(out, GGML_PREC_F32);
  const Buffer held(ggml_backend_alloc_ctx_tensors(context.get(), cpu.backend()));
  ggml_backend_tensor_set(q, in.queries.data(), 0, ggml_nbytes(q));
  ggml_backend_tensor_set(k, halves_of(in.keys).data(), 0, ggml_nbytes(k));
  ggml_backend_tensor_set(v, halves_of(in.values).data(), 0, ggml_nbytes(v));
  std::vector<float> masked(in.sees.size());
  for (std::size_t i = 0; i < masked.size(); ++i) masked[i] = in.sees[i] ? 0.0F : -INFINITY;
  ggml_backend_tensor_set(mask, halves_of(masked).data(), 0, ggml_nbytes(mask));
  return cpu.compute(context.get(), out);
}

// First: once they are put in, ggml's own can't be asked any more.
TEST(CpuKernels, products_are_those_of_ggml) {
  const Processor cpu;
  std::vector<Product> products;
  for (const std::int64_t columns : {1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 71}) {
    products.push_back({GGML_TYPE_Q4_0, true, 896, 128, columns});
    products.push_back({GGML_TYPE_Q4_0, true, 4864, 48, columns});
    products.push_back({GGML_TYPE_Q4_0, true, 32, 24, columns});  // rows that are no whole panel: ggml's own
    products.push_back({GGML_TYPE_Q8_0, false, 896, 160, columns});
    products.push_back({GGML_TYPE_Q4_K, true, 2048, 64, columns});
    products.push_back({GGML_TYPE_Q6_K, false, 2048, 48, columns});
    products.push_back({GGML_TYPE_Q5_0, false, 896, 160, columns});
    products.push_back({GGML_TYPE_Q8_0, false, 64, 16, columns});
    products.push_back({GGML_TYPE_Q8_0, false, 64, 20, columns});
    products.push_back({GGML_TYPE_Q8_0, false, 96, 16, columns});  // rows of an odd number of blocks
    products.push_back({GGML_TYPE_Q5_0, false, 96, 16, columns});
  }
  std::vector<std::vector<float>> ggmls;
  for (const Product& p : products) ggmls.push_back(multiply(cpu, p));
  const std::string_view done = hearth::llama::use_own_cpu_kernels();
  if (!done.starts_with("own kernels")) GTEST_SKIP() << done;
  for (std::size_t i = 0; i < products.size(); ++i) {
    const Product& p = products[i];
    SCOPED_TRACE(testing::Message() << ggml_type_name(p.type) << " " << p.depth << " x " << p.rows << ", "
                                    << p.columns);
    const auto ours = multiply(cpu, p);
    // Q4_0 adds in ggml's order; elsewhere ggml's order follows its lanes.
    if (p.type == GGML_TYPE_Q4_0)
      EXPECT_EQ(std::memcmp(ours.data(), ggmls[i].data(), ours.size() * sizeof(float)), 0);
    else
      EXPECT_LT(worst_difference(ggmls[i], ours), 1e-6);
  }
}

TEST(CpuKernels, attention_sees_the_cells_of_its_own_sequence) {
  const Processor cpu;
  const std::string_view done = hearth::llama::use_own_cpu_kernels();
  if (!done.starts_with("own kernels")) GTEST_SKIP() << done;
  for (const AttentionCase& c : std::vector<AttentionCase>{{64, 14, 2, 71, 1024, 8},
                                                           {64, 14, 2, 8, 300, 8},
                                                           {64, 32, 8, 2, 256, 2},
                                                           {128, 4, 4, 130, 512, 3},
                                                           {128, 8, 2, 33, 70, 4},
                                                           {256, 4, 1, 19, 256, 2},
                                                           {64, 64, 1, 5, 256, 2}}) {
    SCOPED_TRACE(testing::Message() << c.size << " " << c.heads << "/" << c.key_heads << " " << c.rows << " x "
                                    << c.cells);
    const AttentionInputs in = make_inputs(c);
    EXPECT_LT(worst_difference(by_definition(c, in), attend(cpu, c, in)), 1e-5);
  }
}

}  // namespace
}  // namespace hearth::test
