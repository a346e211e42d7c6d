#include "formats/ggml_type.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

TEST(GgmlTypeTest, published_bits_per_weight) {
  // Source: llama.cpp README, quantisation table (bits per weight of the block formats).
  const struct {
    const char* name;
    double bits;
  } kRows[] = {{"F16", 16},         {"Q4_0", 4.5},      {"Q4_1", 5.0},       {"Q5_0", 5.5},     {"Q8_0", 8.5},
               {"Q2_K", 2.625},     {"Q3_K", 3.4375},   {"Q4_K", 4.5},       {"Q5_K", 5.5},     {"Q6_K", 6.5625},
               {"IQ2_XXS", 2.0625}, {"IQ2_XS", 2.3125}, {"IQ3_XXS", 3.0625}, {"IQ1_S", 1.5625}, {"IQ1_M", 1.75},
               {"IQ4_NL", 4.5},     {"IQ4_XS", 4.25},   {"TQ1_0", 1.6875},   {"TQ2_0", 2.0625}, {"MXFP4", 4.25},
               {"NVFP4", 4.5},      {"Q1_0", 1.125},    {"Q2_0", 2.25}};
  for (const auto& row : kRows) {
    const GgmlType* type = find_ggml_type(row.name);
    ASSERT_NE(type, nullptr) << row.name;
    EXPECT_DOUBLE_EQ(type->bits_per_element(), row.bits) << row.name;
  }
}

TEST(GgmlTypeTest, ids_ascend_and_are_found) {
  std::uint32_t next = 0;
  for (const GgmlType& type : ggml_types()) {
    EXPECT_GE(type.id, next);
    next = type.id + 1;
    EXPECT_EQ(find_ggml_type(type.id), &type);
    EXPECT_EQ(find_ggml_type(type.name), &type);
  }
  EXPECT_EQ(find_ggml_type("q4_k"), find_ggml_type("Q4_K"));
}

TEST(GgmlTypeTest, unknown_and_withdrawn_ids_are_told_apart) {
  EXPECT_EQ(find_ggml_type(31), nullptr);
  EXPECT_EQ(withdrawn_ggml_type(31), "Q4_0_4_4");
  EXPECT_EQ(find_ggml_type(999), nullptr);
  EXPECT_EQ(withdrawn_ggml_type(999), "");
  EXPECT_EQ(find_ggml_type("Q4"), nullptr);
  EXPECT_EQ(find_ggml_type(""), nullptr);
}

}  // namespace
}  // namespace hearth
