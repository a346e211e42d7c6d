#include "domain/tensor.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "base/units.h"

namespace hearth {
namespace {

constexpr DataTypeInfo kTypes[] = {
    {DataType::kF32, "f32", 32, kDLFloat, "FP32"},
    {DataType::kF16, "f16", 16, kDLFloat, "FP16"},
    {DataType::kBf16, "bf16", 16, kDLBfloat, "BF16"},
    {DataType::kF64, "f64", 64, kDLFloat, "FP64"},
    {DataType::kU8, "u8", 8, kDLUInt, "UINT8"},
    {DataType::kI8, "i8", 8, kDLInt, "INT8"},
    {DataType::kU16, "u16", 16, kDLUInt, "UINT16"},
    {DataType::kI16, "i16", 16, kDLInt, "INT16"},
    {DataType::kU32, "u32", 32, kDLUInt, "UINT32"},
    {DataType::kI32, "i32", 32, kDLInt, "INT32"},
    {DataType::kU64, "u64", 64, kDLUInt, "UINT64"},
    {DataType::kI64, "i64", 64, kDLInt, "INT64"},
    {DataType::kBool, "bool", 8, kDLBool, "BOOL"},
    {DataType::kU4, "u4", 4, kDLUInt, ""},
    {DataType::kI4, "i4", 4, kDLInt, ""},
};

constexpr std::uint64_t kSizeMax = std::numeric_limits<std::int64_t>::max();

std::array<std::int64_t, Shape::kRankMax> dense_strides(const Shape& shape) {
  std::array<std::int64_t, Shape::kRankMax> strides{};
  std::int64_t step = 1;
  for (std::size_t i = shape.rank(); i-- > 0;) {
    strides[i] = step;
    step *= std::max<std::int64_t>(shape[i], 1);
  }
  return strides;
}

Status check_data(const DLTensor& tensor, const TensorView& view) {
  const auto bytes = tensor_bytes(view.type, view.shape);
  if (!bytes || !view.shape.is_static())
    return fail(ErrorCode::kInvalidData, "a DLPack tensor of shape " + view.shape.text() + " has no valid size");
  if (tensor.data == nullptr && *bytes != 0)
    return fail(ErrorCode::kInvalidData, "a DLPack tensor of shape " + view.shape.text() + " has no data");
  return {};
}

}  // namespace

std::span<const DataTypeInfo> data_type_table() { return kTypes; }

const DataTypeInfo& data_type_info(DataType type) { return kTypes[static_cast<std::size_t>(type)]; }

std::string_view data_type_name(DataType type) { return data_type_info(type).name; }

std::optional<DataType> data_type_of_name(std::string_view name) {
  const auto* row = std::ranges::find(kTypes, name, &DataTypeInfo::name);
  return row == std::end(kTypes) ? std::nullopt : std::optional(row->type);
}

std::optional<DataType> data_type_of(const DLDataType& type) {
  const auto* row = std::ranges::find_if(kTypes, [&](const DataTypeInfo& each) {
    return each.dl_code == type.code && each.bits == type.bits && type.lanes == 1;
  });
  return row == std::end(kTypes) ? std::nullopt : std::optional(row->type);
}

DLDataType dl_type(DataType type) {
  const auto& info = data_type_info(type);
  return {static_cast<std::uint8_t>(info.dl_code), static_cast<std::uint8_t>(info.bits), 1};
}

Shape::Shape(std::initializer_list<std::int64_t> dims) : rank_(static_cast<std::uint8_t>(dims.size())) {
  assert(dims.size() <= kRankMax);
  std::ranges::copy(dims, dims_.begin());
}

Result<Shape> Shape::from(std::span<const std::int64_t> dims) {
  if (dims.size() > kRankMax)
    return fail(ErrorCode::kInvalidData,
                "a shape has " + std::to_string(dims.size()) + " dimensions; Hearth carries up to 8");
  Shape shape;
  shape.rank_ = static_cast<std::uint8_t>(dims.size());
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] < kDynamic)
      return fail(ErrorCode::kInvalidData, "a shape has the dimension " + std::to_string(dims[i]));
    shape.dims_[i] = dims[i];
  }
  return shape;
}

bool Shape::is_static() const { return std::ranges::find(dims(), kDynamic) == dims().end(); }

bool Shape::admits(const Shape& concrete) const {
  if (rank_ != concrete.rank_ || !concrete.is_static()) return false;
  for (std::size_t i = 0; i < rank_; ++i) {
    if (dims_[i] != kDynamic && dims_[i] != concrete.dims_[i]) return false;
  }
  return true;
}

std::optional<std::uint64_t> Shape::n_elements() const {
  if (!is_static()) return std::nullopt;
  if (std::ranges::find(dims(), 0) != dims().end()) return 0;
  std::uint64_t n = 1;
  for (const auto dim : dims()) {
    if (!checked_mul(n, static_cast<std::uint64_t>(dim), n) || n > kSizeMax) return std::nullopt;
  }
  return n;
}

std::string Shape::text() const {
  std::string out = "[";
  for (std::size_t i = 0; i < rank_; ++i)
    out += (i == 0 ? "" : ",") + (dims_[i] == kDynamic ? std::string("?") : std::to_string(dims_[i]));
  return out + "]";
}

bool Shape::operator==(const Shape& other) const { return std::ranges::equal(dims(), other.dims()); }

std::optional<std::uint64_t> tensor_bytes(DataType type, const Shape& shape) {
  const auto n = shape.n_elements();
  std::uint64_t bits = 0;
  if (!n || !checked_mul(*n, data_type_info(type).bits, bits) || bits > kSizeMax - 7) return std::nullopt;
  return (bits + 7) / 8;
}

bool TensorDevice::is_host() const {
  return type == kDLCPU || type == kDLCUDAHost || type == kDLROCMHost || type == kDLCUDAManaged;
}

std::string TensorDevice::text() const {
  const auto numbered = [&](const char* name) { return name + (":" + std::to_string(id)); };
  switch (type) {
    case kDLCPU: return "cpu";
    case kDLCUDAHost:
    case kDLROCMHost: return "pinned";
    case kDLCUDA:
    case kDLCUDAManaged: return numbered("cuda");
    case kDLROCM: return numbered("rocm");
    case kDLOpenCL: return numbered("opencl");
    case kDLVulkan: return numbered("vulkan");
    case kDLMetal: return numbered("metal");
    case kDLOneAPI: return numbered("oneapi");
    case kDLWebGPU: return numbered("webgpu");
    default: return numbered(("device" + std::to_string(static_cast<int>(type))).c_str());
  }
}

bool TensorView::is_dense() const {
  if (strides.rank() == 0) return true;
  const auto wanted = dense_strides(shape);
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    if (shape[i] > 1 && strides[i] != wanted[i]) return false;
  }
  return true;
}

Status TensorView::check_access(std::optional<DataType> wanted, bool reads_only) const {
  if (wanted && *wanted != type)
    return fail(ErrorCode::kInvalidArgument, "a tensor of " + std::string(data_type_name(type)) + " was read as " +
                                                 std::string(data_type_name(*wanted)));
  if (!device.is_host())
    return fail(ErrorCode::kInvalidArgument, "a tensor on " + device.text() + " was read as host memory",
                "copy it to host memory first");
  if (!is_dense())
    return fail(ErrorCode::kInvalidArgument, "a tensor of shape " + shape.text() + " is not dense", "copy it first");
  if (read_only && !reads_only)
    return fail(ErrorCode::kInvalidArgument, "a read-only tensor was asked for to write to");
  return {};
}

Result<TensorView> view_of(const DLTensor& tensor, std::uint64_t flags) {
  const auto type = data_type_of(tensor.dtype);
  if (!type)
    return fail(ErrorCode::kInvalidData, "a DLPack tensor has elements of code " + std::to_string(tensor.dtype.code) +
                                             ", " + std::to_string(tensor.dtype.bits) + " bits and " +
                                             std::to_string(tensor.dtype.lanes) + " lanes, which Hearth doesn't carry");
  if (tensor.ndim < 0 || (tensor.ndim > 0 && tensor.shape == nullptr))
    return fail(ErrorCode::kInvalidData, "a DLPack tensor has no shape");
  const auto rank = static_cast<std::size_t>(tensor.ndim);
  TensorView view;
  view.type = *type;
  HEARTH_ASSIGN(shape, Shape::from(std::span(tensor.shape, rank)));
  view.shape = shape;
  HEARTH_TRY(check_data(tensor, view));
  if (tensor.strides != nullptr && rank <= Shape::kRankMax) {
    HEARTH_ASSIGN(strides, Shape::from(std::span(tensor.strides, rank)));
    view.strides = strides;
  }
  view.device = {tensor.device.device_type, tensor.device.device_id};
  view.data = tensor.data == nullptr ? nullptr : static_cast<std::byte*>(tensor.data) + tensor.byte_offset;
  view.read_only = (flags & DLPACK_FLAG_BITMASK_READ_ONLY) != 0;
  return view;
}

void BorrowedDlpack::fill(const TensorView& view) {
  std::ranges::copy(view.shape.dims(), shape_.begin());
  if (view.strides.rank() == 0)
    strides_ = dense_strides(view.shape);
  else
    std::ranges::copy(view.strides.dims(), strides_.begin());
  managed_ = {};
  managed_.version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
  managed_.deleter = [](DLManagedTensorVersioned*) {};
  managed_.flags = view.read_only ? DLPACK_FLAG_BITMASK_READ_ONLY : 0;
  managed_.dl_tensor = {view.data,
                        {view.device.type, view.device.id},
                        static_cast<std::int32_t>(view.shape.rank()),
                        dl_type(view.type),
                        shape_.data(),
                        strides_.data(),
                        0};
}

}  // namespace hearth
