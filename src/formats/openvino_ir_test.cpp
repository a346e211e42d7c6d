#include "formats/openvino_ir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/paths.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

Result<WeightTable> parse(const std::string& layers, std::uint64_t bin_bytes, const std::string& version = "11") {
  return parse_openvino_ir(
      "<?xml version=\"1.0\"?><net name=\"n\" version=\"" + version + "\"><layers>" + layers + "</layers></net>",
      "test.xml", "test.bin", bin_bytes);
}
std::string constant(const std::string& name, int offset, int size, const std::string& shape) {
  return "<layer id=\"0\" name=\"" + name + "\" type=\"Const\"><data element_type=\"f32\" shape=\"" + shape +
         "\" offset=\"" + std::to_string(offset) + "\" size=\"" + std::to_string(size) + "\"/></layer>";
}
bool absent(const Result<WeightTable>& table) {
  return !table && table.error().code == ErrorCode::kUnsupported &&
         table.error().message.find("pugixml") != std::string::npos;
}

TEST(OpenvinoIrTest, counts_constants_once_and_in_bodies_too) {
  const auto table = parse(constant("a", 0, 16, "2, 2") + constant("same", 0, 16, "4") + constant("part", 8, 16, "4") +
                               "<layer type=\"TensorIterator\"><body><layers>" + constant("inner", 32, 4, "") +
                               "</layers></body></layer>",
                           36);
  if (absent(table)) GTEST_SKIP() << "built without pugixml";
  ASSERT_TRUE(table) << to_string(table.error());
  EXPECT_EQ(table->weight_bytes(), 16U + 8 + 4);
  EXPECT_EQ(table->tensors[0].dims, (std::vector<std::uint64_t>{2, 2}));
  EXPECT_EQ(table->tensors[0].external_file, "test.bin");
  EXPECT_EQ(table->metadata.at("version"), "11");
}

TEST(OpenvinoIrTest, damage_is_refused) {
  const auto first = parse(constant("a", 0, 16, "4"), 15);
  if (absent(first)) GTEST_SKIP() << "built without pugixml";
  EXPECT_THAT(first.error().message, HasSubstr("ends behind the 15 bytes"));
  EXPECT_FALSE(parse(constant("a", -1, 16, "4"), 99));
  EXPECT_FALSE(parse(constant("a", 0, 16, "4,x"), 99));
  EXPECT_FALSE(parse("<layer type=\"Const\"/>", 99));
  EXPECT_EQ(parse("", 0, "6").error().code, ErrorCode::kUnsupported);
  EXPECT_FALSE(parse("", 0, "x"));
  for (const char* xml : {"", "<net", "<other/>", "no xml"})
    EXPECT_EQ(parse_openvino_ir(xml, "t", "b", 0).error().code, ErrorCode::kInvalidData) << xml;
  EXPECT_EQ(read_openvino_ir("/no/such.xml").error().code, ErrorCode::kNotFound);
}

TEST(OpenvinoIrTest, constants_of_a_real_model_fill_its_bin_file) {
  const fs::path path = test::shared_dir() / "models/detect/nanodet-m.xml";
  if (!fs::exists(path)) GTEST_SKIP() << "no test model at " << path;
  const auto table = read_openvino_ir(path);
  if (absent(table)) GTEST_SKIP() << "built without pugixml";
  ASSERT_TRUE(table) << to_string(table.error());
  auto bin = path;
  EXPECT_EQ(table->weight_bytes(), fs::file_size(bin.replace_extension(".bin")));
}

}  // namespace
}  // namespace hearth
