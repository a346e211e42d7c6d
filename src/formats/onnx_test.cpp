#include "formats/onnx.h"

#include <unistd.h>

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/paths.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}
std::string number(std::uint32_t field, std::uint64_t value) { return varint(field << 3) + varint(value); }
std::string bytes(std::uint32_t field, const std::string& content) {
  return varint(field << 3 | 2) + varint(content.size()) + content;
}
// A tensor of type f32 (1) with the given dimensions and raw data.
std::string tensor(const std::string& name, const std::vector<std::uint64_t>& dims, const std::string& more,
                   int type = 1) {
  std::string message;
  for (const std::uint64_t dim : dims) message += number(1, dim);
  return message + number(2, static_cast<std::uint64_t>(type)) + bytes(8, name) + more;
}
std::string raw(std::size_t n) { return bytes(9, std::string(n, '\0')); }
std::string model(const std::string& graph) {
  return number(1, 8) + bytes(2, "test") + bytes(8, number(2, 17)) + bytes(7, graph);
}

Result<WeightTable> read(const std::string& message) {
  MemorySource source(std::as_bytes(std::span(message)), "test.onnx");
  return read_onnx(source);
}

TEST(OnnxTest, counts_initialisers_and_constants_at_every_depth) {
  const std::string constant = bytes(5, bytes(5, tensor("c", {3}, raw(12))));  // node's attribute's tensor
  const std::string branch =
      bytes(5, bytes(6, bytes(5, tensor("inner", {2}, raw(8)))));  // attribute's graph's initialiser
  const auto table = read(model(bytes(5, tensor("w", {2, 4}, raw(32))) + bytes(1, constant) + bytes(1, branch)));
  ASSERT_TRUE(table) << to_string(table.error());
  EXPECT_EQ(table->weight_bytes(), 32U + 12 + 8);
  EXPECT_EQ(table->metadata.at("opset"), "17");
  EXPECT_EQ(table->metadata.at("producer_name"), "test");
  EXPECT_EQ(table->tensors[0].name, "w");
  EXPECT_EQ(table->tensors[0].dims, (std::vector<std::uint64_t>{2, 4}));
}

TEST(OnnxTest, packed_dims_typed_lists_and_small_types) {
  const std::string packed =
      bytes(1, varint(2) + varint(3)) + number(2, 7) + bytes(7, std::string(6, '\1'));  // int64 list
  const auto table = read(model(bytes(5, packed) + bytes(5, tensor("q", {3}, raw(2), 22))));
  ASSERT_TRUE(table) << to_string(table.error());
  EXPECT_EQ(table->tensors[0].size_bytes, 48U);
  EXPECT_EQ(table->tensors[1].size_bytes, 2U) << "three 4-bit numbers take two bytes";
}

TEST(OnnxTest, damage_is_refused) {
  const std::pair<std::string, const char*> kBad[] = {
      {"", "empty"},
      {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "64 bits"},
      {number(1, 8), "no graph"},
      {bytes(7, "").substr(0, 1) + varint(1 << 20), "leaves its message"},
      {model(bytes(5, tensor("w", {2}, raw(4)))), "holds 4 bytes"},
      {model(bytes(5, tensor("w", {1ULL << 62, 8}, raw(4)))), "2^64 bits"},
      {model(bytes(5, tensor("w", {~0ULL}, raw(4)))), "2^64 bits"},
      {model(bytes(5, tensor("w", {1000}, bytes(4, "1234")))), "fewer numbers"},
      {model(bytes(5, tensor("w", {1}, number(14, 1) + bytes(13, bytes(1, "location") + bytes(2, "../x"))))),
       "outside"},
      {model(bytes(5, tensor("w", {1}, number(14, 1) + bytes(13, bytes(1, "location") + bytes(2, "/etc/x"))))),
       "outside"},
      {model(bytes(5, tensor("w", {1}, number(14, 1) + bytes(13, bytes(1, "offset") + bytes(2, "-1"))))), "no number"},
  };
  for (const auto& [message, says] : kBad) {
    const auto table = read(message);
    ASSERT_FALSE(table) << says;
    EXPECT_EQ(table.error().code, ErrorCode::kInvalidData);
    EXPECT_THAT(table.error().message, HasSubstr(says));
  }
  EXPECT_EQ(read(model(bytes(5, tensor("w", {1}, raw(4), 99)))).error().code, ErrorCode::kUnsupported);
  std::string nested = bytes(5, tensor("w", {1}, raw(4)));
  for (int i = 0; i < 20; ++i) nested = bytes(1, bytes(5, bytes(6, nested)));
  EXPECT_THAT(read(model(nested)).error().message, HasSubstr("too deep"));
}

TEST(OnnxTest, leftover_keys_of_external_data_do_not_move_data_that_is_inside) {
  const auto table = read(model(bytes(5, tensor("w", {1}, raw(4) + bytes(13, bytes(1, "offset") + bytes(2, "4096"))))));
  ASSERT_TRUE(table) << to_string(table.error());
  EXPECT_LT(table->tensors[0].offset, 64U);
  EXPECT_EQ(table->tensors[0].external_file, "");
}

TEST(OnnxTest, external_data_must_be_there_and_long_enough) {
  std::string folder = (fs::temp_directory_path() / "hearth-onnx-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const fs::path path = fs::path(folder) / "m.onnx";
  const std::string external = number(14, 1) + bytes(13, bytes(1, "location") + bytes(2, "m.data")) +
                               bytes(13, bytes(1, "offset") + bytes(2, "16"));
  std::ofstream(path, std::ios::binary) << model(bytes(5, tensor("w", {4}, external)));
  EXPECT_EQ(read_onnx(path).error().code, ErrorCode::kNotFound);
  std::ofstream(fs::path(folder) / "m.data") << std::string(31, 'x');
  EXPECT_EQ(read_onnx(path).error().code, ErrorCode::kInvalidData);
  std::ofstream(fs::path(folder) / "m.data") << std::string(32, 'x');
  const auto table = read_onnx(path);
  ASSERT_TRUE(table) << to_string(table.error());
  EXPECT_EQ(table->tensors[0].external_file, "m.data");
  EXPECT_EQ(table->weight_bytes(), 16U);
  fs::remove_all(folder);
}

// A model file is its weights and a little graph: the weights must fill most of each real file and never exceed it.
TEST(OnnxTest, real_models_are_mostly_weights) {
  const fs::path models = test::shared_dir() / "models";
  if (!fs::exists(models)) GTEST_SKIP() << "no test models at " << models;
  int seen = 0;
  for (const auto& entry : fs::recursive_directory_iterator(models)) {
    if (entry.path().extension() != ".onnx") continue;
    ++seen;
    const auto table = read_onnx(entry.path());
    ASSERT_TRUE(table) << to_string(table.error());
    EXPECT_LE(table->weight_bytes(), entry.file_size()) << entry.path();
    EXPECT_GT(table->weight_bytes(), entry.file_size() / 2) << entry.path();
  }
  EXPECT_GT(seen, 0);
}

}  // namespace
}  // namespace hearth
