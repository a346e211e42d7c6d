#include "audio/audio_reader.h"

#include <fmt/format.h>
#include <sndfile.h>

#include <algorithm>
#include <cstdio>

#include "base/unique_handle.h"

namespace hearth {
namespace {

struct SndfileTraits {
  using Type = SNDFILE*;
  static Type invalid() { return nullptr; }
  static void close(Type file) { sf_close(file); }
};
using SndfileHandle = UniqueHandle<SndfileTraits>;

// What libsndfile reads through: a position in the input, and the input's own error, which libsndfile would hide.
struct VirtualFile {
  std::unique_ptr<ByteInput> input;
  sf_count_t at = 0;
  std::optional<Error> error;
};

VirtualFile& file_of(void* user) { return *static_cast<VirtualFile*>(user); }

sf_count_t length_of(void* user) { return static_cast<sf_count_t>(file_of(user).input->size_bytes()); }

sf_count_t seek(sf_count_t offset, int whence, void* user) {
  auto& file = file_of(user);
  const sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? file.at : length_of(user);
  sf_count_t to = 0;
  if (__builtin_add_overflow(base, offset, &to) || to < 0) return -1;
  file.at = to;
  return to;
}

sf_count_t read_bytes(void* out, sf_count_t count, void* user) {
  auto& file = file_of(user);
  const sf_count_t n = std::min(count, length_of(user) - file.at);
  if (n <= 0 || file.error) return 0;
  Status done = file.input->read_at(static_cast<std::uint64_t>(file.at),
                                    std::span(static_cast<std::byte*>(out), static_cast<std::size_t>(n)));
  if (!done) {
    file.error = std::move(done).error();
    return 0;
  }
  file.at += n;
  return n;
}

SF_VIRTUAL_IO virtual_io() {
  return {&length_of, &seek, &read_bytes, [](const void*, sf_count_t, void*) -> sf_count_t { return 0; },
          [](void* user) { return file_of(user).at; }};
}

std::string encoding_name(int format) {
  SF_FORMAT_INFO name{};
  name.format = format & SF_FORMAT_SUBMASK;
  const bool known = sf_command(nullptr, SFC_GET_FORMAT_INFO, &name, sizeof(name)) == 0 && name.name != nullptr;
  return known ? name.name : "unknown encoding";
}

// The container that libsndfile found must be the one the first bytes tell: nothing else is offered to it.
bool is_container(int format, AudioContainer container) {
  switch (format & SF_FORMAT_TYPEMASK) {
    case SF_FORMAT_WAV:
    case SF_FORMAT_WAVEX:
    case SF_FORMAT_RF64: return container == AudioContainer::kWav;
    case SF_FORMAT_FLAC: return container == AudioContainer::kFlac;
    case SF_FORMAT_OGG: return container == AudioContainer::kOgg;
    case SF_FORMAT_MPEG: return container == AudioContainer::kMp3;
    default: return false;
  }
}

Status check_format(const SF_INFO& found, AudioContainer container, const AudioLimits& limits) {
  const auto name = audio_container_name(container);
  if (!is_container(found.format, container))
    return fail(ErrorCode::kUnsupported, fmt::format("the {} holds something else than it says", name),
                "convert it to WAV or FLAC first");
  if (found.channels <= 0 || static_cast<std::uint32_t>(found.channels) > limits.channels_max)
    return fail(ErrorCode::kDoesNotFit, fmt::format("the {} says that it has {} channels; 1 to {} are read", name,
                                                    found.channels, limits.channels_max));
  const auto rate = static_cast<std::int64_t>(found.samplerate);
  if (rate < limits.sample_rate_hz_min || rate > limits.sample_rate_hz_max)
    return fail(ErrorCode::kDoesNotFit, fmt::format("the {} says that it has {} samples a second; {} to {} are read",
                                                    name, rate, limits.sample_rate_hz_min, limits.sample_rate_hz_max));
  return {};
}

class SndfileReader final : public AudioReader {
 public:
  static Result<std::unique_ptr<AudioReader>> open(std::unique_ptr<ByteInput> input, const AudioLimits& limits) {
    HEARTH_ASSIGN(container, recognise_audio(*input));
    HEARTH_ASSIGN(note, check_audio_length(container, *input));
    std::unique_ptr<SndfileReader> made(new SndfileReader(std::move(input)));
    SF_VIRTUAL_IO io = virtual_io();
    SF_INFO found{};
    made->handle_.reset(sf_open_virtual(&io, SFM_READ, &found, &made->file_));
    made->info_.container = container;
    if (!made->handle_) return fail(made->broken("can't be opened", sf_strerror(nullptr)));
    HEARTH_TRY(check_format(found, container, limits));
    made->info_.encoding = encoding_name(found.format);
    made->info_.sample_rate_hz = static_cast<std::uint32_t>(found.samplerate);
    made->info_.n_channels = static_cast<std::uint32_t>(found.channels);
    made->info_.note = std::move(note);
    if (found.frames > 0 && found.frames != SF_COUNT_MAX)
      made->info_.n_frames = static_cast<std::uint64_t>(found.frames);
    return std::unique_ptr<AudioReader>(std::move(made));
  }

  [[nodiscard]] const AudioInfo& info() const override { return info_; }

  [[nodiscard]] Result<std::size_t> read(std::span<float> interleaved) override {
    const auto wanted = static_cast<sf_count_t>(interleaved.size() / info_.n_channels);
    const sf_count_t n = sf_readf_float(handle_.get(), interleaved.data(), wanted);
    if (n > 0) {
      n_read_ += static_cast<std::uint64_t>(n);
      return static_cast<std::size_t>(n);
    }
    if (file_.error || sf_error(handle_.get()) != SF_ERR_NO_ERROR)
      return fail(broken("can't be decoded", sf_strerror(handle_.get())));
    return check_end();
  }

 private:
  explicit SndfileReader(std::unique_ptr<ByteInput> input) { file_.input = std::move(input); }

  // FLAC tells its frames in its header; the other containers' counts come from what is there.
  Result<std::size_t> check_end() const {
    if (n_read_ == 0)
      return fail(ErrorCode::kInvalidData,
                  fmt::format("the {} holds no audio: it has 0 samples", audio_container_name(info_.container)));
    if (info_.container == AudioContainer::kFlac && info_.n_frames && n_read_ < *info_.n_frames)
      return fail(
          ErrorCode::kInvalidData,
          fmt::format("the FLAC is cut off: its header promises {} samples, {} are there", *info_.n_frames, n_read_),
          "get the whole file");
    return std::size_t{0};
  }

  Error broken(std::string_view what, const char* reason) const {
    if (file_.error) return *file_.error;
    return Error(
        ErrorCode::kInvalidData,
        fmt::format("the {} {} after {} samples: {}", audio_container_name(info_.container), what, n_read_, reason),
        "get the whole file; this one is cut off or damaged");
  }

  VirtualFile file_;
  SndfileHandle handle_;  // after the file it reads through
  AudioInfo info_;
  std::uint64_t n_read_ = 0;
};

}  // namespace

Result<std::unique_ptr<AudioReader>> AudioReader::open(std::unique_ptr<ByteInput> input, const AudioLimits& limits) {
  return SndfileReader::open(std::move(input), limits);
}

}  // namespace hearth
