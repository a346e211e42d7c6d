#include "serve/trace_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace hearth::serve {
namespace {

bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view header) {
  constexpr std::size_t kSize = 55;  // version 00
  if (header.size() < kSize || header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  const auto version = header.substr(0, 2), trace = header.substr(3, 32), parent = header.substr(36, 16),
             flags = header.substr(53, 2);
  for (const auto part : {version, trace, parent, flags})
    if (!is_lower_hex(part)) return std::nullopt;
  if (version == "ff" || is_zero(trace) || is_zero(parent)) return std::nullopt;
  const bool goes_on = header.size() > kSize;
  if (goes_on && (version == "00" || header[kSize] != '-')) return std::nullopt;
  const char low = flags[1];
  const int digit = low <= '9' ? low - '0' : low - 'a' + 10;
  return TraceContext{std::string(trace), std::string(parent), (digit & 1) != 0};
}

std::string format_traceparent(const TraceContext& trace, std::string_view span_id) {
  return fmt::format("00-{}-{}-{}", trace.trace_id, span_id, trace.sampled ? "01" : "00");
}

IdSource::IdSource() {
  std::random_device device;
  seed_ = (std::uint64_t{device()} << 32U) | device();
}

// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014 (the mixing function).
std::uint64_t IdSource::next() {
  std::uint64_t z = seed_ + counter_.fetch_add(1, std::memory_order_relaxed) * 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

std::string IdSource::trace_id() { return fmt::format("{:016x}{:016x}", next() | 1U, next()); }
std::string IdSource::span_id() { return fmt::format("{:016x}", next() | 1U); }
std::string IdSource::request_id() { return fmt::format("req_{:016x}{:08x}", next(), next() >> 32U); }

}  // namespace hearth::serve
