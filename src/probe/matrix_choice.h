// Which kernel suits a CPU: the best one for its instructions, by the words of the catalogue.
#pragma once

#include <string>
#include <vector>

#include "probe/matrix_kernels.h"

namespace hearth {

enum class MatrixType { kF32, kBf16, kInt8 };

struct MatrixChoice {
  matrix::Kernel kernel;     // without a function where the CPU has no instructions for the type
  std::string instructions;  // "avx512_vnni"
};

// Compiled once for each architecture. May ask the kernel for a permission that the process then keeps.
[[nodiscard]] MatrixChoice choose_matrix_kernel(MatrixType type, const std::vector<std::string>& isa);

// What the type would need, for people: "AVX512-BF16 or AMX".
[[nodiscard]] const char* instructions_wanted(MatrixType type);

}  // namespace hearth
