#include <arm_neon.h>

#include "probe/matrix_kernels.h"
#include "probe/matrix_tile.h"

namespace hearth::matrix {
namespace {

struct Int8 {
  using Vector = int8x16_t;
  using Acc = int32x4_t;
  static constexpr int kStepABytes = 4, kStepBBytes = 16, kProducts = 16;
  static Acc zero() { return vdupq_n_s32(0); }
  static Vector load_a(const unsigned char* at) {
    return vreinterpretq_s8_s32(vld1q_dup_s32(reinterpret_cast<const int*>(at)));
  }
  static Vector load_b(const unsigned char* at) { return vld1q_s8(reinterpret_cast<const signed char*>(at)); }
  static Acc step(Acc acc, Vector a, Vector b) { return vdotq_s32(acc, a, b); }
  static float reduce(Acc acc) { return static_cast<float>(vaddvq_s32(acc)); }
};

}  // namespace

Kernel int8_neon_dotprod() { return {run_tile<Int8, 6, 4>, operations_of_round<Int8, 6, 4>()}; }

}  // namespace hearth::matrix
