// The kernel for instructions that not every processor of an architecture has; present where the build can make it.
#pragma once

namespace hearth {

void block_maxima_avx2(const float* values, unsigned long n_blocks, unsigned long n_block, float* maxima);

}  // namespace hearth
