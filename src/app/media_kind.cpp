#include "app/media_kind.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "platform/file.h"

namespace hearth {
namespace {

struct Signature {
  std::size_t offset;
  std::string_view bytes;
  AttachmentKind kind;
};

constexpr std::array kSignatures = {
    Signature{0, "\x89PNG\r\n\x1a\n", AttachmentKind::kImage},
    Signature{0, "\xff\xd8\xff", AttachmentKind::kImage},
    Signature{0, "GIF8", AttachmentKind::kImage},
    Signature{8, "WEBP", AttachmentKind::kImage},
    Signature{0, "BM", AttachmentKind::kImage},
    Signature{8, "WAVE", AttachmentKind::kAudio},
    Signature{0, "fLaC", AttachmentKind::kAudio},
    Signature{0, "OggS", AttachmentKind::kAudio},
    Signature{0, "ID3", AttachmentKind::kAudio},
    Signature{0, "\xff\xfb", AttachmentKind::kAudio},
    Signature{0, "\xff\xf1", AttachmentKind::kAudio},
    Signature{4, "ftypM4A", AttachmentKind::kAudio},
    Signature{4, "ftyp", AttachmentKind::kVideo},
    Signature{0, "\x1a\x45\xdf\xa3", AttachmentKind::kVideo},
};

}  // namespace

std::optional<AttachmentKind> media_kind_of(std::string_view first_bytes) {
  for (const Signature& signature : kSignatures)
    if (first_bytes.size() >= signature.offset + signature.bytes.size() &&
        first_bytes.substr(signature.offset, signature.bytes.size()) == signature.bytes)
      return signature.kind;
  return std::nullopt;
}

Result<RouteAttachment> attachment_of(const std::string& path, AttachmentKind claimed) {
  HEARTH_ASSIGN(file, ReadableFile::open(path));
  std::array<char, 16> head{};
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(head.size(), file.size_bytes()));
  HEARTH_TRY(file.read_at(0, std::as_writable_bytes(std::span(head).first(n))));
  RouteAttachment attachment;
  const auto kind = media_kind_of({head.data(), n});
  attachment.kind = kind.value_or(claimed);
  attachment.decoded = kind.has_value();
  attachment.bytes = file.size_bytes();
  return attachment;
}

}  // namespace hearth
