// Reads the fields of a Protocol Buffers message in place. Source: the encoding page of the Protocol Buffers
// documentation (varints, wire types 0, 1, 2 and 5).
#pragma once

#include <cstdint>
#include <string_view>

#include "hearth/sdk/error.h"

namespace hearth::onnxruntime {

// One field: its number and either its value or its bytes, borrowed from the message.
struct ProtoField {
  std::uint32_t number = 0;
  std::uint64_t value = 0;
  std::string_view bytes;
};

// Throws INVALID_DATA where the message is not whole; the fields given out before that stay good.
class ProtoReader {
 public:
  explicit ProtoReader(std::string_view message) : left_(message) {}

  // False at the end.
  bool next(ProtoField& field) {
    if (left_.empty()) return false;
    const auto key = varint();
    field = {static_cast<std::uint32_t>(key >> 3U), 0, {}};
    switch (key & 7U) {
      case 0: field.value = varint(); return true;
      case 1: field.bytes = take(8); return true;
      case 2: field.bytes = take(varint()); return true;
      case 5: field.bytes = take(4); return true;
      default: broken();
    }
  }

 private:
  [[noreturn]] static void broken() { throw sdk::Error(HEARTH_INVALID_DATA, "the file is truncated or no ONNX model"); }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (left_.empty()) broken();
      const auto byte = static_cast<unsigned char>(left_.front());
      left_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) return value;
    }
    broken();
  }
  std::string_view take(std::uint64_t size) {
    if (size > left_.size()) broken();
    const auto part = left_.substr(0, static_cast<std::size_t>(size));
    left_.remove_prefix(static_cast<std::size_t>(size));
    return part;
  }
  std::string_view left_;
};

}  // namespace hearth::onnxruntime
