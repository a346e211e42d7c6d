// Reads little-endian values one after the other from a ByteSource, never past its end.
#pragma once

#include <bit>
#include <concepts>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "formats/byte_source.h"

namespace hearth {

static_assert(std::endian::native == std::endian::little, "headers are read as little-endian values in place");

// Borrows the source. Reads ahead in windows, so that a header of a million small values costs few source reads.
// Externally synchronised.
class ByteCursor {
 public:
  // `what` names what is being read in messages ("GGUF header"). The window is what one source read fetches.
  ByteCursor(ByteSource& source, std::string what, std::size_t window_bytes = 256 * 1024);

  [[nodiscard]] std::uint64_t position() const { return position_; }
  [[nodiscard]] std::uint64_t remaining() const { return source_.size_bytes() - position_; }
  [[nodiscard]] const std::string& source_name() const { return source_.name(); }

  // The value at the position, which moves on; InvalidData at the end of the source.
  template <class T>
  requires std::is_arithmetic_v<T> Result<T> read() {
    T value{};
    HEARTH_TRY(read_bytes(std::as_writable_bytes(std::span<T, 1>(&value, 1))));
    return value;
  }
  Status read_bytes(std::span<std::byte> out);
  // A text of exactly `size_bytes` bytes; InvalidData when it is longer than `size_bytes_max` or than what is left.
  Result<std::string> read_text(std::uint64_t size_bytes, std::uint64_t size_bytes_max);
  Status skip(std::uint64_t bytes);
  Status seek(std::uint64_t position);

  // InvalidData at the present position: "'x.gguf' is not a valid <what>: <found> at byte 17".
  [[nodiscard]] Error invalid(std::string found, std::string hint = {}) const;

 private:
  [[nodiscard]] Error ends_early(std::uint64_t wanted) const;

  ByteSource& source_;
  std::string what_;
  std::vector<std::byte> window_;
  std::size_t window_bytes_max_;
  std::uint64_t window_begin_ = 0;
  std::uint64_t position_ = 0;
};

}  // namespace hearth
