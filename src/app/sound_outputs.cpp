#include "app/sound_outputs.h"

#include <cerrno>
#include <cstring>
#include <system_error>

#include "platform/process.h"

namespace hearth {
namespace {

Unexpected file_error(const std::string& what, const std::filesystem::path& path, int number) {
  const auto code = number == ENOENT                      ? ErrorCode::kNotFound
                    : number == EACCES || number == EPERM ? ErrorCode::kPermissionDenied
                                                          : ErrorCode::kIo;
  return fail(code, what + " " + path.string() + ": " + std::generic_category().message(number),
              "see that the folder is there, may be written to and has room");
}

}  // namespace

Result<std::unique_ptr<SoundFile>> SoundFile::create(const std::filesystem::path& path) {
  std::error_code absent;
  if (std::filesystem::is_directory(path, absent))
    return fail(ErrorCode::kInvalidArgument, path.string() + " is a folder", "name a file in it");
  std::filesystem::path part = path;
  part += "." + std::to_string(own_process_id()) + ".part";
  std::FILE* file = std::fopen(part.c_str(), "wb");
  if (file == nullptr) return file_error("can't write", path, errno);
  return std::unique_ptr<SoundFile>(new SoundFile(file, path, std::move(part)));
}

SoundFile::~SoundFile() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  std::error_code ignored;  // what is left of a file nobody wants is not worth an error
  std::filesystem::remove(part_, ignored);
}

Status SoundFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  if (fseeko(file_, static_cast<off_t>(offset), SEEK_SET) != 0 ||
      std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size())
    return file_error("can't write", path_, errno);
  return {};
}

Status SoundFile::keep() {
  const bool written = std::fclose(file_) == 0;
  const int number = errno;
  file_ = nullptr;
  std::error_code failed;
  if (written) std::filesystem::rename(part_, path_, failed);
  if (written && !failed) return {};
  std::error_code ignored;
  std::filesystem::remove(part_, ignored);
  return file_error("can't write", path_, written ? failed.value() : number);
}

std::unique_ptr<ByteOutput> sound_to_pipe(std::FILE* pipe) {
  return std::make_unique<StreamedOutput>([pipe](std::span<const std::byte> bytes) {
    return std::fwrite(bytes.data(), 1, bytes.size(), pipe) == bytes.size() && std::fflush(pipe) == 0;
  });
}

}  // namespace hearth
