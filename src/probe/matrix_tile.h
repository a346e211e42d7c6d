// The inner loop of a matrix product, written once for every instruction set: a tile of C held in registers, to which
// products of columns of A and rows of B are added; both lie in the first-level cache. What this reaches is the peak of
// a core that a well-written kernel can come near to.
//
// No include: this header is compiled into files for more instructions than the rest of the program (see
// CMakeLists.txt).
#pragma once

namespace hearth::matrix {
namespace {

// Depth of A and B before the same data comes again: small enough for any first-level cache.
constexpr int kDepth = 64;
// Bytes that a and b point to; enough for every kernel.
constexpr unsigned kOperandBytes = 64 * 1024;

// Kind: Vector, Acc; zero(), load_a(bytes), load_b(bytes), step(acc, a, b); kStepABytes, kStepBBytes; kSum: reduces.
// Adds kRows*kColumns accumulators `rounds` times over kDepth; returns something that depends on all of them.
template <class Kind, int kRows, int kColumns>
inline float run_tile(const unsigned char* a, const unsigned char* b, long rounds) {
  typename Kind::Acc acc[kRows][kColumns];
  for (int i = 0; i < kRows; ++i)
    for (int j = 0; j < kColumns; ++j) acc[i][j] = Kind::zero();
  for (long round = 0; round < rounds; ++round) {
    const unsigned char* at_a = a;
    const unsigned char* at_b = b;
    asm volatile("" : "+r"(at_a), "+r"(at_b) : : "memory");  // the next round reads again
    for (int k = 0; k < kDepth; ++k) {
      typename Kind::Vector row[kColumns];
#pragma GCC unroll 8
      for (int j = 0; j < kColumns; ++j) row[j] = Kind::load_b(at_b + j * Kind::kStepBBytes);
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        const auto column = Kind::load_a(at_a + i * Kind::kStepABytes);
#pragma GCC unroll 8
        for (int j = 0; j < kColumns; ++j) acc[i][j] = Kind::step(acc[i][j], column, row[j]);
      }
      at_a += kRows * Kind::kStepABytes;
      at_b += kColumns * Kind::kStepBBytes;
    }
  }
  float sum = 0;
  for (int i = 0; i < kRows; ++i)
    for (int j = 0; j < kColumns; ++j) sum += Kind::reduce(acc[i][j]);
  return sum;
}

// Operations of one round: a multiplication and an addition for each of a step's products.
template <class Kind, int kRows, int kColumns>
constexpr double operations_of_round() {
  static_assert(kRows * Kind::kStepABytes * kDepth <= kOperandBytes &&
                kColumns * Kind::kStepBBytes * kDepth <= kOperandBytes);
  return 2.0 * Kind::kProducts * kRows * kColumns * kDepth;
}

}  // namespace
}  // namespace hearth::matrix
