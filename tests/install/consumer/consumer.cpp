// Uses the installed public headers and the installed library, and nothing else of Hearth.
#include <hearth/error.h>
#include <hearth/result.h>

#include <cstdio>

namespace {

hearth::Result<int> parse_positive(int value) {
  if (value <= 0) return hearth::fail(hearth::ErrorCode::kInvalidArgument, "not a positive number", "give 1 or more");
  return value;
}

hearth::Result<int> twice(int value) {
  HEARTH_ASSIGN(positive, parse_positive(value));
  return 2 * positive;
}

}  // namespace

int main() {
  const auto good = twice(21);
  const auto bad = twice(-1);
  if (!good || *good != 42 || bad) return 1;
  std::printf("%d; exit status %d: %s\n", *good, hearth::error_code_info(bad.error().code).exit_status,
              hearth::to_string(bad.error()).c_str());
  return 0;
}
