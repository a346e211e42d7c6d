#include "formats/byte_cursor.h"

#include <algorithm>

namespace hearth {

ByteCursor::ByteCursor(ByteSource& source, std::string what, std::size_t window_bytes)
    : source_(source), what_(std::move(what)), window_bytes_max_(std::max<std::size_t>(window_bytes, 1)) {}

Error ByteCursor::invalid(std::string found, std::string hint) const {
  if (hint.empty()) hint = "the file is damaged: fetch it again";
  return Error(ErrorCode::kInvalidData,
               "'" + source_.name() + "' is not a valid " + what_ + ": " + found + " (at byte " +
                   std::to_string(position_) + ")",
               std::move(hint))
      .with("path", source_.name())
      .with("offset", std::to_string(position_));
}

Error ByteCursor::ends_early(std::uint64_t wanted) const {
  return invalid("it ends after " + std::to_string(source_.size_bytes()) + " bytes where " + std::to_string(wanted) +
                     " more are needed",
                 "the file is truncated: fetch it again");
}

Status ByteCursor::read_bytes(std::span<std::byte> out) {
  if (out.size() > remaining()) return fail(ends_early(out.size()));
  while (!out.empty()) {
    const std::uint64_t window_end = window_begin_ + window_.size();
    if (position_ < window_begin_ || position_ >= window_end) {
      window_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(window_bytes_max_, remaining())));
      window_begin_ = position_;
      if (auto filled = source_.read_at(position_, window_); !filled) {
        window_.clear();
        return filled;
      }
      continue;
    }
    const auto inside = static_cast<std::size_t>(position_ - window_begin_);
    const std::size_t n = std::min(out.size(), window_.size() - inside);
    std::memcpy(out.data(), window_.data() + inside, n);
    out = out.subspan(n);
    position_ += n;
  }
  return {};
}

Result<std::string> ByteCursor::read_text(std::uint64_t size_bytes, std::uint64_t size_bytes_max) {
  if (size_bytes > remaining()) return fail(ends_early(size_bytes));
  if (size_bytes > size_bytes_max)
    return fail(invalid("a text of " + std::to_string(size_bytes) + " bytes, more than the " +
                        std::to_string(size_bytes_max) + " allowed"));
  std::string text(static_cast<std::size_t>(size_bytes), '\0');
  HEARTH_TRY(read_bytes(std::as_writable_bytes(std::span(text))));
  return text;
}

Status ByteCursor::skip(std::uint64_t bytes) {
  if (bytes > remaining()) return fail(ends_early(bytes));
  position_ += bytes;
  return {};
}

Status ByteCursor::seek(std::uint64_t position) {
  if (position > source_.size_bytes()) {
    const Error error = invalid("it points to byte " + std::to_string(position) + " behind its end at byte " +
                                std::to_string(source_.size_bytes()));
    return fail(error);
  }
  position_ = position;
  return {};
}

}  // namespace hearth
