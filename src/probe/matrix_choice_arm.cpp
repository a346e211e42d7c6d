#include <algorithm>

#include "probe/matrix_choice.h"

namespace hearth {

MatrixChoice choose_matrix_kernel(MatrixType type, const std::vector<std::string>& isa) {
  const auto has = [&](const char* word) { return std::find(isa.begin(), isa.end(), word) != isa.end(); };
  switch (type) {
    case MatrixType::kF32: return {matrix::f32_neon(), "neon"};
    case MatrixType::kBf16:
      if (has("bf16")) return {matrix::bf16_neon_bf16(), "bf16"};
      return {};
    case MatrixType::kInt8:
      if (has("i8mm")) return {matrix::int8_neon_i8mm(), "i8mm"};
      if (has("dotprod")) return {matrix::int8_neon_dotprod(), "dotprod"};
      return {matrix::int8_neon(), "neon"};
  }
  return {};
}

const char* instructions_wanted(MatrixType type) { return type == MatrixType::kBf16 ? "the BF16 extension" : "NEON"; }

}  // namespace hearth
