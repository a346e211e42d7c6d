#include "engine/vector_pooling.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace hearth {
namespace {

// Two tokens of three values, and a row of padding that must never count.
constexpr std::array<float, 9> kRows = {1, 2, 3, 3, 0, 5, 99, 99, 99};
using Vector = std::vector<float>;

TEST(VectorPooling, leaves_padding_out) {
  EXPECT_EQ(pooled(kRows, 3, 2, Pooling::kMean), (Vector{2, 1, 4}));
  EXPECT_EQ(pooled(kRows, 3, 2, Pooling::kMax), (Vector{3, 2, 5}));
  EXPECT_EQ(pooled(kRows, 3, 2, Pooling::kLast), (Vector{3, 0, 5}));
  EXPECT_EQ(pooled(kRows, 3, 2, Pooling::kCls), (Vector{1, 2, 3}));
}

TEST(VectorPooling, cuts_dimensions_before_it_normalises) {
  Vector vector = {3, 4, 12};
  finish_vector(vector, 2, true);
  EXPECT_EQ(vector, (Vector{0.6F, 0.8F}));
  vector = {3, 4, 12};
  finish_vector(vector, {}, false);
  EXPECT_EQ(vector, (Vector{3, 4, 12}));
}

TEST(VectorPooling, a_vector_of_zeros_stays_and_has_no_cosine) {
  Vector zeros = {0, 0};
  finish_vector(zeros, {}, true);
  EXPECT_EQ(zeros, (Vector{0, 0}));
  EXPECT_EQ(cosine(zeros, Vector{1, 0}), 0);
  EXPECT_FLOAT_EQ(cosine(Vector{1, 1}, Vector{2, 2}), 1);
}

}  // namespace
}  // namespace hearth
