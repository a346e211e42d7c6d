// Result<T>: a value or an Error, with the shape of std::expected (C++23), which the C++20 floor lacks.
#pragma once

#include <cassert>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "hearth/error.h"

namespace hearth {

// Wraps an Error so that it converts to any Result<T>.
class [[nodiscard]] Unexpected {
 public:
  explicit Unexpected(Error e) : error_(std::move(e)) {}
  Error&& take() && { return std::move(error_); }

 private:
  Error error_;
};

// Builds the failure value of any Result: `return fail(ErrorCode::kNotFound, "...", "...")`.
inline Unexpected fail(ErrorCode code, std::string message, std::string hint = {}) {
  return Unexpected(Error(code, std::move(message), std::move(hint)));
}
inline Unexpected fail(Error error) { return Unexpected(std::move(error)); }

// A T or an Error. Access to the wrong side is a fault of ours and asserts.
template <class T>
class [[nodiscard]] Result {
  static_assert(!std::is_reference_v<T>, "hold a pointer instead of a reference");

 public:
  // NOLINTBEGIN(google-explicit-constructor): values and failures become results without a word.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Unexpected e) : state_(std::in_place_index<1>, std::move(e).take()) {}
  template <class U>
  requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
           !std::is_same_v<std::remove_cvref_t<U>, Unexpected>) Result(U&& value)
      : state_(std::in_place_index<0>, T(std::forward<U>(value))) {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] T& value() & { return checked(); }
  [[nodiscard]] const T& value() const& { return const_cast<Result*>(this)->checked(); }
  [[nodiscard]] T&& value() && { return std::move(checked()); }
  [[nodiscard]] T& operator*() & { return checked(); }
  [[nodiscard]] const T& operator*() const& { return const_cast<Result*>(this)->checked(); }
  [[nodiscard]] T&& operator*() && { return std::move(checked()); }
  T* operator->() { return &checked(); }
  const T* operator->() const { return &const_cast<Result*>(this)->checked(); }

  [[nodiscard]] const Error& error() const& {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] Error&& error() && {
    assert(!has_value());
    return std::move(*std::get_if<1>(&state_));
  }
  [[nodiscard]] T value_or(T other) && { return has_value() ? std::move(checked()) : std::move(other); }

 private:
  T& checked() {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }
  std::variant<T, Error> state_;
};

// Done, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Unexpected e) : error_(std::move(e).take()) {}

  [[nodiscard]] bool has_value() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }
  void value() const { assert(has_value()); }
  [[nodiscard]] const Error& error() const& {
    assert(!has_value());
    return *error_;
  }
  [[nodiscard]] Error&& error() && {
    assert(!has_value());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace hearth

// Hands the error of `expression` to the caller.
#define HEARTH_TRY(expression)                                     \
  do {                                                             \
    if (auto hearth_try_ = (expression); !hearth_try_.has_value()) \
      return ::hearth::Unexpected(std::move(hearth_try_).error()); \
  } while (false)

#define HEARTH_CONCAT_INNER(a, b) a##b
#define HEARTH_CONCAT(a, b) HEARTH_CONCAT_INNER(a, b)

// Declares `name` from the value of `expression`, or hands its error to the caller.
#define HEARTH_ASSIGN(name, expression)                                                      \
  auto HEARTH_CONCAT(hearth_result_, __LINE__) = (expression);                               \
  if (!HEARTH_CONCAT(hearth_result_, __LINE__).has_value())                                  \
    return ::hearth::Unexpected(std::move(HEARTH_CONCAT(hearth_result_, __LINE__)).error()); \
  auto name = std::move(HEARTH_CONCAT(hearth_result_, __LINE__)).value()
