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

#define HEARTH_INLINE __attribute__((always_inline)) inline

// Vectors, rows of accumulators and tiles are lists by structure, not arrays: compilers keep an array that a loop
// indexes in memory, and a tile in memory is several times slower.
//
// Kind: Vector, Acc; zero(), load_a(bytes), load_b(bytes), step(acc, a, b), reduce(acc); kStepABytes, kStepBBytes;
// kProducts of one step.
template <class Kind, int kColumns>
struct Vectors {
  typename Kind::Vector head;
  Vectors<Kind, kColumns - 1> rest;
  HEARTH_INLINE void load(const unsigned char* at) {
    head = Kind::load_b(at);
    rest.load(at + Kind::kStepBBytes);
  }
};
template <class Kind>
struct Vectors<Kind, 0> {
  HEARTH_INLINE void load(const unsigned char*) {}
};

template <class Kind, int kColumns>
struct Row {
  typename Kind::Acc head;
  Row<Kind, kColumns - 1> rest;
  HEARTH_INLINE void clear() {
    head = Kind::zero();
    rest.clear();
  }
  HEARTH_INLINE void step(typename Kind::Vector a, const Vectors<Kind, kColumns>& b) {
    head = Kind::step(head, a, b.head);
    rest.step(a, b.rest);
  }
  HEARTH_INLINE float reduce() const { return Kind::reduce(head) + rest.reduce(); }
};
template <class Kind>
struct Row<Kind, 0> {
  HEARTH_INLINE void clear() {}
  HEARTH_INLINE void step(typename Kind::Vector, const Vectors<Kind, 0>&) {}
  HEARTH_INLINE float reduce() const { return 0; }
};

template <class Kind, int kRows, int kColumns>
struct Tile {
  Row<Kind, kColumns> head;
  Tile<Kind, kRows - 1, kColumns> rest;
  HEARTH_INLINE void clear() {
    head.clear();
    rest.clear();
  }
  HEARTH_INLINE void step(const unsigned char* a, const Vectors<Kind, kColumns>& b) {
    head.step(Kind::load_a(a), b);
    rest.step(a + Kind::kStepABytes, b);
  }
  HEARTH_INLINE float reduce() const { return head.reduce() + rest.reduce(); }
};
template <class Kind, int kColumns>
struct Tile<Kind, 0, kColumns> {
  HEARTH_INLINE void clear() {}
  HEARTH_INLINE void step(const unsigned char*, const Vectors<Kind, kColumns>&) {}
  HEARTH_INLINE float reduce() const { return 0; }
};

// Adds to kRows x kColumns accumulators `rounds` times over kDepth; the result depends on all of them.
template <class Kind, int kRows, int kColumns>
inline float run_tile(const unsigned char* a, const unsigned char* b, long rounds) {
  Tile<Kind, kRows, kColumns> tile;
  tile.clear();
  for (long round = 0; round < rounds; ++round) {
    const unsigned char* at_a = a;
    const unsigned char* at_b = b;
    asm volatile("" : "+r"(at_a), "+r"(at_b) : : "memory");  // the next round reads again
    for (int k = 0; k < kDepth; ++k) {
      Vectors<Kind, kColumns> row;
      row.load(at_b);
      tile.step(at_a, row);
      at_a += kRows * Kind::kStepABytes;
      at_b += kColumns * Kind::kStepBBytes;
    }
  }
  return tile.reduce();
}

#undef HEARTH_INLINE

// Operations of one round: a multiplication and an addition for each of a step's products.
template <class Kind, int kRows, int kColumns>
constexpr double operations_of_round() {
  static_assert(kRows * Kind::kStepABytes * kDepth <= static_cast<int>(kOperandBytes) &&
                kColumns * Kind::kStepBBytes * kDepth <= static_cast<int>(kOperandBytes));
  return 2.0 * Kind::kProducts * kRows * kColumns * kDepth;
}

}  // namespace
}  // namespace hearth::matrix
