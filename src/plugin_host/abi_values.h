// Statuses and options of the C border as Hearth's own values, and back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/call_bounds.h"
#include "domain/memory.h"
#include "domain/runtime_info.h"
#include "hearth/abi/hearth_plugin.h"
#include "hearth/result.h"

// The function `field` is inside what the table's maker compiled, and is not null.
#define HEARTH_HAS_CALL(table, type, field) (HEARTH_HAS_FIELD(table, type, field) && (table)->field != nullptr)

namespace hearth {

// Texts of the border and back, borrowed; a null text is empty.
[[nodiscard]] inline std::string_view view(hearth_str text) {
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, text.size);
}
[[nodiscard]] inline hearth_str borrow(std::string_view text) { return {text.data(), text.size()}; }
// "en,de" as its parts, empty ones left out.
[[nodiscard]] std::vector<std::string> split_by_commas(std::string_view text);

// Takes the status and frees its message. `doing` names the call for a status without a message or of an unknown code.
Status take_status(hearth_status status, std::string_view doing);
// A status that owns a copy of the error's sentence and hint.
[[nodiscard]] hearth_status make_status(const Error& error);
[[nodiscard]] inline hearth_status ok_status() { return {HEARTH_OK, nullptr, nullptr}; }

// Borrow the texts of what they are made from.
struct BorrowedLoadOptions {
  explicit BorrowedLoadOptions(const LoadOptions& options);
  hearth_load_options value{};

 private:
  std::string devices_;  // joined
};
[[nodiscard]] hearth_text_options borrow_options(const TextOptions& options);
// InvalidData when a toggle holds what is none.
Result<TextOptions> own_options(const hearth_text_options& options);

// The border's form of `bounds`, borrowed; get() is null when nothing bounds the call.
class BorrowedBounds {
 public:
  explicit BorrowedBounds(const CallBounds& bounds);
  [[nodiscard]] const hearth_call* get() const { return bounded_ ? &call_ : nullptr; }

 private:
  hearth_call call_{};
  bool bounded_;
};

// Collects what a call sends to a sink, up to `bytes_max`; more than that stops the sender.
class BoundedText {
 public:
  explicit BoundedText(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  [[nodiscard]] hearth_sink sink();
  [[nodiscard]] bool overflowed() const { return overflowed_; }
  [[nodiscard]] std::string& text() { return text_; }

 private:
  static int32_t write(void* ctx, const void* data, std::size_t size) noexcept;
  std::string text_;
  std::size_t bytes_max_;
  bool overflowed_ = false;
};

// Collects what a call emits. InvalidData from take() when an item makes no sense.
class CollectedMemory {
 public:
  [[nodiscard]] hearth_memory_emit emit();
  Result<MemoryBreakdown> take(std::string_view doing) &&;

 private:
  static void item(void* ctx, const hearth_memory_item* item) noexcept;
  MemoryBreakdown breakdown_;
  bool broken_ = false;
};

}  // namespace hearth
