// The header of a GGUF file: metadata and the tensor table, checked so that whatever comes out of here can be relied
// on. Source: GGUF specification, ggml docs/gguf.md (versions 2 and 3).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "formats/byte_source.h"
#include "formats/ggml_type.h"
#include "hearth/result.h"

namespace hearth {

// The value types of the file format, with their stored numbers.
enum class GgufValueType : std::uint32_t {
  kUint8 = 0,
  kInt8 = 1,
  kUint16 = 2,
  kInt16 = 3,
  kUint32 = 4,
  kInt32 = 5,
  kFloat32 = 6,
  kBool = 7,
  kText = 8,
  kArray = 9,
  kUint64 = 10,
  kInt64 = 11,
  kFloat64 = 12,
};

// Elements of one type. Long arrays (a vocabulary's tokens) are walked and checked but not kept, see GgufReadLimits:
// `count` is always the stored number, `elements` holds all of them or nothing.
struct GgufArray {
  GgufValueType element_type = GgufValueType::kUint8;
  std::uint64_t count = 0;
  std::variant<std::vector<std::uint64_t>, std::vector<std::int64_t>, std::vector<double>, std::vector<std::string>>
      elements;
};

// Integers are widened to 64 bits with their sign, floats to double.
struct GgufValue {
  GgufValueType type = GgufValueType::kUint8;
  std::variant<std::uint64_t, std::int64_t, double, bool, std::string, GgufArray> value;

  // The value where the type allows it without loss; nothing otherwise.
  [[nodiscard]] std::optional<std::uint64_t> as_uint() const;  // non-negative integers
  [[nodiscard]] std::optional<double> as_number() const;       // integers and floats
  [[nodiscard]] std::optional<bool> as_bool() const;
  [[nodiscard]] const std::string* as_text() const;  // borrowed; null for other types
  [[nodiscard]] const GgufArray* as_array() const;   // borrowed; null for other types
};

struct GgufTensor {
  std::string name;
  std::array<std::uint64_t, 4> dims{1, 1, 1, 1};  // elements per dimension, the contiguous one first
  std::uint32_t n_dims = 0;
  const GgmlType* type = nullptr;  // never null; constant data
  std::uint64_t data_offset = 0;   // from the start of the data section
  std::uint64_t n_elements = 0;
  std::uint64_t size_bytes = 0;  // exact, without padding
};

// A value; immutable once returned.
struct GgufFile {
  std::string name;  // of the source
  std::uint32_t version = 0;
  std::uint64_t alignment_bytes = 32;
  std::map<std::string, GgufValue, std::less<>> metadata;
  std::vector<GgufTensor> tensors;  // in file order
  std::uint64_t data_offset = 0;    // of the data section from the start of the file; aligned
  std::uint64_t size_bytes = 0;     // of the file

  [[nodiscard]] const GgufValue* find(std::string_view key) const;             // null when absent
  [[nodiscard]] const GgufTensor* find_tensor(std::string_view tensor) const;  // null when absent; linear
  [[nodiscard]] std::string architecture() const;                              // "" when the file names none
  [[nodiscard]] std::optional<std::uint64_t> find_uint(std::string_view key) const;
  [[nodiscard]] std::optional<double> find_number(std::string_view key) const;
  [[nodiscard]] std::string find_text(std::string_view key) const;  // "" when absent or not a text
  [[nodiscard]] std::uint64_t tensor_bytes() const;                 // sum over all tensors, without padding
  [[nodiscard]] std::uint64_t n_parameters() const;                 // sum of elements
};

struct GgufReadLimits {
  std::uint64_t text_bytes_max = 64ULL << 20;   // one text; the longest in the field are chat templates, some 100 KiB
  std::uint64_t array_elements_kept = 4096;     // longer arrays are counted, not kept; 0 keeps none
  std::uint64_t kept_bytes_max = 256ULL << 20;  // of all keys, names, texts and kept arrays together
};

// Reads and checks the header; of the data section only its extent. Memory and time are bounded by the source's size
// and `limits`. Fails with InvalidData (damaged or truncated, says what, at which byte, how many bytes are missing),
// Unsupported (a version, byte order or tensor type that this reader doesn't know) or what the source fails with.
Result<GgufFile> read_gguf(ByteSource& source, const GgufReadLimits& limits = {});
Result<GgufFile> read_gguf(const std::filesystem::path& path, const GgufReadLimits& limits = {});

}  // namespace hearth
