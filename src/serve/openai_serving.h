// What the OpenAI endpoints share: the service, the clock, and ids that never come twice.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "engine/text_service.h"

namespace hearth::serve {

// Thread-safe. Two sources with different seeds give different ids, for all practical purposes.
class AnswerIds {
 public:
  explicit AnswerIds(std::uint64_t seed) : seed_(seed) {}

  // `prefix` and 24 hexadecimal digits.
  [[nodiscard]] std::string next(std::string_view prefix) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string id(prefix);
    for (int half = 0; half < 2; ++half) {
      std::uint64_t bits = number();
      for (int digit = 0; digit < 12; ++digit, bits >>= 4U) id += kHex[bits & 0xFU];
    }
    return id;
  }
  // Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014 (SplitMix64).
  [[nodiscard]] std::uint64_t number() {
    std::uint64_t z = seed_ + (count_.fetch_add(1, std::memory_order_relaxed) + 1) * 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }

 private:
  const std::uint64_t seed_;
  std::atomic<std::uint64_t> count_{0};
};

// A model beside the text service's own.
struct OtherModel {
  ModelFacts facts;
  std::string kind;  // "voice"
};

// Thread-safe: only the ids change. The service and the clock are borrowed and must outlive the routes.
struct OpenAiServing {
  OpenAiServing(TextService& text_service, const Clock& time, std::string system_fingerprint, std::uint64_t id_seed)
      : service(text_service), clock(time), fingerprint(std::move(system_fingerprint)), ids(id_seed) {}

  TextService& service;
  const Clock& clock;
  const std::string fingerprint;  // of the program's build, as clients see it
  AnswerIds ids;
  // Models beside the service's own, for the list of models; may be empty. Set before the routes are used.
  std::function<std::vector<OtherModel>()> other_models;

  [[nodiscard]] std::int64_t unix_now() const {
    return std::chrono::duration_cast<std::chrono::seconds>(clock.wall_now().time_since_epoch()).count();
  }
};

}  // namespace hearth::serve
