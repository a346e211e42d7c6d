#include <immintrin.h>

#include "probe/matrix_kernels.h"
#include "probe/matrix_tile.h"

namespace hearth::matrix {
namespace {

struct Int8 {
  using Vector = __m512i;
  using Acc = __m512i;
  static constexpr int kStepABytes = 4, kStepBBytes = 64, kProducts = 64;
  static Acc zero() { return _mm512_setzero_si512(); }
  static Vector load_a(const unsigned char* at) { return _mm512_set1_epi32(*reinterpret_cast<const int*>(at)); }
  static Vector load_b(const unsigned char* at) { return _mm512_loadu_si512(at); }
  static Acc step(Acc acc, Vector a, Vector b) { return _mm512_dpbusd_epi32(acc, a, b); }
  static float reduce(Acc acc) { return static_cast<float>(acc[0] ^ acc[7]); }
};

}  // namespace

Kernel int8_avx512_vnni() { return {run_tile<Int8, 12, 2>, operations_of_round<Int8, 12, 2>()}; }

}  // namespace hearth::matrix
