#include "app/model_format.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/program.h"

namespace hearth {
namespace {

struct Case {
  const char* name;
  const char* bytes;
  const char* format;
};

TEST(ModelFormat, is_told_by_the_first_bytes_else_by_the_end_of_the_name) {
  const test::TemporaryFolder folder;
  const std::vector<std::string> known = {"fake.json", "json", "openvino_ir"};
  const Case cases[] = {{"weights.onnx", "GGUF....", "gguf"},
                        {"weights.bin", "....TFL3", "tflite"},
                        {"m.onnx", "........", "onnx"},
                        {"sha256-of-a-store", "\x08\x09\x12\x0donnx", "onnx"},
                        {"without-producer", "\x08\x08:\x9a\x02\x0a\x10\x0a", "onnx"},
                        {"m.safetensors", "........", "safetensors"},
                        {"m.xml", "<?xml ve", "openvino_ir"},
                        {"m.fake.json", "{}", "fake.json"},
                        {"m.json", "{}", "json"}};
  for (const Case& each : cases) {
    const auto format = detect_format(folder.file(each.name, each.bytes), known);
    ASSERT_TRUE(format) << each.name;
    EXPECT_EQ(*format, each.format) << each.name;
  }
}

TEST(ModelFormat, a_file_of_no_format_is_refused_with_its_first_bytes) {
  const test::TemporaryFolder folder;
  const auto format = detect_format(folder.file("page.html", "<html>\n"), {});
  ASSERT_FALSE(format);
  EXPECT_EQ(format.error().code, ErrorCode::kInvalidData);
  EXPECT_NE(format.error().message.find("<html>\\x0a"), std::string::npos) << format.error().message;
}

}  // namespace
}  // namespace hearth
