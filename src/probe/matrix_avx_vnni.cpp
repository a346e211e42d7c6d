#include <immintrin.h>

#include "probe/matrix_kernels.h"
#include "probe/matrix_tile.h"

namespace hearth::matrix {
namespace {

struct Int8 {
  using Vector = __m256i;
  using Acc = __m256i;
  static constexpr int kStepABytes = 4, kStepBBytes = 32, kProducts = 32;
  static Acc zero() { return _mm256_setzero_si256(); }
  static Vector load_a(const unsigned char* at) { return _mm256_set1_epi32(*reinterpret_cast<const int*>(at)); }
  static Vector load_b(const unsigned char* at) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)); }
  static Acc step(Acc acc, Vector a, Vector b) { return _mm256_dpbusd_avx_epi32(acc, a, b); }
  static float reduce(Acc acc) {
    return static_cast<float>(_mm256_extract_epi32(acc, 0) ^ _mm256_extract_epi32(acc, 7));
  }
};

}  // namespace

Kernel int8_avx_vnni() { return {run_tile<Int8, 6, 2>, operations_of_round<Int8, 6, 2>()}; }

}  // namespace hearth::matrix
