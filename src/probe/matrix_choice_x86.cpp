#include <algorithm>

#include "platform/tile_permission.h"
#include "probe/matrix_choice.h"

namespace hearth {

MatrixChoice choose_matrix_kernel(MatrixType type, const std::vector<std::string>& isa) {
  const auto has = [&](const char* word) { return std::find(isa.begin(), isa.end(), word) != isa.end(); };
  switch (type) {
    case MatrixType::kF32:
      if (has("avx512")) return {matrix::f32_avx512(), "avx512"};
      if (has("avx2")) return {matrix::f32_avx2(), "avx2"};
      return {};
    case MatrixType::kBf16:
      if (has("amx_bf16") && allow_tile_registers()) return {matrix::bf16_amx(), "amx_bf16"};
      if (has("avx512_bf16")) return {matrix::bf16_avx512_bf16(), "avx512_bf16"};
      return {};
    case MatrixType::kInt8:
      if (has("amx_int8") && allow_tile_registers()) return {matrix::int8_amx(), "amx_int8"};
      if (has("avx512") && has("avx512_vnni")) return {matrix::int8_avx512_vnni(), "avx512_vnni"};
      if (has("avx2") && has("avx_vnni")) return {matrix::int8_avx_vnni(), "avx_vnni"};
      if (has("avx512")) return {matrix::int8_avx512(), "avx512"};
      if (has("avx2")) return {matrix::int8_avx2(), "avx2"};
      return {};
  }
  return {};
}

const char* instructions_wanted(MatrixType type) { return type == MatrixType::kBf16 ? "AVX512-BF16 or AMX" : "AVX2"; }

}  // namespace hearth
