// What a file's first bytes say it is, for attachments of requests.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/route.h"
#include "hearth/result.h"

namespace hearth {

// Absent for bytes of no known kind of picture, sound or film. Source: the formats' own signatures (PNG, JPEG, GIF,
// WebP, BMP; WAVE, FLAC, Ogg, MP3, AAC; MP4, Matroska).
[[nodiscard]] std::optional<AttachmentKind> media_kind_of(std::string_view first_bytes);

// An attachment read from `path`: decoded where its content is of the kind `claimed`. Errors as reading a file.
[[nodiscard]] Result<RouteAttachment> attachment_of(const std::string& path, AttachmentKind claimed);

}  // namespace hearth
