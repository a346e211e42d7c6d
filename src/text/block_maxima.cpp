#include "text/block_maxima.h"

#include <algorithm>
#include <limits>

#include "text/block_maxima_kernel.h"
#ifdef HEARTH_HAS_BLOCK_MAXIMA_AVX2
#include "text/block_maxima_wide.h"
#endif

namespace hearth {
namespace {

using Kernel = void (*)(const float*, unsigned long, unsigned long, float*);

Kernel kernel() {
#ifdef HEARTH_HAS_BLOCK_MAXIMA_AVX2
  static const Kernel chosen = __builtin_cpu_supports("avx2") != 0 ? &block_maxima_avx2 : &maxima_of;
  return chosen;
#else
  return &maxima_of;
#endif
}

}  // namespace

void block_maxima(std::span<const float> logits, std::span<float> maxima) {
  const std::size_t whole = logits.size() / kLogitBlock;
  kernel()(logits.data(), whole, kLogitBlock, maxima.data());
  if (whole == maxima.size()) return;
  float best = -std::numeric_limits<float>::infinity();
  for (const float value : logits.subspan(whole * kLogitBlock)) best = value > best ? value : best;
  maxima[whole] = best;
}

}  // namespace hearth
