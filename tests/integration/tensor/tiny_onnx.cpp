#include "tiny_onnx.h"

namespace hearth::tensor_tests {
namespace {

// Protocol Buffers, by hand: a length-delimited field and a varint field of numbers below 16.
std::string field(int number, const std::string& bytes) {
  std::string out(1, static_cast<char>((number << 3) | 2));
  for (std::size_t n = bytes.size();; n >>= 7) {
    out += static_cast<char>((n & 0x7F) | (n > 0x7F ? 0x80 : 0));
    if (n <= 0x7F) break;
  }
  return out + bytes;
}
std::string field(int number, int value) {
  return std::string(1, static_cast<char>(number << 3)) + static_cast<char>(value);
}

std::string port(const std::string& name, const std::vector<int>& dims) {
  std::string shape;
  for (const int dim : dims) shape += field(1, field(1, dim));
  return field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)));
}

}  // namespace

std::string add_model(int opset, const std::string& external, const std::vector<int>& dims) {
  std::string weights = field(1, 4) + field(2, 1) + field(8, std::string("w"));
  if (external.empty())
    weights += field(9, std::string(16, '\0'));
  else
    weights += field(13, field(1, std::string("location")) + field(2, external)) + field(14, 1);
  const auto node = field(1, std::string("x")) + field(1, std::string("w")) + field(2, std::string("y")) +
                    field(3, std::string("plus")) + field(4, std::string("Add"));
  const auto graph = field(1, node) + field(2, std::string("g")) + field(5, weights) + field(11, port("x", dims)) +
                     field(12, port("y", dims));
  return field(1, 8) + field(7, graph) + field(8, field(1, std::string()) + field(2, opset));
}

}  // namespace hearth::tensor_tests
