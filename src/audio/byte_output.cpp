#include "audio/byte_output.h"

#include <algorithm>

namespace hearth {

Status MemoryOutput::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  const auto at = static_cast<std::size_t>(offset);
  if (bytes_.size() < at + bytes.size()) bytes_.resize(at + bytes.size());
  std::ranges::copy(bytes, bytes_.begin() + static_cast<std::ptrdiff_t>(at));
  return {};
}

Status StreamedOutput::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  const std::uint64_t n_old = offset < n_sent_ ? std::min<std::uint64_t>(n_sent_ - offset, bytes.size()) : 0;
  const auto fresh = bytes.subspan(static_cast<std::size_t>(n_old));
  if (fresh.empty()) return {};
  n_sent_ += fresh.size();
  if (!receive_(fresh)) return fail(ErrorCode::kCancelled, "the sound is wanted no more");
  return {};
}

}  // namespace hearth
