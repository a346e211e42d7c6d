#include "hearth/error.h"

namespace hearth {

const std::vector<ErrorCodeInfo>& error_code_table() {
  static const std::vector<ErrorCodeInfo> kTable = {
      {ErrorCode::kInternal, "internal", false, 500, 1},
      {ErrorCode::kInvalidArgument, "invalid_argument", false, 400, 2},
      {ErrorCode::kDoesNotFit, "does_not_fit", false, 413, 3},
      {ErrorCode::kForbidden, "forbidden", false, 403, 3},
      {ErrorCode::kNotFound, "not_found", false, 404, 4},
      {ErrorCode::kInvalidData, "invalid_data", false, 422, 5},
      {ErrorCode::kUnsupported, "unsupported", false, 422, 5},
      {ErrorCode::kPermissionDenied, "permission_denied", false, 403, 6},
      {ErrorCode::kUnavailable, "unavailable", true, 503, 6},
      {ErrorCode::kWorkerCrashed, "worker_crashed", true, 502, 6},
      {ErrorCode::kVerificationFailed, "verification_failed", false, 422, 7},
      {ErrorCode::kOverloaded, "overloaded", true, 429, 8},
      {ErrorCode::kOutOfMemory, "out_of_memory", true, 507, 8},
      {ErrorCode::kDeadlineExceeded, "deadline_exceeded", true, 504, 124},
      {ErrorCode::kCancelled, "cancelled", false, 499, 130},
      {ErrorCode::kIo, "io", true, 500, 6},
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
