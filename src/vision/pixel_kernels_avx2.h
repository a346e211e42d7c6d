// The loops of pixel_kernels.h for x86 with AVX2 and FMA.
#pragma once

#include "vision/pixel_kernels.h"

namespace hearth {

// nullptr on a processor without them. Results equal the portable ones, floats to one rounding.
[[nodiscard]] const PixelKernels* avx2_pixel_kernels();

}  // namespace hearth
