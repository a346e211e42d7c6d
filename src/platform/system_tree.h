// The kernel's view of a machine, /proc and /sys, below a folder that stands for "/": this machine's own, or a recorded
// tree. Whatever can't be read, or isn't what it should be, is absent; nothing here fails.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hearth {

// Immutable; may be used from several threads. Paths are relative to the root, without a leading slash.
class SystemTree {
 public:
  explicit SystemTree(std::filesystem::path root = "/") : root_(std::move(root)) {}

  // Whether this is the machine that the program runs on.
  [[nodiscard]] bool live() const { return root_ == "/"; }
  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

  [[nodiscard]] bool has(std::string_view path) const;
  // The file's content without blanks at its ends; NUL bytes, which separate the strings of a device tree, become line
  // ends. At most 4 MiB are believed.
  [[nodiscard]] std::optional<std::string> text(std::string_view path) const;
  // The file's bytes as they are.
  [[nodiscard]] std::optional<std::string> bytes(std::string_view path) const;
  // The number a file begins with, decimal or, with 0x, hexadecimal.
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view path) const;
  // Names in a folder, sorted; none where there is no such folder.
  [[nodiscard]] std::vector<std::string> names(std::string_view folder) const;
  // The entries of a folder that are `prefix` and a number, by number: ("cpu", 0), ("cpu", 1), ...
  [[nodiscard]] std::vector<std::pair<int, std::string>> numbered(std::string_view folder,
                                                                  std::string_view prefix) const;
  // Where a symbolic link points to, as written; empty when it is none.
  [[nodiscard]] std::string link(std::string_view path) const;

 private:
  std::filesystem::path root_;
};

// The number at the start of `text`, after blanks.
[[nodiscard]] std::optional<std::int64_t> leading_integer(std::string_view text);
// "0-3,8" as the numbers it stands for; what is no such list gives what could be understood. At most 65536 numbers.
[[nodiscard]] std::vector<int> parse_cpu_list(std::string_view list);
// The lines of a text, and the parts of a line between separators, without blanks at their ends.
[[nodiscard]] std::vector<std::string> split_text(std::string_view text, char separator);
[[nodiscard]] std::string_view trimmed(std::string_view text);
[[nodiscard]] std::string lower_case(std::string_view text);
// The value behind "key:" or "key=" at the start of a line of `text`; empty when there is none.
[[nodiscard]] std::string value_of(std::string_view text, std::string_view key);

}  // namespace hearth
