// Owns one handle of the operating system or of a C library.
#pragma once

#include <utility>

namespace hearth {

// Traits: `using Type`, `static Type invalid()`, `static void close(Type)`. Not copyable; moves leave the source empty.
template <class Traits>
class UniqueHandle {
 public:
  using Type = typename Traits::Type;

  UniqueHandle() noexcept : handle_(Traits::invalid()) {}
  explicit UniqueHandle(Type handle) noexcept : handle_(handle) {}
  UniqueHandle(UniqueHandle&& other) noexcept : handle_(other.release()) {}
  UniqueHandle& operator=(UniqueHandle&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  UniqueHandle(const UniqueHandle&) = delete;
  UniqueHandle& operator=(const UniqueHandle&) = delete;
  ~UniqueHandle() { reset(); }

  [[nodiscard]] Type get() const noexcept { return handle_; }
  explicit operator bool() const noexcept { return handle_ != Traits::invalid(); }
  [[nodiscard]] Type release() noexcept { return std::exchange(handle_, Traits::invalid()); }
  void reset(Type handle = Traits::invalid()) noexcept {
    if (handle_ != Traits::invalid()) Traits::close(handle_);
    handle_ = handle;
  }

 private:
  Type handle_;
};

}  // namespace hearth
