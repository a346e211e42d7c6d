// Windows bitmaps. Source: Microsoft's BITMAPFILEHEADER, BITMAPCOREHEADER and BITMAPV5HEADER. Written here because it
// is a page, and the libraries that read it read a dozen more formats with it.
#include <array>
#include <bit>
#include <limits>

#include "vision/picture_codec.h"

namespace hearth {
namespace {

constexpr std::uint32_t kUncompressed = 0;  // BI_RGB
constexpr std::uint32_t kBitFields = 3;     // BI_BITFIELDS
constexpr std::uint32_t kAlphaBitFields = 6;

struct BmpLayout {
  std::int32_t width = 0;
  std::int32_t height = 0;
  bool top_down = false;
  std::uint32_t bits = 0;                 // a pixel
  std::array<std::uint32_t, 4> fields{};  // masks of red, green, blue, alpha in 16 and 32 bits
  std::size_t palette_at = 0;
  std::size_t palette_entry_bytes = 4;
  std::size_t n_colours = 0;
  std::size_t pixels_at = 0;
  std::size_t row_bytes = 0;
};

class Little {
 public:
  explicit Little(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint32_t u16(std::size_t at) const {
    return static_cast<std::uint32_t>(bytes_[at]) | static_cast<std::uint32_t>(bytes_[at + 1]) << 8U;
  }
  [[nodiscard]] std::uint32_t u32(std::size_t at) const { return u16(at) | u16(at + 2) << 16U; }

 private:
  std::span<const std::uint8_t> bytes_;
};

Unexpected bad_bmp(const std::string& what) {
  return fail(ErrorCode::kInvalidData, "the BMP can't be decoded: " + what,
              "the file is cut off or damaged; get it again");
}

void default_fields(BmpLayout& layout) {
  if (layout.bits == 16) {
    layout.fields = {0x7C00, 0x03E0, 0x001F, 0};
  } else {
    layout.fields = {0x00FF0000, 0x0000FF00, 0x000000FF, 0};
  }
}

bool is_contiguous(std::uint32_t mask) {
  return mask != 0 && std::popcount(mask) + std::countl_zero(mask) + std::countr_zero(mask) == 32;
}

// Fields and palette of headers that have them. `header` is the second header's bytes count.
Status read_colours(const Little& file, std::size_t n_file, std::size_t header, BmpLayout& layout) {
  std::size_t at = 14 + header;
  if (header == 12) {
    layout.palette_entry_bytes = 3;
    layout.n_colours = layout.bits <= 8 ? std::size_t{1} << layout.bits : 0;
    layout.palette_at = at;
    return {};
  }
  const std::uint32_t compression = file.u32(30);
  if (compression != kUncompressed && compression != kBitFields && compression != kAlphaBitFields) {
    return fail(ErrorCode::kUnsupported,
                "the BMP is compressed (method " + std::to_string(compression) + "), which is not read",
                "store it uncompressed, or as PNG");
  }
  default_fields(layout);
  if (compression != kUncompressed && (layout.bits == 16 || layout.bits == 32)) {
    if (n_file < 14 + 40 + 12) return bad_bmp("its colour masks are missing");
    for (std::size_t i = 0; i < 3; ++i) {
      layout.fields[i] = file.u32(54 + 4 * i);
      if (!is_contiguous(layout.fields[i])) return bad_bmp("its colour masks make no sense");
    }
    if (header == 40) at += compression == kAlphaBitFields ? 16 : 12;
    if (header >= 56) layout.fields[3] = file.u32(66);
  }
  const std::size_t n_used = file.u32(46);
  if (layout.bits <= 8) {
    const std::size_t n_all = std::size_t{1} << layout.bits;
    layout.n_colours = n_used == 0 || n_used > n_all ? n_all : n_used;
  }
  layout.palette_at = at;
  return {};
}

Result<BmpLayout> read_layout(std::span<const std::uint8_t> bytes) {
  const Little file(bytes);
  if (bytes.size() < 26) return bad_bmp("its header is cut off");
  const std::size_t header = file.u32(14);
  if (header != 12 && (header < 40 || header > 124)) return bad_bmp("its header has an unknown size");
  if (bytes.size() < 14 + header) return bad_bmp("its header is cut off");
  BmpLayout layout;
  std::int64_t height = 0;
  if (header == 12) {
    layout.width = static_cast<std::int32_t>(file.u16(18));
    height = file.u16(20);
    layout.bits = file.u16(24);
  } else {
    layout.width = static_cast<std::int32_t>(file.u32(18));
    height = static_cast<std::int32_t>(file.u32(22));
    layout.bits = file.u16(28);
  }
  layout.top_down = height < 0;
  if (layout.top_down) height = -height;
  if (layout.width <= 0 || height <= 0 || height > std::numeric_limits<std::int32_t>::max())
    return bad_bmp("it has no pixels");
  layout.height = static_cast<std::int32_t>(height);
  constexpr std::array<std::uint32_t, 6> kBits{1, 4, 8, 16, 24, 32};
  bool known = false;
  for (const auto bits : kBits) known = known || bits == layout.bits;
  if (!known) return bad_bmp("a pixel of " + std::to_string(layout.bits) + " bits is not known");
  layout.pixels_at = file.u32(10);
  layout.row_bytes = (static_cast<std::size_t>(layout.width) * layout.bits + 31) / 32 * 4;
  HEARTH_TRY(read_colours(file, bytes.size(), header, layout));
  return layout;
}

std::uint8_t field_value(std::uint32_t pixel, std::uint32_t mask) {
  const std::uint32_t value = (pixel & mask) >> static_cast<unsigned>(std::countr_zero(mask));
  const std::uint32_t most = mask >> static_cast<unsigned>(std::countr_zero(mask));
  return static_cast<std::uint8_t>((std::uint64_t{value} * 255 + most / 2) / most);
}

// One row of palette indices; an index beyond the palette is black, as every reader shows it.
void indexed_row(std::span<const std::uint8_t> row, std::span<const std::uint8_t> palette, const BmpLayout& layout,
                 std::uint8_t* out) {
  const unsigned per_byte = 8 / layout.bits;
  const unsigned mask = (1U << layout.bits) - 1;
  for (std::uint32_t x = 0; x < static_cast<std::uint32_t>(layout.width); ++x, out += 3) {
    const unsigned shift = 8 - layout.bits * (x % per_byte + 1);
    const std::size_t index = row[x / per_byte] >> shift & mask;
    const bool inside = index < layout.n_colours;
    for (std::size_t c = 0; c < 3; ++c)
      out[c] = inside ? palette[index * layout.palette_entry_bytes + 2 - c] : std::uint8_t{0};
  }
}

void direct_row(std::span<const std::uint8_t> row, const BmpLayout& layout, std::uint8_t* out) {
  const Little numbers(row);
  const std::size_t step = layout.bits / 8;
  for (std::size_t x = 0; x < static_cast<std::size_t>(layout.width); ++x, out += 3) {
    if (layout.bits == 24) {
      for (std::size_t c = 0; c < 3; ++c) out[c] = row[x * 3 + 2 - c];
      continue;
    }
    const std::uint32_t pixel = layout.bits == 16 ? numbers.u16(x * step) : numbers.u32(x * step);
    for (std::size_t c = 0; c < 3; ++c) out[c] = field_value(pixel, layout.fields[c]);
  }
}

}  // namespace

Result<ImageInfo> inspect_bmp(std::span<const std::uint8_t> bytes) {
  HEARTH_ASSIGN(layout, read_layout(bytes));
  ImageInfo info;
  info.file_format = ImageFileFormat::kBmp;
  info.width = layout.width;
  info.height = layout.height;
  info.has_alpha = layout.bits == 32 && layout.fields[3] != 0;
  return info;
}

Status decode_bmp(std::span<const std::uint8_t> bytes, const ImageInfo& info, Image& out) {
  HEARTH_ASSIGN(layout, read_layout(bytes));
  const std::size_t n_rows = static_cast<std::size_t>(layout.height);
  if (layout.pixels_at > bytes.size() || layout.row_bytes * n_rows > bytes.size() - layout.pixels_at) {
    return bad_bmp("its pixels end early");
  }
  const std::size_t palette_bytes = layout.n_colours * layout.palette_entry_bytes;
  if (palette_bytes > 0 && (layout.palette_at > bytes.size() || palette_bytes > bytes.size() - layout.palette_at)) {
    return bad_bmp("its palette is cut off");
  }
  const auto palette =
      palette_bytes > 0 ? bytes.subspan(layout.palette_at, palette_bytes) : std::span<const std::uint8_t>{};
  out.reset(info.width, info.height, PixelFormat::kRgb);
  for (std::size_t y = 0; y < n_rows; ++y) {
    const auto row = bytes.subspan(layout.pixels_at + y * layout.row_bytes, layout.row_bytes);
    std::uint8_t* to = out.row(static_cast<std::int32_t>(layout.top_down ? y : n_rows - 1 - y));
    if (layout.bits <= 8) {
      indexed_row(row, palette, layout, to);
    } else {
      direct_row(row, layout, to);
    }
  }
  return {};
}

}  // namespace hearth
