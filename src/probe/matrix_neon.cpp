#include <arm_neon.h>

#include "probe/matrix_kernels.h"
#include "probe/matrix_tile.h"

namespace hearth::matrix {
namespace {

struct F32 {
  using Vector = float32x4_t;
  using Acc = float32x4_t;
  static constexpr int kStepABytes = 4, kStepBBytes = 16, kProducts = 4;
  static Acc zero() { return vdupq_n_f32(0); }
  static Vector load_a(const unsigned char* at) { return vld1q_dup_f32(reinterpret_cast<const float*>(at)); }
  static Vector load_b(const unsigned char* at) { return vld1q_f32(reinterpret_cast<const float*>(at)); }
  static Acc step(Acc acc, Vector a, Vector b) { return vfmaq_f32(acc, a, b); }
  static float reduce(Acc acc) { return vaddvq_f32(acc); }
};

// Cores before the dot-product instructions: pairs of 8-bit products are widened and added.
struct Int8 {
  using Vector = int8x16_t;
  using Acc = int32x4_t;
  static constexpr int kStepABytes = 16, kStepBBytes = 16, kProducts = 16;
  static Acc zero() { return vdupq_n_s32(0); }
  static Vector load_a(const unsigned char* at) { return vld1q_s8(reinterpret_cast<const signed char*>(at)); }
  static Vector load_b(const unsigned char* at) { return vld1q_s8(reinterpret_cast<const signed char*>(at)); }
  static Acc step(Acc acc, Vector a, Vector b) {
    const int16x8_t low = vmull_s8(vget_low_s8(a), vget_low_s8(b));
    return vpadalq_s16(acc, vmlal_high_s8(low, a, b));
  }
  static float reduce(Acc acc) { return static_cast<float>(vaddvq_s32(acc)); }
};

}  // namespace

Kernel f32_neon() { return {run_tile<F32, 6, 4>, operations_of_round<F32, 6, 4>()}; }
Kernel int8_neon() { return {run_tile<Int8, 4, 4>, operations_of_round<Int8, 4, 4>()}; }

}  // namespace hearth::matrix
