#include "platform/system_tree.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "platform/file.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kTextBytesMax = 4U << 20U;
constexpr std::size_t kEntriesMax = 65536;
constexpr std::size_t kListNumbersMax = 65536;
constexpr std::string_view kBlanks = " \t\r\n\v\f";

}  // namespace

bool SystemTree::has(std::string_view path) const {
  std::error_code ignored;
  return fs::exists(root_ / path, ignored);
}

std::optional<std::string> SystemTree::bytes(std::string_view path) const {
  auto content = read_file(root_ / path, kTextBytesMax);
  if (!content) return std::nullopt;
  return std::move(content).value();
}

std::optional<std::string> SystemTree::text(std::string_view path) const {
  auto content = bytes(path);
  if (!content) return std::nullopt;
  std::replace(content->begin(), content->end(), '\0', '\n');
  return std::string(trimmed(*content));
}

std::optional<std::int64_t> SystemTree::integer(std::string_view path) const {
  const auto content = text(path);
  return content ? leading_integer(*content) : std::nullopt;
}

std::vector<std::string> SystemTree::names(std::string_view folder) const {
  return list_folder(root_ / folder, kEntriesMax).value_or({});
}

std::vector<std::pair<int, std::string>> SystemTree::numbered(std::string_view folder, std::string_view prefix) const {
  std::vector<std::pair<int, std::string>> found;
  for (auto& name : names(folder)) {
    if (name.size() <= prefix.size() || name.compare(0, prefix.size(), prefix) != 0) continue;
    int number = 0;
    const char* const last = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + prefix.size(), last, number);
    if (parsed.ec == std::errc() && parsed.ptr == last && number >= 0) found.emplace_back(number, std::move(name));
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string SystemTree::link(std::string_view path) const {
  std::error_code failed;
  const auto target = fs::read_symlink(root_ / path, failed);
  return failed ? std::string() : target.generic_string();
}

std::optional<std::int64_t> leading_integer(std::string_view text) {
  text = trimmed(text);
  int base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  std::int64_t number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number, base).ec != std::errc()) return std::nullopt;
  return number;
}

std::vector<int> parse_cpu_list(std::string_view list) {
  std::vector<int> numbers;
  for (const auto& part : split_text(list, ',')) {
    const auto dash = part.find('-');
    const auto first = leading_integer(part.substr(0, dash));
    const auto last = dash == std::string::npos ? first : leading_integer(std::string_view(part).substr(dash + 1));
    if (!first || !last || *first < 0 || *last < *first || *last > INT32_MAX) continue;
    for (auto number = *first; number <= *last && numbers.size() < kListNumbersMax; ++number)
      numbers.push_back(static_cast<int>(number));
  }
  return numbers;
}

std::vector<std::string> split_text(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto at = text.find(separator);
    parts.emplace_back(trimmed(text.substr(0, at)));
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + 1);
  }
  return parts;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::string value_of(std::string_view text, std::string_view key) {
  for (const auto& line : split_text(text, '\n')) {
    if (!line.starts_with(key)) continue;
    const auto rest = trimmed(std::string_view(line).substr(key.size()));
    if (!rest.empty() && (rest[0] == ':' || rest[0] == '=')) return std::string(trimmed(rest.substr(1)));
  }
  return {};
}

}  // namespace hearth
