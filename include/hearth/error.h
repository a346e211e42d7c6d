// The one error type of Hearth and the one table that says what each code means to a caller.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Visible outside the shared library.
#if defined(_WIN32)
#define HEARTH_API __declspec(dllexport)
#else
#define HEARTH_API __attribute__((visibility("default")))
#endif

namespace hearth {

// What went wrong, coarse enough to act on. The numeric values are part of the plugin ABI
// (include/hearth/abi/hearth_plugin.h) and of nothing else: never renumber, only append.
enum class ErrorCode : std::int32_t {
  kInternal = 1,        // a fault of ours
  kInvalidArgument,     // the caller asked for something that has no meaning
  kDoesNotFit,          // more bytes than the budget holds; found before trying
  kForbidden,           // a rule (airgap, policy, licence) says no
  kNotFound,            // no such file, model, device or name
  kInvalidData,         // corrupt, truncated or not what it claims to be
  kUnsupported,         // valid, but nothing here can run it
  kPermissionDenied,    // the operating system says no
  kUnavailable,         // network, device or runtime is not there now
  kWorkerCrashed,       // the worker process that did the work is gone
  kVerificationFailed,  // measured outside the promised bounds, or a wrong hash
  kOverloaded,          // queue full
  kOutOfMemory,         // an allocation failed while running
  kDeadlineExceeded,
  kCancelled,
  kIo,  // read or write failed, disk full
};

// One row of the error table. Source for exit: the command contract; for http: RFC 9110.
struct ErrorCodeInfo {
  ErrorCode code;
  std::string_view name;  // snake_case, stable, shown to users and clients
  bool retryable;         // the same request may succeed later with nothing changed by the caller
  int http_status;
  int exit_status;
  std::string_view advice;  // what the user can do when the error itself has no hint
};

// Every code, in order of value. Thread-safe: constant data.
[[nodiscard]] HEARTH_API const std::vector<ErrorCodeInfo>& error_code_table();

// The row of `code`; the row of kInternal for a value outside the enum (an ABI peer may send one).
[[nodiscard]] HEARTH_API const ErrorCodeInfo& error_code_info(ErrorCode code);

// What was being done, to what, what was found, and what the user can do.
// A value: copyable, movable, immutable by convention once returned.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;                                       // one sentence: what, where, what was found
  std::string hint;                                          // what the user can do; may be empty
  std::vector<std::pair<std::string, std::string>> context;  // facts by name: path, offset, bytes
  std::shared_ptr<const Error> cause;  // shared: errors are copied across threads, causes never change

  Error() = default;
  Error(ErrorCode c, std::string m, std::string h = {}) : code(c), message(std::move(m)), hint(std::move(h)) {}

  // Adds a fact and gives the error back, for use in a return statement.
  Error&& with(std::string key, std::string value) && {
    context.emplace_back(std::move(key), std::move(value));
    return std::move(*this);
  }
  // Keeps `lower` as the reason of this error.
  Error&& because(Error lower) && {
    cause = std::make_shared<const Error>(std::move(lower));
    return std::move(*this);
  }
};

// "message; hint (because: ...)" on one line, for logs and terminals.
[[nodiscard]] HEARTH_API std::string to_string(const Error& error);

}  // namespace hearth
