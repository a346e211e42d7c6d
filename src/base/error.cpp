#include "hearth/error.h"

namespace hearth {

const std::vector<ErrorCodeInfo>& error_code_table() {
  static const std::vector<ErrorCodeInfo> kTable = {
      {ErrorCode::kInternal, "internal", false, 500, 1,
       "this is a fault of ours; run again with -v and report what it writes"},
      {ErrorCode::kInvalidArgument, "invalid_argument", false, 400, 2, "see --help for what is allowed"},
      {ErrorCode::kDoesNotFit, "does_not_fit", false, 413, 3,
       "take a shorter context, a lower precision or a smaller model"},
      {ErrorCode::kForbidden, "forbidden", false, 403, 3, "a rule of this installation forbids it; see its policy"},
      {ErrorCode::kNotFound, "not_found", false, 404, 4, "check the name and the path"},
      {ErrorCode::kInvalidData, "invalid_data", false, 422, 5,
       "get the file again: it is damaged or not what its name says"},
      {ErrorCode::kUnsupported, "unsupported", false, 422, 5,
       "`hearth runtimes` lists what can run here; a newer version of the runtime may know it"},
      {ErrorCode::kPermissionDenied, "permission_denied", false, 403, 6, "see that your user may read it"},
      {ErrorCode::kUnavailable, "unavailable", true, 503, 6,
       "`hearth runtimes` lists what is here; try again later if it was busy"},
      {ErrorCode::kWorkerCrashed, "worker_crashed", true, 502, 6,
       "try again; if it happens again the model or the runtime is at fault, and -v shows its last words"},
      {ErrorCode::kVerificationFailed, "verification_failed", false, 422, 7,
       "get the file again, or measure again on an idle machine"},
      {ErrorCode::kOverloaded, "overloaded", true, 429, 8, "try again in a moment"},
      {ErrorCode::kOutOfMemory, "out_of_memory", true, 507, 8,
       "end other programs, or take a shorter context or a smaller model"},
      {ErrorCode::kDeadlineExceeded, "deadline_exceeded", true, 504, 124,
       "allow more time with --timeout-s, or ask for fewer tokens"},
      {ErrorCode::kCancelled, "cancelled", false, 499, 130, ""},
      {ErrorCode::kIo, "io", true, 500, 6, "see that the disk has room and works"},
  };
  return kTable;
}

const ErrorCodeInfo& error_code_info(ErrorCode code) {
  const auto& table = error_code_table();
  const auto index = static_cast<std::int64_t>(code) - 1;
  if (index < 0 || index >= static_cast<std::int64_t>(table.size())) return table.front();
  return table[static_cast<std::size_t>(index)];
}

std::string to_string(const Error& error) {
  std::string text = error.message;
  if (!error.hint.empty()) text += "; " + error.hint;
  // A chain is at most as long as the call depth that built it; printing three levels tells the story.
  const Error* cause = error.cause.get();
  for (int depth = 0; cause != nullptr && depth < 3; ++depth, cause = cause->cause.get())
    text += " (because: " + cause->message + ")";
  return text;
}

}  // namespace hearth
