// API keys: who may ask, and how much. The file and the memory of the server hold salted hashes, never a key.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "engine/text_request.h"
#include "hearth/result.h"

namespace hearth::serve {

// 0: no such limit.
struct KeyLimits {
  std::uint32_t requests_per_minute = 0;
  std::uint32_t concurrent_requests = 0;
  std::uint32_t tokens_per_minute = 0;
  RequestPriority priority = RequestPriority::kNormal;
};

// Keys are 256 random bits, so that one round of SHA-256 over salt and key is as good as a slow hash: there is nothing
// to guess. Source: NIST SP 800-63B, section 5.1.2.2 (look-up secrets of 112 bits and more).
struct KeyRecord {
  std::string name;
  std::array<unsigned char, 16> salt{};
  std::array<unsigned char, 32> hash{};  // SHA-256 of salt and key
  KeyLimits limits;
};

// The key file: a key a line, "name sha256:<salt>:<hash> [limit=value ...]" with salt and hash in hexadecimal digits
// and the limits requests_per_minute, concurrent_requests, tokens_per_minute (numbers) and priority (interactive,
// normal, background); empty lines and lines that begin with '#' are skipped. Names are 1 to 64 letters, digits, '-',
// '_' or
// '.', each once. InvalidData names the line.
[[nodiscard]] Result<std::vector<KeyRecord>> parse_key_file(std::string_view text);
// Without the line's end.
[[nodiscard]] std::string format_key_line(const KeyRecord& record);

struct NewKey {
  std::string clear;  // "hearth-" and 43 characters; shown once, kept nowhere
  KeyRecord record;
};
// InvalidArgument: a name that the file could not hold.
[[nodiscard]] Result<NewKey> make_key(std::string_view name, const KeyLimits& limits);
// A record of a key that the user chose; InvalidArgument for one that could be guessed (under 16 bytes).
[[nodiscard]] Result<KeyRecord> record_of_key(std::string_view name, std::string_view clear, const KeyLimits& limits);

class ApiKeys;

// A request that runs under a key: gives its place back at its end. Movable.
class KeyUse {
 public:
  KeyUse() = default;
  KeyUse(ApiKeys* keys, std::size_t index) : keys_(keys), index_(index) {}
  KeyUse(KeyUse&& other) noexcept : keys_(std::exchange(other.keys_, nullptr)), index_(other.index_) {}
  KeyUse& operator=(KeyUse&& other) noexcept;
  KeyUse(const KeyUse&) = delete;
  KeyUse& operator=(const KeyUse&) = delete;
  ~KeyUse() { release(); }

  void release() noexcept;
  [[nodiscard]] std::string_view name() const;  // empty without a key

 private:
  ApiKeys* keys_ = nullptr;
  std::size_t index_ = 0;
};

// Internally locked; outlives its KeyUses.
class ApiKeys {
 public:
  ApiKeys(std::vector<KeyRecord> records, const Clock& clock);

  // Takes the key itself (of "Authorization: Bearer" or "x-api-key"). Every record is compared, each in constant time.
  // PermissionDenied with "http_status" 401: none or an unknown one; Overloaded with "retry_after_s": over a limit.
  [[nodiscard]] Result<KeyUse> admit(std::string_view clear);

  // Tokens that a request of that key came to; nothing for a name that is not known.
  void charge_tokens(std::string_view name, std::uint64_t n_tokens);
  // Of a key's requests; kNormal for a name that is not known.
  [[nodiscard]] RequestPriority priority(std::string_view name) const;
  [[nodiscard]] std::size_t size() const { return keys_.size(); }

 private:
  friend class KeyUse;
  // What is left of a minute's allowance; grows back evenly, up to the whole.
  struct Allowance {
    double left = 0;
    std::chrono::steady_clock::time_point at;
  };
  struct State {
    KeyRecord record;
    Allowance requests;
    Allowance tokens;
    std::uint32_t running = 0;
  };
  [[nodiscard]] Result<std::size_t> find(std::string_view clear) const;
  static void refill(Allowance& allowance, double per_minute, std::chrono::steady_clock::time_point now);

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::vector<State> keys_;
};

// The key a request brings: "Authorization: Bearer KEY" or "x-api-key: KEY"; empty for none.
[[nodiscard]] std::string_view key_of_headers(std::string_view authorization, std::string_view x_api_key);

}  // namespace hearth::serve
