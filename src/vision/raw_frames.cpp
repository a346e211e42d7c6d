#include "vision/raw_frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace hearth {
namespace {

struct RawFormatRow {
  RawPixelFormat format;
  std::string_view name;
  std::uint32_t bits_per_pixel;
  bool shares_across;  // two pixels side by side have one chroma
  bool shares_down;
};

constexpr std::array<RawFormatRow, 5> kFormats{{
    {RawPixelFormat::kRgb24, "rgb24", 24, false, false},
    {RawPixelFormat::kBgr24, "bgr24", 24, false, false},
    {RawPixelFormat::kNv12, "nv12", 12, true, true},
    {RawPixelFormat::kYuyv, "yuyv", 16, true, false},
    {RawPixelFormat::kGray, "gray", 8, false, false},
}};
constexpr std::int32_t kSideMax = 65'535;

const RawFormatRow& row_of(RawPixelFormat format) { return kFormats[static_cast<std::size_t>(format)]; }

std::uint8_t clamped(std::int32_t value) { return static_cast<std::uint8_t>(std::clamp(value >> 8, 0, 255)); }

// Source: ITU-R BT.601, limited range, coefficients in 1/256.
void store_yuv(std::int32_t y, std::int32_t u, std::int32_t v, bool is_bgr, std::uint8_t* out) {
  const std::int32_t luma = 298 * (y - 16) + 128;
  const std::uint8_t red = clamped(luma + 409 * (v - 128));
  const std::uint8_t blue = clamped(luma + 516 * (u - 128));
  out[0] = is_bgr ? blue : red;
  out[1] = clamped(luma - 100 * (u - 128) - 208 * (v - 128));
  out[2] = is_bgr ? red : blue;
}

void read_nv12(const std::uint8_t* bytes, bool is_bgr, Image& out) {
  const auto width = static_cast<std::size_t>(out.width());
  const std::uint8_t* chroma = bytes + width * static_cast<std::size_t>(out.height());
  for (std::int32_t y = 0; y < out.height(); ++y) {
    const std::uint8_t* luma = bytes + static_cast<std::size_t>(y) * width;
    const std::uint8_t* uv = chroma + static_cast<std::size_t>(y / 2) * width;
    std::uint8_t* to = out.row(y);
    for (std::size_t x = 0; x < width; ++x, to += 3)
      store_yuv(luma[x], uv[x & ~std::size_t{1}], uv[x | 1U], is_bgr, to);
  }
}

void read_yuyv(const std::uint8_t* bytes, bool is_bgr, Image& out) {
  for (std::int32_t y = 0; y < out.height(); ++y) {
    std::uint8_t* to = out.row(y);
    for (std::int32_t x = 0; x < out.width(); x += 2, bytes += 4, to += 6) {
      store_yuv(bytes[0], bytes[1], bytes[3], is_bgr, to);
      store_yuv(bytes[2], bytes[1], bytes[3], is_bgr, to + 3);
    }
  }
}

void read_packed(const std::uint8_t* bytes, bool swaps, Image& out) {
  const auto n = static_cast<std::size_t>(out.stride()) * static_cast<std::size_t>(out.height());
  std::uint8_t* to = out.row(0);
  if (!swaps) {
    std::memcpy(to, bytes, n);
    return;
  }
  for (std::size_t i = 0; i < n; i += 3) {
    to[i] = bytes[i + 2];
    to[i + 1] = bytes[i + 1];
    to[i + 2] = bytes[i];
  }
}

void read_gray(const std::uint8_t* bytes, Image& out) {
  const auto n = static_cast<std::size_t>(out.width()) * static_cast<std::size_t>(out.height());
  std::uint8_t* to = out.row(0);
  for (std::size_t i = 0; i < n; ++i, to += 3) to[0] = to[1] = to[2] = bytes[i];
}

constexpr std::uint8_t kMarker = 0xFF;
constexpr std::uint8_t kStartOfImage = 0xD8;
constexpr std::uint8_t kEndOfImage = 0xD9;
constexpr std::uint8_t kStartOfScan = 0xDA;
constexpr std::uint8_t kTemporary = 0x01;

bool stands_alone(std::uint8_t marker) { return marker == kTemporary || (marker >= 0xD0 && marker <= 0xD8); }

}  // namespace

std::string_view raw_pixel_format_name(RawPixelFormat format) { return row_of(format).name; }

Result<RawPixelFormat> raw_pixel_format_of_name(std::string_view name) {
  for (const auto& row : kFormats) {
    if (row.name == name) return row.format;
  }
  return fail(ErrorCode::kInvalidArgument, fmt::format("raw frames of format '{}' are not known", name),
              "known are rgb24, bgr24, nv12, yuyv and gray");
}

Result<std::uint64_t> raw_frame_bytes(RawPixelFormat format, std::int32_t width, std::int32_t height) {
  const auto& row = row_of(format);
  if (width <= 0 || height <= 0 || width > kSideMax || height > kSideMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("raw frames of {} x {} pixels make no sense; sides are 1 to {}", width, height, kSideMax));
  }
  if ((row.shares_across && width % 2 != 0) || (row.shares_down && height % 2 != 0)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} frames have even sides, not {} x {}", row.name, width, height));
  }
  return static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height) * row.bits_per_pixel / 8;
}

Status read_raw_frame(std::span<const std::uint8_t> bytes, const RawFrameShape& shape, PixelFormat wanted, Image& out) {
  HEARTH_ASSIGN(n_bytes, raw_frame_bytes(shape.format, shape.width, shape.height));
  if (wanted == PixelFormat::kGray) return fail(ErrorCode::kInvalidArgument, "raw frames are read to RGB or BGR");
  if (bytes.size() != n_bytes) {
    return fail(ErrorCode::kInvalidData,
                fmt::format("a {} frame of {} x {} pixels has {} bytes, not {}", row_of(shape.format).name, shape.width,
                            shape.height, n_bytes, bytes.size()));
  }
  out.reset(shape.width, shape.height, wanted);
  const bool is_bgr = wanted == PixelFormat::kBgr;
  switch (shape.format) {
    case RawPixelFormat::kRgb24: read_packed(bytes.data(), is_bgr, out); break;
    case RawPixelFormat::kBgr24: read_packed(bytes.data(), !is_bgr, out); break;
    case RawPixelFormat::kNv12: read_nv12(bytes.data(), is_bgr, out); break;
    case RawPixelFormat::kYuyv: read_yuyv(bytes.data(), is_bgr, out); break;
    case RawPixelFormat::kGray: read_gray(bytes.data(), out); break;
  }
  return {};
}

void MjpegSplitter::feed(std::span<const std::uint8_t> bytes) {
  // What was given out is done with.
  if (begin_ > 0) {
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(begin_));
    at_ -= begin_;
    begin_ = 0;
  }
  held_.insert(held_.end(), bytes.begin(), bytes.end());
}

bool MjpegSplitter::find_start() {
  for (; at_ + 2 < held_.size(); ++at_) {
    if (held_[at_] != kMarker || held_[at_ + 1] != kStartOfImage || held_[at_ + 2] != kMarker) continue;
    begin_ = at_;
    at_ += 2;
    in_frame_ = true;
    in_scan_ = false;
    return true;
  }
  begin_ = at_;  // nothing before it is needed any more
  return false;
}

// Reads on by markers. True: at_ is behind the end of the picture.
bool MjpegSplitter::find_end() {
  while (at_ + 1 < held_.size()) {
    if (in_scan_) {
      // Within entropy-coded data a marker's 0xFF is never followed by 0; restarts belong to it.
      const std::uint8_t next = held_[at_ + 1];
      if (held_[at_] != kMarker || next == 0 || (next >= 0xD0 && next <= 0xD7)) {
        ++at_;
        continue;
      }
      in_scan_ = false;
    }
    if (held_[at_] != kMarker || held_[at_ + 1] == kMarker) {  // a fill byte, or damage: look for the next marker
      ++at_;
      continue;
    }
    const std::uint8_t marker = held_[at_ + 1];
    if (marker == kEndOfImage) {
      at_ += 2;
      return true;
    }
    if (stands_alone(marker) || marker == 0) {
      at_ += 2;
      continue;
    }
    if (at_ + 3 >= held_.size()) return false;
    const std::size_t length = static_cast<std::size_t>(held_[at_ + 2]) << 8U | held_[at_ + 3];
    if (at_ + 2 + length > held_.size()) return false;
    in_scan_ = marker == kStartOfScan;
    at_ += 2 + std::max<std::size_t>(length, 2);
  }
  return false;
}

Result<std::optional<std::span<const std::uint8_t>>> MjpegSplitter::next() {
  using Frame = std::optional<std::span<const std::uint8_t>>;
  if (!in_frame_ && !find_start()) return Frame{};
  if (find_end()) {
    const std::span<const std::uint8_t> frame(held_.data() + begin_, at_ - begin_);
    begin_ = at_;
    in_frame_ = false;
    return Frame(frame);
  }
  if (held_.size() - begin_ > frame_bytes_max_) {
    in_frame_ = false;
    in_scan_ = false;
    begin_ = at_ = held_.size();
    return fail(ErrorCode::kInvalidData,
                fmt::format("a picture of the MJPEG stream is longer than {} bytes, or never ends", frame_bytes_max_),
                "check that the stream is MJPEG");
  }
  return Frame{};
}

}  // namespace hearth
