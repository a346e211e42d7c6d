// How a runtime reports failure: it throws, and the SDK turns what was thrown into a status of the C border.
#pragma once

#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "hearth/abi/hearth_plugin.h"

namespace hearth::sdk {

// A failure with a code of the border (HEARTH_NOT_FOUND, ...) and one sentence: what was being done, to what, what was
// found, what to do.
class Error : public std::runtime_error {
 public:
  Error(std::int32_t code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] std::int32_t code() const noexcept { return code_; }

 private:
  std::int32_t code_;
};

inline void free_message(char* message) { std::free(message); }

// A failure status with its own copy of `message`; the code alone where no memory is left for a copy.
inline hearth_status make_status(std::int32_t code, std::string_view message) noexcept {
  auto* copy = static_cast<char*>(std::malloc(message.size() + 1));
  if (copy == nullptr) return {code, nullptr, nullptr};
  if (!message.empty()) std::memcpy(copy, message.data(), message.size());
  copy[message.size()] = '\0';
  return {code, copy, &free_message};
}

// Runs `work` and reports what it throws; nothing ever crosses the border as an exception.
template <class Work>
hearth_status trap(Work&& work) noexcept {
  try {
    std::forward<Work>(work)();
    return {HEARTH_OK, nullptr, nullptr};
  } catch (const Error& error) {
    return make_status(error.code() == HEARTH_OK ? HEARTH_INTERNAL : error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return make_status(HEARTH_OUT_OF_MEMORY, "an allocation in the runtime failed; free memory or ask for less");
  } catch (const std::exception& error) {
    return make_status(HEARTH_INTERNAL, error.what());
  } catch (...) {
    return make_status(HEARTH_INTERNAL, "the runtime threw something that is not a std::exception");
  }
}

}  // namespace hearth::sdk
