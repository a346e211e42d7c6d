// Values inside a frame's payload: fixed-size numbers in host byte order, text and arrays with a 32-bit count before
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace hearth {

// Appends values. Externally synchronised.
class WireWriter {
 public:
  template <class T>
  void put(T value) {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
    append(&value, sizeof(T));
  }
  void put_text(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    append(text.data(), text.size());
  }
  template <class T>
  void put_array(std::span<const T> values) {
    static_assert(std::is_arithmetic_v<T>);
    put(static_cast<std::uint32_t>(values.size()));
    append(values.data(), values.size_bytes());
  }
  void append_all(const WireWriter& other) { append(other.bytes_.data(), other.bytes_.size()); }
  void clear() { bytes_.clear(); }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  void append(const void* data, std::size_t size) {
    if (size == 0) return;
    const auto* first = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), first, first + size);
  }
  std::vector<std::byte> bytes_;
};

// Takes values out in the order they were put in. After the first one that is not whole, everything is zero and empty
// and ok() is false, so that a message is read without a check per field and checked once at its end.
class WireReader {
 public:
  explicit WireReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <class T>
  [[nodiscard]] T get() {
    static_assert(std::is_arithmetic_v<T>);
    T value{};
    const auto part = take(sizeof(T));
    if (!part.empty()) std::memcpy(&value, part.data(), sizeof(T));
    return value;
  }
  // Borrowed from the payload.
  [[nodiscard]] std::string_view get_text() {
    const auto part = take(get<std::uint32_t>());
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }
  // Replaces `out`; a copy, because the payload's alignment is arbitrary.
  template <class T>
  void get_array(std::vector<T>& out) {
    static_assert(std::is_arithmetic_v<T>);
    const std::uint64_t n = get<std::uint32_t>();
    const auto part = take(n * sizeof(T));
    out.resize(part.size() / sizeof(T));
    if (!part.empty()) std::memcpy(out.data(), part.data(), part.size());
  }
  [[nodiscard]] bool ok() const { return ok_; }
  // Nothing is left to read.
  [[nodiscard]] bool at_end() const { return bytes_.empty(); }
  // Everything was whole and nothing is left over.
  [[nodiscard]] bool done() const { return ok_ && bytes_.empty(); }

 private:
  std::span<const std::byte> take(std::uint64_t size) {
    if (!ok_ || size > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const auto part = bytes_.first(static_cast<std::size_t>(size));
    bytes_ = bytes_.subspan(static_cast<std::size_t>(size));
    return part;
  }
  std::span<const std::byte> bytes_;
  bool ok_ = true;
};

}  // namespace hearth
