// Writes GGUF bytes for tests, right or deliberately wrong: nothing is checked, every field can be forced.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace hearth::test {

// Appends little-endian values to a text of bytes. The calls return the writer, to be chained.
class ByteWriter {
 public:
  template <class T>
  requires std::is_arithmetic_v<T> ByteWriter& put(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
    return *this;
  }
  ByteWriter& raw(std::string_view bytes) {
    bytes_.append(bytes);
    return *this;
  }
  ByteWriter& text(std::string_view value) { return put<std::uint64_t>(value.size()).raw(value); }
  ByteWriter& pad_to(std::size_t alignment) {
    bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment, '\0');
    return *this;
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// A tensor's entry as it goes into the file.
struct TensorEntry {
  std::string name;
  std::vector<std::uint64_t> dims;
  std::uint32_t type = 0;
  std::uint64_t offset = 0;
};

// A whole file. Counts are those of what was added unless forced.
class GgufBuilder {
 public:
  GgufBuilder& uint32(std::string_view key, std::uint32_t value);
  GgufBuilder& float32(std::string_view key, float value);
  GgufBuilder& text(std::string_view key, std::string_view value);
  GgufBuilder& uint32_array(std::string_view key, const std::vector<std::uint32_t>& values);
  GgufBuilder& text_array(std::string_view key, const std::vector<std::string>& values);
  // An entry with any bytes after its type.
  GgufBuilder& entry(std::string_view key, std::uint32_t type, std::string_view bytes);
  GgufBuilder& tensor(TensorEntry tensor);
  GgufBuilder& data(std::size_t bytes) { return data_bytes_ = bytes, *this; }
  GgufBuilder& version(std::uint32_t version) { return version_ = version, *this; }
  GgufBuilder& n_tensors(std::uint64_t forced) { return n_tensors_ = forced, forced_tensors_ = true, *this; }
  GgufBuilder& n_entries(std::uint64_t forced) { return n_entries_ = forced, forced_entries_ = true, *this; }

  [[nodiscard]] std::string build(std::size_t alignment = 32) const;

 private:
  ByteWriter entries_;
  std::vector<TensorEntry> tensors_;
  std::size_t data_bytes_ = 0;
  std::uint32_t version_ = 3;
  std::uint64_t n_tensors_ = 0;
  std::uint64_t n_entries_ = 0;
  bool forced_tensors_ = false;
  bool forced_entries_ = false;
};

// A valid header of a two-layer model with two tensors and their data, about 1 KiB; not enough tensors to run.
GgufBuilder small_gguf();

}  // namespace hearth::test
