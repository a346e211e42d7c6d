#include <immintrin.h>

#include "probe/matrix_kernels.h"
#include "probe/matrix_tile.h"

namespace hearth::matrix {
namespace {

struct F32 {
  using Vector = __m256;
  using Acc = __m256;
  static constexpr int kStepABytes = 4, kStepBBytes = 32, kProducts = 8;
  static Acc zero() { return _mm256_setzero_ps(); }
  static Vector load_a(const unsigned char* at) { return _mm256_broadcast_ss(reinterpret_cast<const float*>(at)); }
  static Vector load_b(const unsigned char* at) { return _mm256_loadu_ps(reinterpret_cast<const float*>(at)); }
  static Acc step(Acc acc, Vector a, Vector b) { return _mm256_fmadd_ps(a, b, acc); }
  static float reduce(Acc acc) { return acc[0] + acc[7]; }
};

struct Int8 {
  using Vector = __m256i;
  // Of the type that is counted in: with the general one GCC keeps the tile in memory.
  using Acc = int __attribute__((vector_size(32)));
  static constexpr int kStepABytes = 4, kStepBBytes = 32, kProducts = 32;
  static Acc zero() { return Acc{}; }
  static Vector load_a(const unsigned char* at) { return _mm256_set1_epi32(*reinterpret_cast<const int*>(at)); }
  static Vector load_b(const unsigned char* at) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)); }
  static Acc step(Acc acc, Vector a, Vector b) {
    return acc + reinterpret_cast<Acc>(_mm256_madd_epi16(_mm256_maddubs_epi16(a, b), _mm256_set1_epi16(1)));
  }
  static float reduce(Acc acc) { return static_cast<float>(acc[0] ^ acc[7]); }
};

}  // namespace

Kernel f32_avx2() { return {run_tile<F32, 6, 2>, operations_of_round<F32, 6, 2>()}; }
Kernel int8_avx2() { return {run_tile<Int8, 4, 2>, operations_of_round<Int8, 4, 2>()}; }

}  // namespace hearth::matrix
