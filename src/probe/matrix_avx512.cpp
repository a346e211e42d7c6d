#include <immintrin.h>

#include "probe/matrix_kernels.h"
#include "probe/matrix_tile.h"

namespace hearth::matrix {
namespace {

struct F32 {
  using Vector = __m512;
  using Acc = __m512;
  static constexpr int kStepABytes = 4, kStepBBytes = 64, kProducts = 16;
  static Acc zero() { return _mm512_setzero_ps(); }
  static Vector load_a(const unsigned char* at) { return _mm512_set1_ps(*reinterpret_cast<const float*>(at)); }
  static Vector load_b(const unsigned char* at) { return _mm512_loadu_ps(at); }
  static Acc step(Acc acc, Vector a, Vector b) { return _mm512_fmadd_ps(a, b, acc); }
  static float reduce(Acc acc) { return acc[0] + acc[15]; }
};

struct Int8 {
  using Vector = __m512i;
  // Of the type that is counted in: with the general one GCC keeps the tile in memory.
  using Acc = int __attribute__((vector_size(64)));
  static constexpr int kStepABytes = 4, kStepBBytes = 64, kProducts = 64;
  static Acc zero() { return Acc{}; }
  static Vector load_a(const unsigned char* at) { return _mm512_set1_epi32(*reinterpret_cast<const int*>(at)); }
  static Vector load_b(const unsigned char* at) { return _mm512_loadu_si512(at); }
  static Acc step(Acc acc, Vector a, Vector b) {
    return acc + reinterpret_cast<Acc>(_mm512_madd_epi16(_mm512_maddubs_epi16(a, b), _mm512_set1_epi16(1)));
  }
  static float reduce(Acc acc) { return static_cast<float>(acc[0] ^ acc[15]); }
};

}  // namespace

Kernel f32_avx512() { return {run_tile<F32, 12, 2>, operations_of_round<F32, 12, 2>()}; }
Kernel int8_avx512() { return {run_tile<Int8, 8, 2>, operations_of_round<Int8, 8, 2>()}; }

}  // namespace hearth::matrix
