// Tiles of 16 rows by 64 bytes; four of them accumulate, two hold rows of A, two columns of B. The thread must have
// asked the kernel for them (platform/tile_permission.h). Source: Intel 64 and IA-32 Architectures, volume 1,
// chapter 18.
#include <immintrin.h>

#include "probe/matrix_kernels.h"
#include "probe/matrix_tile.h"

namespace hearth::matrix {
namespace {

struct alignas(64) TileShapes {
  unsigned char palette = 1, start_row = 0, reserved[14] = {};
  unsigned short row_bytes[16] = {};
  unsigned char rows[16] = {};
};

constexpr int kTileBytes = 16 * 64;
constexpr int kStepsOfRound = 16;

void set_shapes() {
  TileShapes shapes;
  for (int tile = 0; tile < 8; ++tile) {
    shapes.row_bytes[tile] = 64;
    shapes.rows[tile] = 16;
  }
  _tile_loadconfig(&shapes);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
}

float finish() {
  alignas(64) int result[kTileBytes / 4] = {};
  int sum = 0;
  _tile_stored(0, result, 64);
  sum ^= result[0];
  _tile_stored(1, result, 64);
  sum ^= result[1];
  _tile_stored(2, result, 64);
  sum ^= result[2];
  _tile_stored(3, result, 64);
  sum ^= result[3];
  _tile_release();
  return static_cast<float>(sum);
}

void load_operands(const unsigned char* a, const unsigned char* b, int step) {
  _tile_loadd(4, a + 2 * step * kTileBytes, 64);
  _tile_loadd(5, a + (2 * step + 1) * kTileBytes, 64);
  _tile_loadd(6, b + 2 * step * kTileBytes, 64);
  _tile_loadd(7, b + (2 * step + 1) * kTileBytes, 64);
}

float run_int8(const unsigned char* a, const unsigned char* b, long rounds) {
  set_shapes();
  for (long round = 0; round < rounds; ++round)
    for (int step = 0; step < kStepsOfRound; ++step) {
      load_operands(a, b, step);
      _tile_dpbssd(0, 4, 6);
      _tile_dpbssd(1, 4, 7);
      _tile_dpbssd(2, 5, 6);
      _tile_dpbssd(3, 5, 7);
    }
  return finish();
}

float run_bf16(const unsigned char* a, const unsigned char* b, long rounds) {
  set_shapes();
  for (long round = 0; round < rounds; ++round)
    for (int step = 0; step < kStepsOfRound; ++step) {
      load_operands(a, b, step);
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
    }
  return finish();
}

static_assert(2 * kStepsOfRound * kTileBytes <= static_cast<int>(kOperandBytes));

}  // namespace

// 16 x 16 results of 64 or 32 products each, four tiles a step.
Kernel int8_amx() { return {run_int8, 2.0 * 16 * 16 * 64 * 4 * kStepsOfRound}; }
Kernel bf16_amx() { return {run_bf16, 2.0 * 16 * 16 * 32 * 4 * kStepsOfRound}; }

}  // namespace hearth::matrix
