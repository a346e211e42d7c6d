#include "audio/container.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <vector>

namespace hearth {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kChunksMax = 4096;  // a WAV from a camera has a few dozen
// What writers put that can't know: ffmpeg all ones, SoX this.
constexpr std::uint64_t kOpenSizeMin = 0x7FFFF000;
constexpr std::uint64_t kOggTailBytes = 64U << 10U;  // Source: RFC 3533 section 6, a page is at most 65,307 bytes

// The first bytes of the input, fewer where it is shorter.
template <std::size_t n>
Result<std::string> bytes_at(ByteInput& input, std::uint64_t offset) {
  if (offset >= input.size_bytes()) return std::string();
  std::array<std::byte, n> bytes{};
  const auto there = static_cast<std::size_t>(std::min<std::uint64_t>(n, input.size_bytes() - offset));
  HEARTH_TRY(input.read_at(offset, std::span(bytes).first(there)));
  return std::string(reinterpret_cast<const char*>(bytes.data()), there);
}

std::uint32_t little_endian_u32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8U | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

// Source: ISO/IEC 11172-3 section 2.4.2.3: eleven bits of sync, then neither a reserved version nor layer.
bool is_mpeg_frame(std::string_view head) {
  if (head.size() < 3) return false;
  const auto b0 = static_cast<std::uint8_t>(head[0]);
  const auto b1 = static_cast<std::uint8_t>(head[1]);
  return b0 == 0xFF && (b1 & 0xE0U) == 0xE0U && (b1 & 0x18U) != 0x08U && (b1 & 0x06U) != 0;
}

// The size that the chunk "data" claims, against what is there.
// Source: Multimedia Programming Interface and Data Specifications 1.0, the RIFF and WAVE forms.
Result<std::string> check_wav(ByteInput& input) {
  std::uint64_t at = 12;
  for (std::size_t i = 0; i < kChunksMax; ++i) {
    HEARTH_ASSIGN(head, (bytes_at<8>(input, at)));
    if (head.size() < 8) break;
    const std::uint64_t size = little_endian_u32(std::string_view(head).substr(4));
    const std::uint64_t there = input.size_bytes() - at - 8;
    if (head.starts_with("data")) {
      const bool was_open = (size >= kOpenSizeMin && size > there) || (size == 0 && there > 0);
      if (was_open) return std::string("the WAV doesn't tell its length; it was read to its end");
      if (size > there)
        return fail(ErrorCode::kInvalidData,
                    fmt::format("the WAV is cut off: its header promises {} bytes of audio, {} are there", size, there),
                    "get the whole file, or rewrite it with a sound editor to use what is there");
      return std::string();
    }
    at += 8 + size + (size & 1U);  // chunks are padded to even sizes
  }
  return fail(ErrorCode::kInvalidData, "the WAV has no chunk with audio in it (no \"data\")",
              "get the whole file; this one is cut off or damaged");
}

// The last page of an Ogg stream is marked as such. Source: RFC 3533 section 6, header_type_flag 0x04.
Result<std::string> check_ogg(ByteInput& input) {
  const std::uint64_t n = std::min(kOggTailBytes, input.size_bytes());
  std::vector<std::byte> tail(static_cast<std::size_t>(n));
  HEARTH_TRY(input.read_at(input.size_bytes() - n, tail));
  const std::string_view text(reinterpret_cast<const char*>(tail.data()), tail.size());
  const auto last = text.rfind("OggS");
  const bool ends = last != std::string_view::npos && last + 6 <= text.size() && (text[last + 5] & 4) != 0;
  return std::string(
      ends ? "" : "the Ogg file has no last page: it is cut off, or was recorded live; what is there was read");
}

}  // namespace

std::string_view audio_container_name(AudioContainer container) {
  switch (container) {
    case AudioContainer::kWav: return "WAV";
    case AudioContainer::kFlac: return "FLAC";
    case AudioContainer::kOgg: return "Ogg";
    case AudioContainer::kMp3: return "MP3";
  }
  return "sound file";
}

Result<AudioContainer> recognise_audio(ByteInput& input) {
  if (input.size_bytes() == 0) return fail(ErrorCode::kInvalidData, "the sound file is empty: it has 0 bytes");
  HEARTH_ASSIGN(head, (bytes_at<12>(input, 0)));
  const std::string_view kind = head.size() >= 12 ? std::string_view(head).substr(8) : ""sv;
  if ((head.starts_with("RIFF") || head.starts_with("RF64")) && kind == "WAVE") return AudioContainer::kWav;
  if (head.starts_with("fLaC")) return AudioContainer::kFlac;
  if (head.starts_with("OggS")) return AudioContainer::kOgg;
  if (head.starts_with("ID3") || is_mpeg_frame(head)) return AudioContainer::kMp3;
  if (head.size() >= 8 && std::string_view(head).substr(4, 4) == "ftyp")
    return fail(ErrorCode::kUnsupported, "the file is an MP4 or M4A, which is not read here",
                "convert it first: ffmpeg -i FILE out.flac");
  return fail(
      ErrorCode::kUnsupported,
      "the file is no sound file that is read here: it begins like none of WAV, FLAC, Ogg (Vorbis, Opus) and MP3",
      "convert it to WAV or FLAC first");
}

Result<std::string> check_audio_length(AudioContainer container, ByteInput& input) {
  if (container == AudioContainer::kOgg) return check_ogg(input);
  if (container != AudioContainer::kWav) return std::string();
  HEARTH_ASSIGN(head, (bytes_at<4>(input, 0)));
  return head == "RIFF" ? check_wav(input) : Result<std::string>(std::string());  // RF64 has its sizes elsewhere
}

}  // namespace hearth
