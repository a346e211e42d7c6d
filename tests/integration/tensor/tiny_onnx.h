// ONNX files of one node, made here: the least that a runtime can load, and what it must refuse.
#pragma once

#include <string>
#include <vector>

namespace hearth::tensor_tests {

// y = x + w of floats, where w is 4 of them: inside, or in the file `external`. `dims` are x's and y's.
[[nodiscard]] std::string add_model(int opset, const std::string& external = "", const std::vector<int>& dims = {1, 4});

}  // namespace hearth::tensor_tests
