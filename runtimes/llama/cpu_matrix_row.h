// Products of quantised weights with a single row of activations, for x86-64 with AVX-512 VNNI: every weight is used
// once, so what counts is how few instructions unpack it on its way through.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cpu_matrix.h"

namespace hearth::llama {

// Whether weights of this layout have such a product; ggml's own is as good for the others.
bool has_row_product(WeightLayout layout);

// How many values of the row are laid out together: the first value of a part is a multiple of it.
std::int64_t values_laid_out_together(WeightLayout layout);

// Bytes of a row of `depth` values laid out for the product; 0 where it reads them as quantise_row() leaves them.
std::size_t laid_out_bytes(WeightLayout layout, std::int64_t depth);

// Lays the values [first, last) of a quantised row out where multiply_row() looks for them. `activations` is the whole
// row, `out` the whole row's room, 64-byte aligned.
void lay_out_row(WeightLayout layout, const std::byte* activations, std::int64_t first, std::int64_t last,
                 std::byte* out);

// The products with the weight rows [first, last); both are multiples of kPanelRows. Of `product` the number of
// activation rows is not looked at, and the activations are only where nothing is laid out.
void multiply_row(const MatrixProduct& product, const std::byte* laid_out, std::int64_t first, std::int64_t last);

}  // namespace hearth::llama
