#include "app/load_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "platform/file.h"

namespace hearth {
namespace {

constexpr std::size_t kEntriesMax = 512;
constexpr std::uint64_t kFileBytesMax = 4U << 20U;

std::vector<std::string> read_keys(const std::filesystem::path& file) {
  std::vector<std::string> keys;
  auto text = read_file(file, kFileBytesMax);
  if (!text) return keys;
  const auto parsed = nlohmann::json::parse(*text, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("passed") || !parsed["passed"].is_array()) return keys;
  for (const auto& key : parsed["passed"])
    if (key.is_string()) keys.push_back(key.get<std::string>());
  return keys;
}

}  // namespace

Result<std::string> LoadHistory::key(const std::filesystem::path& model, const std::string& runtime,
                                     const std::string& runtime_version) {
  HEARTH_ASSIGN(info, file_info(model));
  std::error_code ignored;
  const auto absolute = std::filesystem::absolute(model, ignored);
  return fmt::format("{} {}|{}|{}|{}", runtime, runtime_version, info.size_bytes,
                     info.modified_at.time_since_epoch().count(), absolute.string());
}

bool LoadHistory::passed(const std::string& key) const {
  const auto keys = read_keys(file_);
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

Status LoadHistory::record_passed(const std::string& key) const {
  auto keys = read_keys(file_);
  std::erase(keys, key);
  keys.push_back(key);
  if (keys.size() > kEntriesMax) keys.erase(keys.begin(), keys.end() - static_cast<std::ptrdiff_t>(kEntriesMax));
  // Paths may hold bytes that are not UTF-8; JSON must not fail on them.
  const nlohmann::json content = {{"passed", keys}};
  return write_file_atomic(file_, content.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace hearth
