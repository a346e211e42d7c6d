#include "audio/pcm_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string_view>
#include <utility>

namespace hearth {
namespace {

constexpr std::size_t kHeadBytesMax = std::size_t{64} << 10U;
// From here on a length is that of a program that couldn't tell it: FFmpeg writes 0xFFFFFFFF, SoX 0x7FFFF000 and more.
constexpr std::uint32_t kOpenSizeMin = 0x7FFFF000;

// Source: Multimedia Programming Interface and Data Specifications 1.0, WAVE; mmreg.h for the tags.
constexpr std::uint16_t kTagPcm = 1;
constexpr std::uint16_t kTagFloat = 3;
constexpr std::uint16_t kTagExtensible = 0xFFFE;

std::uint32_t number(std::span<const std::byte> bytes, std::size_t at, std::size_t n) {
  std::uint32_t value = 0;
  for (std::size_t i = n; i-- > 0;) value = value << 8U | std::to_integer<std::uint32_t>(bytes[at + i]);
  return value;
}

std::string_view text(std::span<const std::byte> bytes, std::size_t at, std::size_t n) {
  return {reinterpret_cast<const char*>(bytes.data()) + at, n};
}

std::size_t bytes_of(PcmEncoding encoding) {
  switch (encoding) {
    case PcmEncoding::kU8: return 1;
    case PcmEncoding::kS16: return 2;
    case PcmEncoding::kS24: return 3;
    case PcmEncoding::kS32:
    case PcmEncoding::kF32: return 4;
  }
  return 4;
}

float value_at(std::span<const std::byte> bytes, std::size_t at, PcmEncoding encoding) {
  switch (encoding) {
    case PcmEncoding::kU8: return (static_cast<float>(number(bytes, at, 1)) - 128.0F) / 128.0F;
    case PcmEncoding::kS16: return static_cast<float>(static_cast<std::int16_t>(number(bytes, at, 2))) / 32768.0F;
    case PcmEncoding::kS24:
      return static_cast<float>(static_cast<std::int32_t>(number(bytes, at, 3) << 8U) >> 8) / 8388608.0F;
    case PcmEncoding::kS32: return static_cast<float>(static_cast<std::int32_t>(number(bytes, at, 4))) / 2147483648.0F;
    case PcmEncoding::kF32: return std::bit_cast<float>(number(bytes, at, 4));
  }
  return 0;
}

Status check_limits(const PcmFormat& format, const AudioLimits& limits) {
  if (format.n_channels == 0 || format.n_channels > limits.channels_max)
    return fail(ErrorCode::kDoesNotFit,
                fmt::format("the sound has {} channels; 1 to {} are read", format.n_channels, limits.channels_max));
  if (format.sample_rate_hz < limits.sample_rate_hz_min || format.sample_rate_hz > limits.sample_rate_hz_max)
    return fail(ErrorCode::kDoesNotFit,
                fmt::format("the sound has {} samples a second; {} to {} are read", format.sample_rate_hz,
                            limits.sample_rate_hz_min, limits.sample_rate_hz_max));
  return {};
}

Unexpected broken(std::string_view what) {
  return fail(ErrorCode::kInvalidData, fmt::format("the WAV {}", what), "send a whole WAV, or raw samples");
}

// The chunk "fmt ".
Result<PcmFormat> read_format(std::span<const std::byte> chunk) {
  if (chunk.size() < 16) return broken("has a format chunk that is too short");
  std::uint32_t tag = number(chunk, 0, 2);
  const std::uint32_t n_bits = number(chunk, 14, 2);
  if (tag == kTagExtensible) {
    if (chunk.size() < 26) return broken("has a format chunk that is too short");
    tag = number(chunk, 24, 2);  // the subformat begins with the tag it stands for
  }
  PcmFormat format{.sample_rate_hz = number(chunk, 4, 4), .n_channels = number(chunk, 2, 2)};
  if (tag == kTagFloat && n_bits == 32)
    format.encoding = PcmEncoding::kF32;
  else if (tag == kTagPcm && n_bits == 8)
    format.encoding = PcmEncoding::kU8;
  else if (tag == kTagPcm && n_bits == 16)
    format.encoding = PcmEncoding::kS16;
  else if (tag == kTagPcm && n_bits == 24)
    format.encoding = PcmEncoding::kS24;
  else if (tag == kTagPcm && n_bits == 32)
    format.encoding = PcmEncoding::kS32;
  else
    return fail(ErrorCode::kUnsupported,
                fmt::format("the WAV has the encoding {} with {} bits, which is not read as it comes", tag, n_bits),
                "give it as a file, or convert it to 16-bit PCM");
  return format;
}

}  // namespace

Result<std::unique_ptr<PcmStream>> PcmStream::create(const PcmStreamOptions& options) {
  std::unique_ptr<PcmStream> made(new PcmStream(options));
  if (options.raw) HEARTH_TRY(made->begin(*options.raw));
  return made;
}

Status PcmStream::begin(const PcmFormat& format) {
  HEARTH_TRY(check_limits(format, options_.limits));
  HEARTH_ASSIGN(resampler, Resampler::create(format.sample_rate_hz, options_.sample_rate_hz));
  resampler_ = std::move(resampler);
  format_ = format;
  mixer_.emplace(format.n_channels, format.sample_rate_hz);
  return {};
}

// Begins once the chunk "data" is there; then head_ holds what came behind its header.
Status PcmStream::read_head() {
  if (head_.size() < 12) return {};
  if ((text(head_, 0, 4) != "RIFF" && text(head_, 0, 4) != "RF64") || text(head_, 8, 4) != "WAVE")
    return fail(ErrorCode::kUnsupported, "the sound that comes is no WAV",
                "give other kinds as files, or samples without a header with their rate");
  std::optional<PcmFormat> format;
  for (std::size_t at = 12; head_.size() >= at + 8;) {
    const std::uint32_t size = number(head_, at + 4, 4);
    if (text(head_, at, 4) == "data") {
      if (!format) return broken("has samples before its format");
      HEARTH_TRY(begin(*format));
      if (size != 0 && size < kOpenSizeMin) n_left_ = size;
      head_.erase(head_.begin(), head_.begin() + static_cast<std::ptrdiff_t>(at + 8));
      return {};
    }
    const std::size_t next = at + 8 + size + (size & 1U);  // chunks are padded to even sizes
    if (next > kHeadBytesMax) return broken("has no samples in its first 64 KiB");
    if (head_.size() < next) return {};
    if (text(head_, at, 4) == "fmt ") {
      HEARTH_ASSIGN(read, read_format(std::span(head_).subspan(at + 8, size)));
      format = read;
    }
    at = next;
  }
  return {};
}

Status PcmStream::push(std::span<const std::byte> bytes, std::vector<float>& out) {
  if (mixer_) return take(bytes, out);
  // No more than the headers may take is kept of a call, however large it is.
  while (!mixer_ && !bytes.empty()) {
    const auto part = bytes.first(std::min(bytes.size(), kHeadBytesMax));
    head_.insert(head_.end(), part.begin(), part.end());
    bytes = bytes.subspan(part.size());
    HEARTH_TRY(read_head());
  }
  if (!mixer_) return {};
  const std::vector<std::byte> begun = std::exchange(head_, {});
  HEARTH_TRY(take(begun, out));
  return take(bytes, out);
}

Status PcmStream::take(std::span<const std::byte> bytes, std::vector<float>& out) {
  if (n_left_) {
    bytes = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), *n_left_)));
    *n_left_ -= bytes.size();
  }
  const std::size_t sample = bytes_of(format_.encoding);
  const std::size_t frame = sample * format_.n_channels;
  partial_.insert(partial_.end(), bytes.begin(), bytes.end());
  const std::size_t n_values = partial_.size() / frame * format_.n_channels;
  interleaved_.resize(n_values);
  for (std::size_t i = 0; i < n_values; ++i) interleaved_[i] = value_at(partial_, i * sample, format_.encoding);
  partial_.erase(partial_.begin(), partial_.begin() + static_cast<std::ptrdiff_t>(n_values * sample));
  HEARTH_TRY(mixer_->mix(interleaved_, mono_));
  return resampler_->process(mono_, out);
}

Status PcmStream::finish(std::vector<float>& out) {
  if (!mixer_ && head_.empty()) return fail(ErrorCode::kInvalidData, "the sound is empty: 0 bytes came");
  if (!mixer_) return broken("ends before its samples begin");
  if (mixer_->seconds() == 0) return fail(ErrorCode::kInvalidData, "the sound holds no audio: it has 0 samples");
  if (n_left_ && *n_left_ > 0)
    note_ = fmt::format("the WAV ended {} bytes before the end that its header tells", *n_left_);
  else if (!partial_.empty())
    note_ = "the sound ended within a sample, which was left out";
  return resampler_->finish(out);
}

}  // namespace hearth
