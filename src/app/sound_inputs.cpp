#include "app/sound_inputs.h"

#include <fmt/format.h>

#include <array>

#include "app/input_paths.h"
#include "platform/file.h"

namespace hearth {
namespace {

constexpr std::size_t kPipeBytesMax = std::size_t{1} << 30U;  // nine hours of 16 kHz WAV
constexpr std::size_t kPipeChunk = std::size_t{64} << 10U;    // what a pipe holds on Linux

constexpr std::array<std::string_view, 7> kSoundEndings = {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".rf64"};

class FileInput final : public ByteInput {
 public:
  explicit FileInput(ReadableFile file) : file_(std::move(file)) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return file_.size_bytes(); }
  [[nodiscard]] Status read_at(std::uint64_t offset, std::span<std::byte> out) override {
    return file_.read_at(offset, out);
  }

 private:
  ReadableFile file_;
};

class OwnedInput final : public ByteInput {
 public:
  explicit OwnedInput(std::vector<std::byte> bytes) : bytes_(std::move(bytes)), input_(bytes_) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return bytes_.size(); }
  [[nodiscard]] Status read_at(std::uint64_t offset, std::span<std::byte> out) override {
    return input_.read_at(offset, out);
  }

 private:
  std::vector<std::byte> bytes_;
  MemoryInput input_;
};

}  // namespace

Result<std::vector<std::string>> expand_sound_paths(const std::vector<std::string>& arguments) {
  return expand_input_paths(arguments,
                            {kSoundEndings, "sound files", "sound files end in .wav, .flac, .ogg, .opus or .mp3"});
}

Result<std::unique_ptr<ByteInput>> open_sound(const std::string& path, std::FILE* pipe) {
  if (path != "-") {
    HEARTH_ASSIGN(file, ReadableFile::open(path));
    return std::unique_ptr<ByteInput>(std::make_unique<FileInput>(std::move(file)));
  }
  std::vector<std::byte> bytes;
  for (std::size_t n = kPipeChunk; n == kPipeChunk;) {
    const std::size_t before = bytes.size();
    if (before > kPipeBytesMax)
      return fail(ErrorCode::kDoesNotFit, "the sound on standard input is larger than 1 GiB", "give it as a file");
    bytes.resize(before + kPipeChunk);
    n = std::fread(bytes.data() + before, 1, kPipeChunk, pipe);
    bytes.resize(before + n);
  }
  return std::unique_ptr<ByteInput>(std::make_unique<OwnedInput>(std::move(bytes)));
}

}  // namespace hearth
