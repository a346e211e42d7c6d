#include <arm_neon.h>

#include "probe/matrix_kernels.h"
#include "probe/matrix_tile.h"

namespace hearth::matrix {
namespace {

// One instruction multiplies 2x8 by 8x2.
struct Int8 {
  using Vector = int8x16_t;
  using Acc = int32x4_t;
  static constexpr int kStepABytes = 16, kStepBBytes = 16, kProducts = 32;
  static Acc zero() { return vdupq_n_s32(0); }
  static Vector load_a(const unsigned char* at) { return vld1q_s8(reinterpret_cast<const signed char*>(at)); }
  static Vector load_b(const unsigned char* at) { return vld1q_s8(reinterpret_cast<const signed char*>(at)); }
  static Acc step(Acc acc, Vector a, Vector b) { return vmmlaq_s32(acc, a, b); }
  static float reduce(Acc acc) { return static_cast<float>(vaddvq_s32(acc)); }
};

}  // namespace

Kernel int8_neon_i8mm() { return {run_tile<Int8, 6, 4>, operations_of_round<Int8, 6, 4>()}; }

}  // namespace hearth::matrix
