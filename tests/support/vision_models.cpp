#include "support/vision_models.h"

namespace hearth::test {
namespace {

void put(std::string& to, std::uint32_t value, unsigned n_bytes) {
  for (unsigned i = 0; i < n_bytes; ++i) to += static_cast<char>(value >> (8 * i) & 0xFFU);
}

}  // namespace

std::string detector_script(int run_us) {
  std::string values;
  int n = 0;
  for (const char* channel : {"8,20", "8,20", "8,8", "4,4", "0.9,0.1", "0.05,0.8"}) {
    values += (values.empty() ? "" : ",") + std::string(channel);
    for (int cell = 2; cell < 21; ++cell) values += n < 4 ? ",28" : ",0";  // the last cell lies at the lower right
    ++n;
  }
  return R"({"hearth_fake": 1, "name": "detector", "metadata": {"names": "{0: 'person', 1: 'bus'}"}, "tensor": {
    "inputs": [{"name": "images", "type": "f32", "shape": [1,3,32,32], "layout": "NCHW"}],
    "outputs": [{"name": "output0", "type": "f32", "shape": [1,6,21], "rule": "table", "values": [)" +
         values + R"(]}], "run_us": )" + std::to_string(run_us) + "}}";
}

std::string detector_record() { return R"({"labels": ["person", "bus"]})"; }

std::string classifier_script() {
  return R"({"hearth_fake": 1, "name": "classifier", "tensor": {
    "inputs": [{"name": "data", "type": "f32", "shape": [1,3,16,16], "layout": "NCHW"}],
    "outputs": [{"name": "prob", "type": "f32", "shape": [1,3], "rule": "table", "values": [0.1, 0.7, 0.2]}]}})";
}

std::string classifier_record() { return R"({"labels": ["cat", "dog", "bird"]})"; }

std::string bmp_file(int width, int height) {
  constexpr std::uint32_t kHeaderBytes = 54;
  const auto columns = static_cast<std::uint32_t>(width);
  const auto rows = static_cast<std::uint32_t>(height);
  const std::uint32_t row_bytes = (columns * 3 + 3) / 4 * 4;
  std::string file = "BM";
  put(file, kHeaderBytes + row_bytes * rows, 4);
  put(file, 0, 4);
  put(file, kHeaderBytes, 4);
  put(file, 40, 4);
  put(file, columns, 4);
  put(file, rows, 4);
  put(file, 1, 2);
  put(file, 24, 2);
  file.append(24, '\0');
  file.append(std::size_t{row_bytes} * rows, '\x50');
  return file;
}

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace hearth::test
