// Tensors between stages: element types, shapes, what a model's port takes, borrowed views, and DLPack's form of them.
#pragma once

#include <dlpack/dlpack.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/result.h"

namespace hearth {

enum class DataType : std::uint8_t {
  kF32,
  kF16,
  kBf16,
  kF64,
  kU8,
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kU64,
  kI64,
  kBool,  // one byte, 0 or 1
  kU4,    // two in a byte, the first in the low half
  kI4,
};

// One row of the table of element types.
struct DataTypeInfo {
  DataType type;
  std::string_view name;  // "f32", "u8", ...: as written in JSON, records and messages
  std::uint32_t bits;
  DLDataTypeCode dl_code;        // DLPack's; its lanes are always 1 here
  std::string_view kserve_name;  // Source: KServe v2 inference protocol, tensor data types; empty where it has none
};

// Every type, in the order of the enum. Constant data.
[[nodiscard]] std::span<const DataTypeInfo> data_type_table();
[[nodiscard]] const DataTypeInfo& data_type_info(DataType type);
[[nodiscard]] std::string_view data_type_name(DataType type);
[[nodiscard]] std::optional<DataType> data_type_of_name(std::string_view name);
// Absent for types that Hearth doesn't carry, and for more than one lane.
[[nodiscard]] std::optional<DataType> data_type_of(const DLDataType& type);
[[nodiscard]] DLDataType dl_type(DataType type);

// The data type that holds a C++ number. bool is kBool; half-precision numbers have no C++ type here.
template <class T>
inline constexpr std::optional<DataType> kDataTypeOf = std::nullopt;
template <>
inline constexpr std::optional<DataType> kDataTypeOf<float> = DataType::kF32;
template <>
inline constexpr std::optional<DataType> kDataTypeOf<double> = DataType::kF64;
template <>
inline constexpr std::optional<DataType> kDataTypeOf<std::uint8_t> = DataType::kU8;
template <>
inline constexpr std::optional<DataType> kDataTypeOf<std::int8_t> = DataType::kI8;
template <>
inline constexpr std::optional<DataType> kDataTypeOf<std::uint16_t> = DataType::kU16;
template <>
inline constexpr std::optional<DataType> kDataTypeOf<std::int16_t> = DataType::kI16;
template <>
inline constexpr std::optional<DataType> kDataTypeOf<std::uint32_t> = DataType::kU32;
template <>
inline constexpr std::optional<DataType> kDataTypeOf<std::int32_t> = DataType::kI32;
template <>
inline constexpr std::optional<DataType> kDataTypeOf<std::uint64_t> = DataType::kU64;
template <>
inline constexpr std::optional<DataType> kDataTypeOf<std::int64_t> = DataType::kI64;
template <>
inline constexpr std::optional<DataType> kDataTypeOf<bool> = DataType::kBool;

// Dimensions, outermost first. Holds up to kRankMax of them inline, so that views are made without allocating.
// -1 is a dimension that is not known yet; only specs have such.
class Shape {
 public:
  static constexpr std::size_t kRankMax = 8;  // the deepest models seen have 6 (attention with windows)
  static constexpr std::int64_t kDynamic = -1;

  Shape() = default;  // a scalar: no dimensions, one element
  // More than kRankMax dimensions is our own fault; use from() for what came from outside.
  Shape(std::initializer_list<std::int64_t> dims);
  // InvalidData: too many dimensions, or one below -1.
  static Result<Shape> from(std::span<const std::int64_t> dims);

  [[nodiscard]] std::size_t rank() const { return rank_; }
  [[nodiscard]] std::span<const std::int64_t> dims() const { return {dims_.data(), rank_}; }
  [[nodiscard]] std::int64_t operator[](std::size_t i) const { return dims_[i]; }
  [[nodiscard]] std::int64_t& operator[](std::size_t i) { return dims_[i]; }
  [[nodiscard]] bool is_static() const;
  // Whether `concrete` is this shape with its dynamic dimensions filled in.
  [[nodiscard]] bool admits(const Shape& concrete) const;
  // Product of the dimensions; 0 with an empty one. Absent when one is dynamic or the product leaves 63 bits.
  [[nodiscard]] std::optional<std::uint64_t> n_elements() const;
  // "[1,3,?,640]".
  [[nodiscard]] std::string text() const;
  bool operator==(const Shape& other) const;

 private:
  std::array<std::int64_t, kRankMax> dims_{};
  std::uint8_t rank_ = 0;
};

// Bytes of a dense tensor; absent as Shape::n_elements, and when the bytes leave 63 bits.
[[nodiscard]] std::optional<std::uint64_t> tensor_bytes(DataType type, const Shape& shape);

// Where memory lies, in DLPack's words. Hearth's device names are the runtime's; this says only what kind of pointer it
// is. id counts devices of the kind.
struct TensorDevice {
  DLDeviceType type = kDLCPU;
  std::int32_t id = 0;
  bool operator==(const TensorDevice&) const = default;
  // Plain loads and stores reach it: kDLCPU, pinned and managed memory.
  [[nodiscard]] bool is_host() const;
  // "cpu", "cuda:0", ...: the `from` and `to` of copies.
  [[nodiscard]] std::string text() const;
};

// What one input or output of a model takes or gives.
struct TensorSpec {
  std::string name;
  DataType type = DataType::kF32;
  Shape shape;         // with -1 where the model leaves it open
  std::string layout;  // "NCHW", "NHWC", ... where model or runtime tell it; a hint, may be empty
  bool operator==(const TensorSpec&) const = default;
};

// A tensor that somebody else owns: the view lives no longer than its memory. Copying copies the view.
struct TensorView {
  void* data = nullptr;
  DataType type = DataType::kF32;
  Shape shape;  // static
  // In elements, one a dimension; rank 0 means dense row-major.
  Shape strides;
  TensorDevice device;
  bool read_only = false;

  // 0 when the shape is not static or too large: such a view is never made by view_of().
  [[nodiscard]] std::uint64_t n_elements() const { return shape.n_elements().value_or(0); }
  [[nodiscard]] std::uint64_t size_bytes() const { return tensor_bytes(type, shape).value_or(0); }
  // Dense and row-major, whether or not strides are given.
  [[nodiscard]] bool is_dense() const;

  // The elements of a dense tensor in host memory. T is the C++ type of `type` (std::byte fits any).
  // InvalidArgument: another type, not dense, not in host memory, or read-only while T is not const.
  template <class T>
  [[nodiscard]] Result<std::span<T>> span() const {
    using Element = std::remove_const_t<T>;
    if constexpr (std::is_same_v<Element, std::byte>) {
      HEARTH_TRY(check_access(std::nullopt, std::is_const_v<T>));
      return std::span<T>(static_cast<T*>(data), static_cast<std::size_t>(size_bytes()));
    } else {
      static_assert(kDataTypeOf<Element>.has_value(), "no tensor holds this type");
      HEARTH_TRY(check_access(kDataTypeOf<Element>, std::is_const_v<T>));
      return std::span<T>(static_cast<T*>(data), static_cast<std::size_t>(n_elements()));
    }
  }

 private:
  [[nodiscard]] Status check_access(std::optional<DataType> wanted, bool reads_only) const;
};

// A dense view of `values` as a tensor of `shape`, whose element count must be values.size() (our own fault else).
template <class T>
[[nodiscard]] TensorView view_of(std::span<T> values, const Shape& shape) {
  using Element = std::remove_const_t<T>;
  static_assert(kDataTypeOf<Element>.has_value(), "no tensor holds this type");
  return {.data = const_cast<Element*>(values.data()),
          .type = *kDataTypeOf<Element>,
          .shape = shape,
          .strides = {},
          .device = {},
          .read_only = std::is_const_v<T>};
}

// The tensor that `tensor` describes; nothing of it is believed before it is checked.
// InvalidData: unknown type or lanes, too many dimensions, negative ones, null data of a tensor that has elements, or a
// size that leaves 63 bits. `flags` are those of DLManagedTensorVersioned.
Result<TensorView> view_of(const DLTensor& tensor, std::uint64_t flags = 0);

// DLPack's managed form of a borrowed view, with its arrays beside it. Its deleter does nothing: the memory of the view
// and this object outlive whoever holds the managed tensor. Not movable: `managed` points into it.
class BorrowedDlpack {
 public:
  BorrowedDlpack() = default;
  BorrowedDlpack(const BorrowedDlpack&) = delete;
  BorrowedDlpack& operator=(const BorrowedDlpack&) = delete;
  // Nobody may hold what was filled before.
  void fill(const TensorView& view);
  [[nodiscard]] DLManagedTensorVersioned* managed() { return &managed_; }

 private:
  DLManagedTensorVersioned managed_{};
  std::array<std::int64_t, Shape::kRankMax> shape_{};
  std::array<std::int64_t, Shape::kRankMax> strides_{};
};

}  // namespace hearth
