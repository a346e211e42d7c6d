#include <cerrno>
#include <string>
#include <system_error>

#include "platform/os_error.h"

namespace hearth {
namespace {

// One row says what an error number means to the user.
struct Meaning {
  int number;
  ErrorCode code;
  const char* found;
  const char* hint;
};

// Source: POSIX.1-2017, 2.3 Error Numbers.
constexpr Meaning kMeanings[] = {
    {ENOENT, ErrorCode::kNotFound, "there is no such file or folder", "check the path"},
    {ENOTDIR, ErrorCode::kNotFound, "a part of the path is a file, not a folder", "check the path"},
    {EACCES, ErrorCode::kPermissionDenied, "permission denied",
     "check the owner and the mode, or run as a user who may"},
    {EPERM, ErrorCode::kPermissionDenied, "the operation is not permitted", "run as a user who may"},
    {EROFS, ErrorCode::kPermissionDenied, "the file system is mounted read-only", "choose another place"},
    {EISDIR, ErrorCode::kInvalidData, "it is a folder, not a file", "give a file"},
    {EEXIST, ErrorCode::kInvalidData, "something with this name is already there", "remove it or choose another name"},
    {ENOTEMPTY, ErrorCode::kInvalidData, "the folder is not empty", "empty it first"},
    {ENAMETOOLONG, ErrorCode::kInvalidArgument, "the name is too long", "choose a shorter one"},
    {ELOOP, ErrorCode::kInvalidData, "its symbolic links form a loop", "repair the link"},
    {EINVAL, ErrorCode::kInvalidArgument, "the operating system rejects the argument", ""},
    {ENOMEM, ErrorCode::kOutOfMemory, "the operating system has no memory left for it", "free memory and try again"},
    {ENOSPC, ErrorCode::kIo, "the disk is full", "free space or choose another disk"},
    {EDQUOT, ErrorCode::kIo, "the disk quota is used up", "free space or raise the quota"},
    {EFBIG, ErrorCode::kIo, "the file is larger than this file system allows", "choose another file system"},
    {EMFILE, ErrorCode::kUnavailable, "too many files are open in this process", "raise the limit (ulimit -n)"},
    {ENFILE, ErrorCode::kUnavailable, "too many files are open on this machine", "close some"},
};

}  // namespace

Error os_error(std::string_view action, std::string_view subject, int os_error) {
  std::string message = "can't ";
  message.append(action).append(" '").append(subject).append("': ");
  for (const Meaning& meaning : kMeanings)
    if (meaning.number == os_error) return Error(meaning.code, message + meaning.found, meaning.hint);
  return Error(ErrorCode::kIo, message + std::generic_category().message(os_error));
}

}  // namespace hearth
