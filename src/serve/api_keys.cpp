#include "serve/api_keys.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "serve/key_hash.h"

namespace hearth::serve {

KeyUse& KeyUse::operator=(KeyUse&& other) noexcept {
  if (this == &other) return *this;
  release();
  keys_ = std::exchange(other.keys_, nullptr);
  index_ = other.index_;
  return *this;
}

void KeyUse::release() noexcept {
  if (keys_ == nullptr) return;
  const std::lock_guard lock(keys_->mutex_);
  --keys_->keys_[index_].running;
  keys_ = nullptr;
}

std::string_view KeyUse::name() const {
  return keys_ == nullptr ? std::string_view() : std::string_view(keys_->keys_[index_].record.name);
}

ApiKeys::ApiKeys(std::vector<KeyRecord> records, const Clock& clock) : clock_(clock) {
  const auto now = clock_.now();
  keys_.reserve(records.size());
  for (KeyRecord& record : records) {
    const double requests = record.limits.requests_per_minute, tokens = record.limits.tokens_per_minute;
    keys_.push_back({std::move(record), {requests, now}, {tokens, now}, 0});
  }
}

Result<std::size_t> ApiKeys::find(std::string_view clear) const {
  std::size_t found = keys_.size();
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const KeyRecord& record = keys_[i].record;
    const auto hash = key_hash(record.salt, clear);
    if (CRYPTO_memcmp(hash.data(), record.hash.data(), hash.size()) == 0) found = i;
  }
  if (!clear.empty() && found < keys_.size()) return found;
  return fail(Error(ErrorCode::kPermissionDenied, clear.empty() ? "no API key was given" : "the API key is not known",
                    "send 'Authorization: Bearer KEY' or 'x-api-key: KEY' with a key of this server")
                  .with("http_status", "401")
                  .with("code", "invalid_api_key"));
}

void ApiKeys::refill(Allowance& allowance, double per_minute, std::chrono::steady_clock::time_point now) {
  const double passed_s = std::chrono::duration<double>(now - allowance.at).count();
  allowance.left = std::min(per_minute, allowance.left + std::max(0.0, passed_s) * per_minute / 60);
  allowance.at = now;
}

namespace {

Unexpected over(const KeyRecord& record, const std::string& limit, double retry_after_s) {
  return fail(Error(ErrorCode::kOverloaded, "the API key '" + record.name + "' is over its limit of " + limit,
                    "wait, or ask for a higher limit")
                  .with("code", "rate_limit_exceeded")
                  .with("retry_after_s", fmt::format("{:.3f}", retry_after_s)));
}

}  // namespace

Result<KeyUse> ApiKeys::admit(std::string_view clear) {
  HEARTH_ASSIGN(index, find(clear));  // before the lock: records never change
  const std::lock_guard lock(mutex_);
  State& state = keys_[index];
  const KeyLimits& limits = state.record.limits;
  const auto now = clock_.now();
  if (limits.concurrent_requests > 0 && state.running >= limits.concurrent_requests)
    return over(state.record, fmt::format("{} requests at once", limits.concurrent_requests), 1);
  if (limits.tokens_per_minute > 0) {
    const double rate = limits.tokens_per_minute;
    refill(state.tokens, rate, now);
    if (state.tokens.left <= 0)
      return over(state.record, fmt::format("{} tokens a minute", limits.tokens_per_minute),
                  (1 - state.tokens.left) * 60 / rate);
  }
  if (limits.requests_per_minute > 0) {
    const double rate = limits.requests_per_minute;
    refill(state.requests, rate, now);
    if (state.requests.left < 1)
      return over(state.record, fmt::format("{} requests a minute", limits.requests_per_minute),
                  (1 - state.requests.left) * 60 / rate);
    state.requests.left -= 1;
  }
  ++state.running;
  return KeyUse(this, index);
}

void ApiKeys::charge_tokens(std::string_view name, std::uint64_t n_tokens) {
  const std::lock_guard lock(mutex_);
  for (State& state : keys_) {
    if (state.record.name != name || state.record.limits.tokens_per_minute == 0) continue;
    refill(state.tokens, state.record.limits.tokens_per_minute, clock_.now());
    state.tokens.left -= static_cast<double>(n_tokens);
  }
}

RequestPriority ApiKeys::priority(std::string_view name) const {
  for (const State& state : keys_)
    if (state.record.name == name) return state.record.limits.priority;
  return RequestPriority::kNormal;
}

std::string_view key_of_headers(std::string_view authorization, std::string_view x_api_key) {
  constexpr std::string_view kScheme = "bearer ";
  const bool bearer = authorization.size() > kScheme.size() &&
                      std::ranges::equal(authorization.substr(0, kScheme.size()), kScheme, [](char a, char b) {
                        return std::tolower(static_cast<unsigned char>(a)) == b;
                      });
  if (!bearer) return x_api_key;
  authorization.remove_prefix(kScheme.size());
  authorization.remove_prefix(std::min(authorization.size(), authorization.find_first_not_of(' ')));
  return authorization;
}

}  // namespace hearth::serve
