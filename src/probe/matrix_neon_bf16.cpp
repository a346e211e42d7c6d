#include <arm_neon.h>

#include "probe/matrix_kernels.h"
#include "probe/matrix_tile.h"

namespace hearth::matrix {
namespace {

// One instruction multiplies 2x4 by 4x2.
struct Bf16 {
  using Vector = bfloat16x8_t;
  using Acc = float32x4_t;
  static constexpr int kStepABytes = 16, kStepBBytes = 16, kProducts = 16;
  static Acc zero() { return vdupq_n_f32(0); }
  static Vector load_a(const unsigned char* at) { return vld1q_bf16(reinterpret_cast<const bfloat16_t*>(at)); }
  static Vector load_b(const unsigned char* at) { return vld1q_bf16(reinterpret_cast<const bfloat16_t*>(at)); }
  static Acc step(Acc acc, Vector a, Vector b) { return vbfmmlaq_f32(acc, a, b); }
  static float reduce(Acc acc) { return vaddvq_f32(acc); }
};

}  // namespace

Kernel bf16_neon_bf16() { return {run_tile<Bf16, 6, 4>, operations_of_round<Bf16, 6, 4>()}; }

}  // namespace hearth::matrix
