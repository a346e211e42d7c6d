#include "app/api_key_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "platform/file.h"
#include "serve/api_keys.h"

namespace hearth {
namespace {

constexpr std::uint64_t kKeyFileBytesMax = 4U << 20U;

RequestPriority priority_of(const std::string& name) {
  if (name == "interactive") return RequestPriority::kInteractive;
  return name == "background" ? RequestPriority::kBackground : RequestPriority::kNormal;
}

}  // namespace

Result<std::string> add_api_key(const std::filesystem::path& file, const std::string& name,
                                const ApiKeyLimits& limits) {
  auto text = read_file(file, kKeyFileBytesMax);
  if (!text && text.error().code != ErrorCode::kNotFound) return fail(std::move(text).error());
  std::string lines = text ? std::move(*text) : std::string();
  HEARTH_ASSIGN(records, serve::parse_key_file(lines));
  if (std::ranges::find(records, name, &serve::KeyRecord::name) != records.end())
    return fail(ErrorCode::kInvalidArgument, fmt::format("{} has a key called '{}' already", file.string(), name),
                "take another name, or remove its line first");
  HEARTH_ASSIGN(made, serve::make_key(name, {limits.requests_per_minute, limits.concurrent_requests,
                                             limits.tokens_per_minute, priority_of(limits.priority)}));
  if (!lines.empty() && lines.back() != '\n') lines += '\n';
  HEARTH_TRY(write_file_atomic(file, lines + serve::format_key_line(made.record) + "\n"));
  return made.clear;
}

}  // namespace hearth
