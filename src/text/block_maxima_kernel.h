// One block's maximum, compiled once for each set of instructions. Nothing here may be shared between the files that
// include it: the linker might keep the copy that not every processor can run.
#pragma once

namespace hearth {
namespace {

constexpr int kLanes = 32;  // several vectors' worth: one vector alone would wait for its own last comparison

// values: [n_blocks, n_block], n_block a multiple of kLanes. Comparing with a NaN is false, which leaves the maximum.
void maxima_of(const float* values, unsigned long n_blocks, unsigned long n_block, float* maxima) {
  for (unsigned long block = 0; block < n_blocks; ++block, values += n_block) {
    float best[kLanes];
    for (float& lane : best) lane = -__builtin_inff();
    for (unsigned long i = 0; i < n_block; i += kLanes) {
      for (int lane = 0; lane < kLanes; ++lane) {
        const float value = values[i + static_cast<unsigned long>(lane)];
        best[lane] = value > best[lane] ? value : best[lane];
      }
    }
    for (int width = kLanes / 2; width > 0; width /= 2) {
      for (int lane = 0; lane < width; ++lane)
        best[lane] = best[lane + width] > best[lane] ? best[lane + width] : best[lane];
    }
    maxima[block] = best[0];
  }
}

}  // namespace
}  // namespace hearth
