#include "app/file_digest.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "platform/file.h"
#include "store/sha256.h"

namespace hearth {
namespace {

constexpr std::size_t kRemembered = 512;
constexpr std::uint64_t kMemoryBytesMax = 1U << 20U;

nlohmann::json read_memory(const std::filesystem::path& file) {
  const auto text = read_file(file, kMemoryBytesMax);
  nlohmann::json memory = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json::object();
  return memory.is_object() ? memory : nlohmann::json::object();
}

}  // namespace

Result<std::string> remembered_sha256(const std::filesystem::path& file, const std::filesystem::path& home) {
  HEARTH_ASSIGN(info, file_info(file));
  const auto changed = std::chrono::duration_cast<std::chrono::nanoseconds>(info.modified_at.time_since_epoch());
  const std::string key = std::filesystem::absolute(file).string() + "|" + std::to_string(info.size_bytes) + "|" +
                          std::to_string(changed.count());
  const std::filesystem::path memory_file = home / "file_digests.json";
  nlohmann::json memory = read_memory(memory_file);
  if (const auto known = memory.find(key); known != memory.end() && known->is_string())
    return known->get<std::string>();
  HEARTH_ASSIGN(digest, sha256_file(file));
  if (memory.size() >= kRemembered) memory.clear();
  memory[key] = digest;
  (void)write_file_atomic(memory_file, memory.dump());
  return digest;
}

}  // namespace hearth
