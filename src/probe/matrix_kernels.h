// Kernels at a CPU's peak, one for each instruction set and number type. No include, as matrix_tile.h.
#pragma once

namespace hearth::matrix {

// Multiplies for `rounds` rounds; `a` and `b` hold kOperandBytes of the type's numbers, 64-byte aligned. Returns a
// value that depends on every product.
using Run = float (*)(const unsigned char* a, const unsigned char* b, long rounds);

struct Kernel {
  Run run = nullptr;
  double operations = 0;  // of one round
};

Kernel f32_avx2();
Kernel int8_avx2();
Kernel int8_avx_vnni();
Kernel f32_avx512();
Kernel int8_avx512();
Kernel int8_avx512_vnni();
Kernel bf16_avx512_bf16();
Kernel int8_amx();
Kernel bf16_amx();
Kernel f32_neon();
Kernel int8_neon();
Kernel int8_neon_dotprod();
Kernel int8_neon_i8mm();
Kernel bf16_neon_bf16();

}  // namespace hearth::matrix
