#include <immintrin.h>

#include "probe/matrix_kernels.h"
#include "probe/matrix_tile.h"

namespace hearth::matrix {
namespace {

struct Int8 {
  using Vector = __m512i;
  // Of the type that is counted in: with the general one GCC keeps the tile in memory.
  using Acc = int __attribute__((vector_size(64)));
  static constexpr int kStepABytes = 4, kStepBBytes = 64, kProducts = 64;
  static Acc zero() { return Acc{}; }
  static Vector load_a(const unsigned char* at) { return _mm512_set1_epi32(*reinterpret_cast<const int*>(at)); }
  static Vector load_b(const unsigned char* at) { return _mm512_loadu_si512(at); }
  static Acc step(Acc acc, Vector a, Vector b) {
    return reinterpret_cast<Acc>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(acc), a, b));
  }
  static float reduce(Acc acc) { return static_cast<float>(acc[0] ^ acc[15]); }
};

}  // namespace

Kernel int8_avx512_vnni() { return {run_tile<Int8, 12, 2>, operations_of_round<Int8, 12, 2>()}; }

}  // namespace hearth::matrix
