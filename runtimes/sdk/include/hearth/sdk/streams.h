// Bytes to and from the host: JSON texts, saved states.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "hearth/sdk/abi_values.h"

namespace hearth::sdk {

// Borrowed by a call for its duration.
class Writer {
 public:
  explicit Writer(const hearth_sink* sink) : sink_(&required(sink, "the sink")) {}
  // Throws CANCELLED when the receiver wants no more.
  void write(const void* data, std::size_t size) const {
    if (size != 0 && sink_->write(sink_->ctx, data, size) != 0)
      throw Error(HEARTH_CANCELLED, "the receiver of the bytes stopped");
  }
  void text(std::string_view text) const { write(text.data(), text.size()); }
  template <class T>
  void value(const T& value) const {
    static_assert(std::is_trivially_copyable_v<T>);
    write(&value, sizeof(T));
  }

 private:
  const hearth_sink* sink_;
};

// Borrowed by a call for its duration.
class Reader {
 public:
  explicit Reader(const hearth_source* source) : source_(&required(source, "the source")) {}
  // How many bytes came; less than `size` only at the end. Throws IO when the source claims more than was asked for.
  [[nodiscard]] std::size_t read_some(void* data, std::size_t size) const {
    std::size_t done = 0;
    while (done < size) {
      const std::size_t n = source_->read(source_->ctx, static_cast<char*>(data) + done, size - done);
      if (n > size - done) throw Error(HEARTH_IO, "the source of the bytes gave more than was asked for");
      if (n == 0) break;
      done += n;
    }
    return done;
  }
  // Throws INVALID_DATA when the bytes end early.
  void read(void* data, std::size_t size) const {
    if (const auto n = read_some(data, size); n != size) {
      throw Error(HEARTH_INVALID_DATA,
                  "the saved state ends " + std::to_string(size - n) + " bytes too early; save it again");
    }
  }
  template <class T>
  [[nodiscard]] T value() const {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    read(&value, sizeof(T));
    return value;
  }
  [[nodiscard]] bool at_end() const {
    char byte = 0;
    return read_some(&byte, 1) == 0;
  }

 private:
  const hearth_source* source_;
};

}  // namespace hearth::sdk
