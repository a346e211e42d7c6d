// A file on a web server as a source of bytes: headers are read without the weights.
#pragma once

#include "formats/byte_source.h"
#include "platform/http_range.h"

namespace hearth {

// Externally synchronised. Errors as HttpRangeReader.
class HttpSource final : public ByteSource {
 public:
  explicit HttpSource(HttpRangeReader reader) : reader_(std::move(reader)) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return reader_.size_bytes(); }
  [[nodiscard]] const std::string& name() const override { return reader_.url(); }
  [[nodiscard]] std::uint64_t fetched_bytes() const { return reader_.fetched_bytes(); }
  Status read_at(std::uint64_t offset, std::span<std::byte> out) override { return reader_.read_at(offset, out); }

 private:
  HttpRangeReader reader_;
};

}  // namespace hearth
