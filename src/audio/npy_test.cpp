#include "audio/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace hearth {
namespace {

std::vector<std::byte> npy(const std::string& header, const std::vector<float>& values, char major = 1) {
  std::string file = std::string("\x93NUMPY") + major + '\0';
  const auto n = static_cast<std::uint32_t>(header.size());
  file += static_cast<char>(n & 0xFFU);
  file += static_cast<char>(n >> 8U);
  if (major > 1) file.append(2, '\0');
  file += header;
  const auto text = std::as_bytes(std::span(file));
  std::vector<std::byte> bytes(text.begin(), text.end());
  const auto tail = std::as_bytes(std::span(values));
  bytes.insert(bytes.end(), tail.begin(), tail.end());
  return bytes;
}

TEST(Npy, reads_what_numpy_writes) {
  for (const char major : {char{1}, char{2}, char{3}}) {
    const auto array = read_npy(
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }          \n", {1, 2, 3, 4, 5, 6}, major));
    ASSERT_TRUE(array) << to_string(array.error());
    EXPECT_THAT(array->shape, ::testing::ElementsAre(1, 2, 3));
    EXPECT_THAT(array->values, ::testing::ElementsAre(1, 2, 3, 4, 5, 6));
  }
  const auto one = read_npy(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", {7, 8}));
  ASSERT_TRUE(one);
  EXPECT_THAT(one->shape, ::testing::ElementsAre(2));
  EXPECT_EQ(read_npy(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n", {7}))->values.size(), 1U);
}

TEST(Npy, refuses_what_is_broken_at_every_length) {
  const auto whole = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n", {1, 2, 3, 4});
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const auto cut = read_npy(std::span(whole).first(n));
    ASSERT_FALSE(cut) << n;
    EXPECT_EQ(cut.error().code, ErrorCode::kInvalidData);
  }
}

TEST(Npy, names_what_it_does_not_read) {
  const auto code = [](const std::string& header) { return read_npy(npy(header, {})).error().code; };
  EXPECT_EQ(code("{'descr': '>f4', 'fortran_order': False, 'shape': (0,), }"), ErrorCode::kUnsupported);
  EXPECT_EQ(code("{'descr': '<f4', 'fortran_order': True, 'shape': (0,), }"), ErrorCode::kUnsupported);
  EXPECT_EQ(code("{'descr': '<f4', 'fortran_order': False, 'shape': (0,"), ErrorCode::kInvalidData);
  EXPECT_EQ(code("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }"), ErrorCode::kInvalidData);
  EXPECT_EQ(code("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }"), ErrorCode::kInvalidData);
  EXPECT_EQ(code("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4294967296), }"),
            ErrorCode::kDoesNotFit);
  EXPECT_EQ(code("{'fortran_order': False, 'shape': (0,), }"), ErrorCode::kInvalidData);
}

}  // namespace
}  // namespace hearth
