#include "audio/audio_encoding.h"

#include <fmt/format.h>
#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace hearth {
namespace {

// What libsndfile writes through.
struct MemoryFile {
  std::vector<std::byte> bytes;
  std::size_t at = 0;
};

MemoryFile& file_of(void* user) { return *static_cast<MemoryFile*>(user); }

sf_count_t length_of(void* user) { return static_cast<sf_count_t>(file_of(user).bytes.size()); }

sf_count_t seek(sf_count_t offset, int whence, void* user) {
  auto& file = file_of(user);
  const sf_count_t base = whence == SEEK_SET   ? 0
                          : whence == SEEK_CUR ? static_cast<sf_count_t>(file.at)
                                               : length_of(user);
  if (base + offset < 0) return -1;
  file.at = static_cast<std::size_t>(base + offset);
  return base + offset;
}

sf_count_t read_back(void* out, sf_count_t count, void* user) {
  auto& file = file_of(user);
  if (file.at >= file.bytes.size() || count <= 0) return 0;
  const std::size_t n = std::min(static_cast<std::size_t>(count), file.bytes.size() - file.at);
  std::memcpy(out, file.bytes.data() + file.at, n);
  file.at += n;
  return static_cast<sf_count_t>(n);
}

sf_count_t write(const void* from, sf_count_t count, void* user) {
  auto& file = file_of(user);
  const auto n = static_cast<std::size_t>(count);
  if (file.bytes.size() < file.at + n) file.bytes.resize(file.at + n);
  std::memcpy(file.bytes.data() + file.at, from, n);
  file.at += n;
  return count;
}

int sndfile_format(AudioEncoding encoding) {
  switch (encoding) {
    case AudioEncoding::kFlac: return SF_FORMAT_FLAC | SF_FORMAT_PCM_16;
    case AudioEncoding::kOggVorbis: return SF_FORMAT_OGG | SF_FORMAT_VORBIS;
    case AudioEncoding::kOggOpus: return SF_FORMAT_OGG | SF_FORMAT_OPUS;
    case AudioEncoding::kPcm: return SF_FORMAT_RAW | SF_FORMAT_PCM_16 | SF_ENDIAN_LITTLE;
    case AudioEncoding::kWav: break;
  }
  return SF_FORMAT_WAV | SF_FORMAT_PCM_16;
}

}  // namespace

Result<std::vector<std::byte>> encode_audio(std::span<const float> samples, std::uint32_t sample_rate_hz,
                                            AudioEncoding encoding) {
  if (samples.empty()) return fail(ErrorCode::kInvalidArgument, "there is no audio to write: it has 0 samples");
  if (!std::ranges::all_of(samples, [](float value) { return std::isfinite(value); }))
    return fail(ErrorCode::kInvalidArgument, "the audio to write has samples that are no numbers");
  SF_VIRTUAL_IO io = {&length_of, &seek, &read_back, &write,
                      [](void* user) { return static_cast<sf_count_t>(file_of(user).at); }};
  SF_INFO info{};
  info.samplerate = static_cast<int>(sample_rate_hz);
  info.channels = 1;
  info.format = sndfile_format(encoding);
  if (sample_rate_hz == 0 || sf_format_check(&info) == 0)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("audio of {} Hz can't be written as {}", sample_rate_hz, audio_encoding_name(encoding)));
  MemoryFile file;
  SNDFILE* out = sf_open_virtual(&io, SFM_WRITE, &info, &file);
  if (out == nullptr)
    return fail(ErrorCode::kInvalidArgument, fmt::format("audio of {} Hz can't be written as {}: {}", sample_rate_hz,
                                                         audio_encoding_name(encoding), sf_strerror(nullptr)));
  sf_command(out, SFC_SET_CLIPPING, nullptr, SF_TRUE);
  const auto n = static_cast<sf_count_t>(samples.size());
  const bool whole = sf_writef_float(out, samples.data(), n) == n;
  if (sf_close(out) != 0 || !whole) return fail(ErrorCode::kInternal, "the audio could not be encoded");
  return std::move(file.bytes);
}

}  // namespace hearth
