#include "probe/matrix_choice.h"

namespace hearth {

MatrixChoice choose_matrix_kernel(MatrixType, const std::vector<std::string>&) { return {}; }

const char* instructions_wanted(MatrixType) { return "an x86-64 or a 64-bit ARM processor"; }

}  // namespace hearth
