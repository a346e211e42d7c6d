#include "domain/tensor.h"

#include <gtest/gtest.h>

#include <limits>

namespace hearth {
namespace {

TEST(DataType, every_row_is_found_by_its_name_and_by_its_dlpack_type) {
  for (const auto& row : data_type_table()) {
    EXPECT_EQ(&data_type_info(row.type), &row);
    EXPECT_EQ(data_type_of_name(row.name), row.type);
    EXPECT_EQ(data_type_of(dl_type(row.type)), row.type);
  }
  EXPECT_FALSE(data_type_of_name("f31"));
  EXPECT_FALSE(data_type_of({kDLFloat, 32, 4}));
  EXPECT_FALSE(data_type_of({kDLComplex, 64, 1}));
}

TEST(Shape, counts_elements_and_refuses_what_leaves_63_bits) {
  EXPECT_EQ(Shape{}.n_elements(), 1U);
  EXPECT_EQ((Shape{2, 3, 4}).n_elements(), 24U);
  EXPECT_EQ((Shape{2, 0, std::numeric_limits<std::int64_t>::max()}).n_elements(), 0U);
  EXPECT_FALSE((Shape{2, -1}).n_elements());
  EXPECT_FALSE((Shape{std::int64_t{1} << 40, std::int64_t{1} << 40}).n_elements());
  EXPECT_FALSE((Shape{std::int64_t{1} << 62, 2}).n_elements());
  EXPECT_FALSE(tensor_bytes(DataType::kF64, {std::int64_t{1} << 60, 2}));
  EXPECT_EQ(tensor_bytes(DataType::kI4, {3}), 2U);
}

TEST(Shape, from_refuses_too_many_and_negative_dimensions) {
  const std::vector<std::int64_t> nine(9, 1);
  EXPECT_EQ(Shape::from(nine).error().code, ErrorCode::kInvalidData);
  const std::vector<std::int64_t> negative = {1, -2};
  EXPECT_EQ(Shape::from(negative).error().code, ErrorCode::kInvalidData);
}

TEST(Shape, admits_what_fills_its_open_dimensions) {
  const Shape open = {-1, 3, -1, 640};
  EXPECT_TRUE(open.admits({4, 3, 480, 640}));
  EXPECT_FALSE(open.admits({4, 1, 480, 640}));
  EXPECT_FALSE(open.admits({4, 3, -1, 640}));
  EXPECT_FALSE(open.admits({4, 3, 480}));
  EXPECT_EQ(open.text(), "[?,3,?,640]");
}

TEST(TensorView, gives_its_elements_only_as_what_they_are) {
  std::vector<float> values(6, 1.5F);
  TensorView view = view_of(std::span(values), {2, 3});
  EXPECT_EQ(view.size_bytes(), 24U);
  EXPECT_EQ((*view.span<float>())[5], 1.5F);
  EXPECT_EQ(view.span<const std::byte>()->size(), 24U);
  EXPECT_EQ(view.span<const double>().error().code, ErrorCode::kInvalidArgument);
  view.strides = {1, 2};
  EXPECT_FALSE(view.is_dense());
  EXPECT_EQ(view.span<const float>().error().code, ErrorCode::kInvalidArgument);
  view.strides = {3, 1};
  view.device = {kDLCUDA, 1};
  EXPECT_EQ(view.span<const float>().error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(view.device.text(), "cuda:1");
}

TEST(TensorView, of_constant_elements_is_read_only) {
  const std::vector<float> values(2);
  const TensorView view = view_of(std::span(values), {2});
  EXPECT_TRUE(view.span<const float>());
  EXPECT_EQ(view.span<float>().error().code, ErrorCode::kInvalidArgument);
}

TEST(Dlpack, a_view_comes_back_from_its_managed_form) {
  std::vector<std::int64_t> values(12);
  TensorView view = view_of(std::span(values), {3, 4});
  BorrowedDlpack borrowed;
  borrowed.fill(view);
  const auto back = view_of(borrowed.managed()->dl_tensor, borrowed.managed()->flags);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->data, view.data);
  EXPECT_EQ(back->type, DataType::kI64);
  EXPECT_EQ(back->shape, view.shape);
  EXPECT_TRUE(back->is_dense());
  borrowed.managed()->dl_tensor.byte_offset = 8;
  EXPECT_EQ(view_of(borrowed.managed()->dl_tensor)->data, values.data() + 1);
}

TEST(Dlpack, a_lying_tensor_is_refused) {
  std::int64_t dims[] = {2, 3};
  std::vector<float> values(6);
  const DLTensor good = {values.data(), {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, dims, nullptr, 0};
  ASSERT_TRUE(view_of(good));
  const auto refused = [&](auto&& change) {
    DLTensor bad = good;
    std::int64_t own[] = {2, 3};
    bad.shape = own;
    change(bad);
    const auto result = view_of(bad);
    return !result && result.error().code == ErrorCode::kInvalidData;
  };
  EXPECT_TRUE(refused([](DLTensor& t) { t.dtype.lanes = 2; }));
  EXPECT_TRUE(refused([](DLTensor& t) { t.dtype.code = 99; }));
  EXPECT_TRUE(refused([](DLTensor& t) { t.ndim = -1; }));
  EXPECT_TRUE(refused([](DLTensor& t) { t.shape = nullptr; }));
  EXPECT_TRUE(refused([](DLTensor& t) { t.data = nullptr; }));
  EXPECT_TRUE(refused([](DLTensor& t) { t.shape[0] = -1; }));
  EXPECT_TRUE(refused([](DLTensor& t) { t.shape[0] = std::int64_t{1} << 62; }));
}

}  // namespace
}  // namespace hearth
