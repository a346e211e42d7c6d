#include "vision/exif.h"

#include <cstring>
#include <string_view>

namespace hearth {
namespace {

// Numbers of a TIFF structure in its own byte order; 0 beyond its end.
class TiffNumbers {
 public:
  TiffNumbers(std::span<const std::uint8_t> bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}
  [[nodiscard]] std::uint32_t u16(std::size_t at) const {
    if (at + 2 > bytes_.size()) return 0;
    return big_endian_ ? static_cast<std::uint32_t>(bytes_[at]) << 8U | bytes_[at + 1]
                       : static_cast<std::uint32_t>(bytes_[at + 1]) << 8U | bytes_[at];
  }
  [[nodiscard]] std::uint32_t u32(std::size_t at) const {
    return big_endian_ ? u16(at) << 16U | u16(at + 2) : u16(at + 2) << 16U | u16(at);
  }

 private:
  std::span<const std::uint8_t> bytes_;
  bool big_endian_;
};

constexpr std::uint32_t kOrientationTag = 0x0112;
constexpr std::uint32_t kTypeShort = 3;

// Where the pixel shown at (0,0) comes from, and the steps to the next pixel and the next row, in source pixels.
struct Walk {
  std::int32_t x, y;
  std::int32_t across_x, across_y;
  std::int32_t down_x, down_y;
};

Walk walk_of(const ImageView& source, std::uint8_t orientation) {
  const std::int32_t right = source.width - 1;
  const std::int32_t bottom = source.height - 1;
  switch (orientation) {
    case 2: return {right, 0, -1, 0, 0, 1};
    case 3: return {right, bottom, -1, 0, 0, -1};
    case 4: return {0, bottom, 1, 0, 0, -1};
    case 5: return {0, 0, 0, 1, 1, 0};
    case 6: return {0, bottom, 0, -1, 1, 0};
    case 7: return {right, bottom, 0, -1, -1, 0};
    case 8: return {right, 0, 0, 1, -1, 0};
    default: return {0, 0, 1, 0, 0, 1};
  }
}

}  // namespace

std::uint8_t exif_orientation(std::span<const std::uint8_t> tiff) {
  if (tiff.size() < 8) return 1;
  const std::string_view order(reinterpret_cast<const char*>(tiff.data()), 2);
  if (order != "II" && order != "MM") return 1;
  const TiffNumbers numbers(tiff, order == "MM");
  const std::size_t directory = numbers.u32(4);
  if (directory >= tiff.size()) return 1;
  const std::uint32_t n_entries = numbers.u16(directory);
  for (std::uint32_t i = 0; i < n_entries; ++i) {
    const std::size_t entry = directory + 2 + std::size_t{12} * i;
    if (entry + 12 > tiff.size()) return 1;
    if (numbers.u16(entry) != kOrientationTag) continue;
    const std::uint32_t value = numbers.u16(entry + 8);
    return numbers.u16(entry + 2) == kTypeShort && value >= 1 && value <= 8 ? static_cast<std::uint8_t>(value) : 1;
  }
  return 1;
}

JpegSegments read_jpeg_segments(std::span<const std::uint8_t> file) {
  constexpr std::string_view kExif("Exif\0\0", 6);
  constexpr std::string_view kAdobe("Adobe");
  JpegSegments found;
  bool has_exif = false;
  std::size_t at = 2;
  while (at + 4 <= file.size() && file[at] == 0xFF) {
    const std::uint8_t marker = file[at + 1];
    if (marker == 0xFF) {  // fill byte
      ++at;
      continue;
    }
    if (marker == 0xDA || marker == 0xD9) break;
    const std::size_t length = static_cast<std::size_t>(file[at + 2]) << 8U | file[at + 3];
    if (length < 2 || at + 2 + length > file.size()) break;
    const auto body = file.subspan(at + 4, length - 2);
    const std::string_view text(reinterpret_cast<const char*>(body.data()), body.size());
    if (marker == 0xE1 && !has_exif && text.starts_with(kExif)) {
      found.orientation = exif_orientation(body.subspan(kExif.size()));
      has_exif = true;
    }
    if (marker == 0xEE && text.starts_with(kAdobe)) found.has_adobe = true;
    at += 2 + length;
  }
  return found;
}

void apply_orientation(const ImageView& source, std::uint8_t orientation, Image& out) {
  const bool swaps = swaps_sides(orientation);
  out.reset(swaps ? source.height : source.width, swaps ? source.width : source.height, source.format);
  const Walk walk = walk_of(source, orientation);
  const std::ptrdiff_t n_channels = channel_count(source.format);
  const std::ptrdiff_t across = walk.across_x * n_channels + walk.across_y * source.stride;
  for (std::int32_t y = 0; y < out.height(); ++y) {
    const std::uint8_t* from = source.row(walk.y + walk.down_y * y) + (walk.x + walk.down_x * y) * n_channels;
    std::uint8_t* to = out.row(y);
    for (std::int32_t x = 0; x < out.width(); ++x, from += across, to += n_channels) {
      for (std::ptrdiff_t c = 0; c < n_channels; ++c) to[c] = from[c];
    }
  }
}

}  // namespace hearth
