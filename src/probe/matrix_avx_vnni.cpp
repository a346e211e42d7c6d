#include <immintrin.h>

#include "probe/matrix_kernels.h"
#include "probe/matrix_tile.h"

namespace hearth::matrix {
namespace {

struct Int8 {
  using Vector = __m256i;
  // Of the type that is counted in: with the general one GCC keeps the tile in memory.
  using Acc = int __attribute__((vector_size(32)));
  static constexpr int kStepABytes = 4, kStepBBytes = 32, kProducts = 32;
  static Acc zero() { return Acc{}; }
  static Vector load_a(const unsigned char* at) { return _mm256_set1_epi32(*reinterpret_cast<const int*>(at)); }
  static Vector load_b(const unsigned char* at) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)); }
  static Acc step(Acc acc, Vector a, Vector b) {
    return reinterpret_cast<Acc>(_mm256_dpbusd_avx_epi32(reinterpret_cast<__m256i>(acc), a, b));
  }
  static float reduce(Acc acc) { return static_cast<float>(acc[0] ^ acc[7]); }
};

}  // namespace

Kernel int8_avx_vnni() { return {run_tile<Int8, 6, 2>, operations_of_round<Int8, 6, 2>()}; }

}  // namespace hearth::matrix
