#include "text/block_maxima_kernel.h"
#include "text/block_maxima_wide.h"

namespace hearth {

void block_maxima_avx2(const float* values, unsigned long n_blocks, unsigned long n_block, float* maxima) {
  maxima_of(values, n_blocks, n_block, maxima);
}

}  // namespace hearth
