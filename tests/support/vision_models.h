// Vision models of the fake runtime, and a picture for them.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace hearth::test {

// A detector in the form of YOLOv8 with 2 classes on 32 x 32 pixels, 21 cells of which two see something: a person
// (0.9) around (8, 8) and a bus (0.8) around (20, 20), each 8 wide and 4 high in input pixels.
[[nodiscard]] std::string detector_script(int run_us = 0);
[[nodiscard]] std::string detector_record();

// A classifier of three classes on 16 x 16 pixels: the second, "dog", is the likeliest.
[[nodiscard]] std::string classifier_script();
[[nodiscard]] std::string classifier_record();

// A 24-bit BMP of one colour.
[[nodiscard]] std::string bmp_file(int width, int height);

[[nodiscard]] std::span<const std::uint8_t> bytes_of(const std::string& text);

}  // namespace hearth::test
