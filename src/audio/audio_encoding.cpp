#include "audio/audio_encoding.h"

#include <fmt/format.h>
#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>

#include "base/unique_handle.h"

namespace hearth {
namespace {

struct SndfileTraits {
  using Type = SNDFILE*;
  static Type invalid() { return nullptr; }
  static void close(Type file) { sf_close(file); }
};
using SndfileHandle = UniqueHandle<SndfileTraits>;

// What libsndfile writes through: a place in the output, and the output's own error, which libsndfile would hide.
struct VirtualFile {
  ByteOutput* output = nullptr;
  std::uint64_t at = 0;
  std::uint64_t size = 0;
  std::optional<Error> error = {};
};

VirtualFile& file_of(void* user) { return *static_cast<VirtualFile*>(user); }

sf_count_t length_of(void* user) { return static_cast<sf_count_t>(file_of(user).size); }

sf_count_t seek(sf_count_t offset, int whence, void* user) {
  auto& file = file_of(user);
  const sf_count_t base = whence == SEEK_SET   ? 0
                          : whence == SEEK_CUR ? static_cast<sf_count_t>(file.at)
                                               : length_of(user);
  if (base + offset < 0) return -1;
  file.at = static_cast<std::uint64_t>(base + offset);
  return base + offset;
}

// The lengths in the head of a WAV that is sent before its end is known. Source: the layout that libsndfile writes, a
// chunk "RIFF" with the chunks "fmt " and "data".
void leave_lengths_open(std::span<std::byte> head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  const auto data = text.find("data");
  if (!text.starts_with("RIFF") || data == std::string_view::npos || data + 8 > head.size()) return;
  std::ranges::fill(head.subspan(4, 4), std::byte{0xFF});
  std::ranges::fill(head.subspan(data + 4, 4), std::byte{0xFF});
}

sf_count_t write_bytes(const void* from, sf_count_t count, void* user) {
  auto& file = file_of(user);
  if (file.error || count < 0) return 0;
  std::span bytes(static_cast<const std::byte*>(from), static_cast<std::size_t>(count));
  std::vector<std::byte> head;
  if (file.at == 0 && !file.output->can_replace()) {
    head.assign(bytes.begin(), bytes.end());
    leave_lengths_open(head);
    bytes = head;
  }
  if (Status done = file.output->write_at(file.at, bytes); !done) {
    file.error = std::move(done).error();
    return 0;
  }
  file.at += bytes.size();
  file.size = std::max(file.size, file.at);
  return count;
}

int sndfile_format(AudioEncoding encoding) {
  switch (encoding) {
    case AudioEncoding::kFlac: return SF_FORMAT_FLAC | SF_FORMAT_PCM_16;
    case AudioEncoding::kOggVorbis: return SF_FORMAT_OGG | SF_FORMAT_VORBIS;
    case AudioEncoding::kOggOpus: return SF_FORMAT_OGG | SF_FORMAT_OPUS;
    case AudioEncoding::kPcm: return SF_FORMAT_RAW | SF_FORMAT_PCM_16 | SF_ENDIAN_LITTLE;
    case AudioEncoding::kMp3: return SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III;
    case AudioEncoding::kWav: break;
  }
  return SF_FORMAT_WAV | SF_FORMAT_PCM_16;
}

class SndfileEncoder final : public AudioEncoder {
 public:
  static Result<std::unique_ptr<AudioEncoder>> open(ByteOutput& output, std::uint32_t sample_rate_hz,
                                                    AudioEncoding encoding) {
    SF_VIRTUAL_IO io = {&length_of, &seek, [](void*, sf_count_t, void*) -> sf_count_t { return 0; }, &write_bytes,
                        [](void* user) { return static_cast<sf_count_t>(file_of(user).at); }};
    SF_INFO info{};
    info.samplerate = static_cast<int>(sample_rate_hz);
    info.channels = 1;
    info.format = sndfile_format(encoding);
    const auto name = audio_encoding_name(encoding);
    if (sample_rate_hz == 0 || encodable_rate(encoding, sample_rate_hz) != sample_rate_hz)
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("audio of {} Hz can't be written as {}", sample_rate_hz, name));
    if (sf_format_check(&info) == 0)
      return fail(ErrorCode::kUnavailable, fmt::format("the libsndfile that is here doesn't write {}", name),
                  "take another format, such as wav");
    std::unique_ptr<SndfileEncoder> made(new SndfileEncoder(output));
    made->handle_.reset(sf_open_virtual(&io, SFM_WRITE, &info, &made->file_));
    if (!made->handle_)
      return fail(made->failure(
          fmt::format("audio of {} Hz can't be written as {}: {}", sample_rate_hz, name, sf_strerror(nullptr))));
    sf_command(made->handle_.get(), SFC_SET_CLIPPING, nullptr, SF_TRUE);
    // The head of an MP3 that is sent tells no length; with one bit rate readers find it all the same.
    int bit_rate = SF_BITRATE_MODE_CONSTANT;
    if (encoding == AudioEncoding::kMp3 && !output.can_replace())
      sf_command(made->handle_.get(), SFC_SET_BITRATE_MODE, &bit_rate, sizeof(bit_rate));
    return std::unique_ptr<AudioEncoder>(std::move(made));
  }

  [[nodiscard]] Status write(std::span<const float> samples) override {
    if (!std::ranges::all_of(samples, [](float value) { return std::isfinite(value); }))
      return fail(ErrorCode::kInvalidArgument, "the audio to write has samples that are no numbers");
    const auto n = static_cast<sf_count_t>(samples.size());
    if (n > 0 && sf_writef_float(handle_.get(), samples.data(), n) != n)
      return fail(failure("the audio could not be encoded"));
    return check_output();
  }

  [[nodiscard]] Status finish() override {
    if (sf_close(handle_.release()) != 0 && !file_.error) return fail(failure("the audio's end could not be encoded"));
    return check_output();
  }

 private:
  explicit SndfileEncoder(ByteOutput& output) { file_.output = &output; }
  [[nodiscard]] Error failure(std::string message) const {
    return file_.error ? *file_.error : Error(ErrorCode::kInternal, std::move(message));
  }
  [[nodiscard]] Status check_output() const {
    if (file_.error) return fail(*file_.error);
    return {};
  }

  VirtualFile file_;
  SndfileHandle handle_;  // after the file it writes through
};

}  // namespace

Result<std::unique_ptr<AudioEncoder>> AudioEncoder::create(ByteOutput& output, std::uint32_t sample_rate_hz,
                                                           AudioEncoding encoding) {
  return SndfileEncoder::open(output, sample_rate_hz, encoding);
}

}  // namespace hearth
