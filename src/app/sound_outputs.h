// Where sound goes: a file that is there whole or not at all, or a pipe.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "audio/byte_output.h"
#include "hearth/result.h"

namespace hearth {

// A file under a name of its own beside `path` until keep(); removed when it goes before. One thread at a time.
class SoundFile final : public ByteOutput {
 public:
  // kInvalidArgument: a folder; kNotFound, kPermissionDenied, kIo: it can't be made.
  static Result<std::unique_ptr<SoundFile>> create(const std::filesystem::path& path);
  ~SoundFile() override;
  SoundFile(const SoundFile&) = delete;
  SoundFile& operator=(const SoundFile&) = delete;

  // kIo: no room is left, or the disk fails.
  [[nodiscard]] Status write_at(std::uint64_t offset, std::span<const std::byte> bytes) override;
  // Gives it its name, in place of what was there.
  [[nodiscard]] Status keep();

 private:
  SoundFile(std::FILE* file, std::filesystem::path path, std::filesystem::path part)
      : file_(file), path_(std::move(path)), part_(std::move(part)) {}
  std::FILE* file_;
  std::filesystem::path path_;
  std::filesystem::path part_;
};

// Bytes to `pipe` in their order; kCancelled when its reader is gone.
[[nodiscard]] std::unique_ptr<ByteOutput> sound_to_pipe(std::FILE* pipe);

}  // namespace hearth
