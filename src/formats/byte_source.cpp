#include "formats/byte_source.h"

#include <cstring>

namespace hearth {

Status MemorySource::read_at(std::uint64_t offset, std::span<std::byte> out) {
  if (offset > bytes_.size() || out.size() > bytes_.size() - offset)
    return fail(ErrorCode::kInvalidData, "'" + name_ + "' ends before what is read");
  if (!out.empty()) std::memcpy(out.data(), bytes_.data() + offset, out.size());
  return {};
}

}  // namespace hearth
