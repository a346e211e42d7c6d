// The one thing of Exif that changes what a picture shows: its orientation.
#pragma once

#include <cstdint>
#include <span>

#include "vision/image.h"

namespace hearth {

// Tag 0x0112 of the first directory of a TIFF structure ("II*\0..." or "MM\0*..."); 1 where it is absent, damaged or
// outside 1..8. Source: Exif 2.32, section 4.6.4.
[[nodiscard]] std::uint8_t exif_orientation(std::span<const std::uint8_t> tiff);

// Of a JPEG file: the orientation in its APP1 segment, and whether it has Adobe's APP14 segment (whose CMYK is stored
// inverted). Looks at the segments before the first scan only.
struct JpegSegments {
  std::uint8_t orientation = 1;
  bool has_adobe = false;
};
[[nodiscard]] JpegSegments read_jpeg_segments(std::span<const std::uint8_t> file);

// 5 to 8 lie on their side.
[[nodiscard]] constexpr bool swaps_sides(std::uint8_t orientation) { return orientation >= 5; }

// `source` as it is meant to be looked at.
void apply_orientation(const ImageView& source, std::uint8_t orientation, Image& out);

}  // namespace hearth
