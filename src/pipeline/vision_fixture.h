// Vision models of the fake runtime and pictures for tests.
#pragma once

#include <string>

#include "engine/tensor_fixture.h"

namespace hearth {

// A detector in the form of YOLOv8 with 2 classes on 32 x 32 pixels, 21 cells of which two see something: a person
// (0.9) around (8, 8) and a bus (0.8) around (20, 20), each 8 wide and 4 high in input pixels.
inline std::string detector_script(int run_us = 0) {
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
inline std::string detector_record() { return R"({"labels": ["person", "bus"]})"; }

// A classifier of three classes: the second is the likeliest.
inline std::string classifier_script() {
  return R"({"hearth_fake": 1, "name": "classifier", "tensor": {
    "inputs": [{"name": "data", "type": "f32", "shape": [1,3,16,16], "layout": "NCHW"}],
    "outputs": [{"name": "prob", "type": "f32", "shape": [1,3], "rule": "table", "values": [0.1, 0.7, 0.2]}]}})";
}
inline std::string classifier_record() { return R"({"labels": ["cat", "dog", "bird"]})"; }

// A 24-bit BMP of one colour.
inline std::string bmp_file(int width, int height) {
  const auto put = [](std::string& to, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) to += static_cast<char>(value >> (8 * i) & 0xFFU);
  };
  const int row = (width * 3 + 3) / 4 * 4;
  std::string file = "BM";
  put(file, static_cast<std::uint32_t>(54 + row * height), 4);
  put(file, 0, 4);
  put(file, 54, 4);
  put(file, 40, 4);
  put(file, static_cast<std::uint32_t>(width), 4);
  put(file, static_cast<std::uint32_t>(height), 4);
  put(file, 1, 2);
  put(file, 24, 2);
  for (int i = 0; i < 6; ++i) put(file, 0, 4);
  file.append(static_cast<std::size_t>(row) * static_cast<std::size_t>(height), '\x50');
  return file;
}

inline std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace hearth
