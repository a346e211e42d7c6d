#include <fmt/format.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <set>

#include "base/display_text.h"
#include "serve/api_keys.h"
#include "serve/key_hash.h"

namespace hearth::serve {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kKeysMax = 10'000;  // each request is compared with all of them
constexpr std::size_t kChosenKeyBytesMin = 16;

struct NumberLimit {
  std::string_view name;
  std::uint32_t KeyLimits::*field;
};
constexpr NumberLimit kNumberLimits[] = {{"requests_per_minute", &KeyLimits::requests_per_minute},
                                         {"concurrent_requests", &KeyLimits::concurrent_requests},
                                         {"tokens_per_minute", &KeyLimits::tokens_per_minute}};
struct PriorityName {
  std::string_view name;
  RequestPriority priority;
};
constexpr PriorityName kPriorities[] = {{"interactive", RequestPriority::kInteractive},
                                        {"normal", RequestPriority::kNormal},
                                        {"background", RequestPriority::kBackground}};

bool is_key_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
}

std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.size(), line.find_first_not_of(" \t\r")));
  const auto word = line.substr(0, std::min(line.size(), line.find_first_of(" \t\r")));
  line.remove_prefix(word.size());
  return word;
}

template <std::size_t n>
bool read_hex(std::string_view text, std::array<unsigned char, n>& out) {
  if (text.size() != 2 * n) return false;
  for (std::size_t i = 0; i < n; ++i) {
    const char* begin = text.data() + 2 * i;
    const auto [end, error] = std::from_chars(begin, begin + 2, out[i], 16);
    if (error != std::errc() || end != begin + 2) return false;
  }
  return true;
}

template <std::size_t n>
std::string hex(const std::array<unsigned char, n>& bytes) {
  std::string out;
  for (const unsigned char byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

bool read_hash(std::string_view word, KeyRecord& record) {
  constexpr std::string_view kKind = "sha256:";
  if (!word.starts_with(kKind)) return false;
  word.remove_prefix(kKind.size());
  const auto colon = word.find(':');
  return colon != std::string_view::npos && read_hex(word.substr(0, colon), record.salt) &&
         read_hex(word.substr(colon + 1), record.hash);
}

bool read_limit(std::string_view word, KeyLimits& limits) {
  const auto equals = word.find('=');
  if (equals == std::string_view::npos) return false;
  const auto name = word.substr(0, equals), value = word.substr(equals + 1);
  for (const auto& [known, field] : kNumberLimits) {
    if (name != known) continue;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), limits.*field);
    return error == std::errc() && end == value.data() + value.size();
  }
  for (const auto& [known, priority] : kPriorities) {
    if (name != "priority" || value != known) continue;
    limits.priority = priority;
    return true;
  }
  return false;
}

// What is wrong with the line; empty: nothing.
std::string read_line(std::string_view line, KeyRecord& record) {
  record.name = next_word(line);
  if (!is_key_name(record.name)) return "'" + one_line(record.name.substr(0, kNameBytesMax)) + "' is no name of a key";
  if (!read_hash(next_word(line), record)) return "after the name must come sha256:SALT:HASH";
  for (auto word = next_word(line); !word.empty(); word = next_word(line))
    if (!read_limit(word, record.limits)) return "'" + one_line(word.substr(0, kNameBytesMax)) + "' is no limit";
  return {};
}

}  // namespace

std::array<unsigned char, 32> key_hash(std::span<const unsigned char, 16> salt, std::string_view clear) {
  std::string text(salt.begin(), salt.end());
  text += clear;
  std::array<unsigned char, 32> out{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data());
  return out;
}

Result<std::vector<KeyRecord>> parse_key_file(std::string_view text) {
  std::vector<KeyRecord> records;
  std::set<std::string> names;
  for (std::size_t number = 1; !text.empty(); ++number) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    line.remove_prefix(std::min(line.size(), line.find_first_not_of(" \t\r")));
    if (line.empty() || line.front() == '#') continue;
    KeyRecord record;
    std::string wrong = read_line(line, record);
    if (wrong.empty() && !names.insert(record.name).second) wrong = "the name '" + record.name + "' is there twice";
    if (wrong.empty() && records.size() == kKeysMax) wrong = fmt::format("there are more than {} keys", kKeysMax);
    if (!wrong.empty())
      return fail(ErrorCode::kInvalidData, fmt::format("line {} of the key file is wrong: {}", number, wrong),
                  "a line is: name sha256:SALT:HASH [requests_per_minute=N] [concurrent_requests=N] "
                  "[tokens_per_minute=N] [priority=interactive|normal|background]");
    records.push_back(std::move(record));
  }
  return records;
}

std::string format_key_line(const KeyRecord& record) {
  std::string line = record.name + " sha256:" + hex(record.salt) + ":" + hex(record.hash);
  for (const auto& [name, field] : kNumberLimits)
    if (record.limits.*field != 0) line += fmt::format(" {}={}", name, record.limits.*field);
  for (const auto& [name, priority] : kPriorities)
    if (priority == record.limits.priority && priority != RequestPriority::kNormal)
      line += fmt::format(" priority={}", name);
  return line;
}

Result<KeyRecord> record_of_key(std::string_view name, std::string_view clear, const KeyLimits& limits) {
  if (!is_key_name(name))
    return fail(ErrorCode::kInvalidArgument, "'" + one_line(name) + "' is no name of a key",
                "use 1 to 64 letters, digits, '-', '_' and '.'");
  if (clear.size() < kChosenKeyBytesMin)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the API key '{}' has {} bytes and could be guessed", name, clear.size()),
                fmt::format("use at least {}", kChosenKeyBytesMin));
  KeyRecord record{std::string(name), {}, {}, limits};
  if (RAND_bytes(record.salt.data(), static_cast<int>(record.salt.size())) != 1)
    return fail(ErrorCode::kUnavailable, "the system gives no random bytes", "try again");
  record.hash = key_hash(record.salt, clear);
  return record;
}

Result<NewKey> make_key(std::string_view name, const KeyLimits& limits) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  constexpr std::size_t kDigitsOfKey = 43;  // of 6 bits: 256 in all
  std::array<unsigned char, kDigitsOfKey> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
    return fail(ErrorCode::kUnavailable, "the system gives no random bytes", "try again");
  std::string clear = "hearth-";
  for (const unsigned char byte : random) clear += kDigits[byte % kDigits.size()];
  HEARTH_ASSIGN(record, record_of_key(name, clear, limits));
  return NewKey{std::move(clear), std::move(record)};
}

}  // namespace hearth::serve
