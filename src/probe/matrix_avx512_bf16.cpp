#include <immintrin.h>

#include "probe/matrix_kernels.h"
#include "probe/matrix_tile.h"

namespace hearth::matrix {
namespace {

struct Bf16 {
  using Vector = __m512i;
  using Acc = __m512;
  static constexpr int kStepABytes = 4, kStepBBytes = 64, kProducts = 32;
  static Acc zero() { return _mm512_setzero_ps(); }
  static Vector load_a(const unsigned char* at) { return _mm512_set1_epi32(*reinterpret_cast<const int*>(at)); }
  static Vector load_b(const unsigned char* at) { return _mm512_loadu_si512(at); }
  static Acc step(Acc acc, Vector a, Vector b) {
    return _mm512_dpbf16_ps(acc, reinterpret_cast<const __m512bh&>(a), reinterpret_cast<const __m512bh&>(b));
  }
  static float reduce(Acc acc) { return acc[0] + acc[15]; }
};

}  // namespace

Kernel bf16_avx512_bf16() { return {run_tile<Bf16, 12, 2>, operations_of_round<Bf16, 12, 2>()}; }

}  // namespace hearth::matrix
