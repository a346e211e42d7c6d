// Words that tell what a text is about, in several languages: what stands near a number or near "my" makes it personal.
#pragma once

#include <cstdint>
#include <string_view>

namespace hearth {

// Bits: a word may be of several kinds.
enum class WordKind : std::uint16_t {
  kOwn = 1,       // "my": what follows belongs to the one who asks
  kSelf = 2,      // "I", before a word of kHave
  kHave = 4,      // "have", "am", "was", "take"
  kHealth = 8,    // a condition, a medicine, a treatment
  kFinance = 16,  // income, debts, accounts
  kPhone = 32,
  kStreet = 64,  // "street", "rue"
  kName = 128,   // "name", "called", "born"
  kSecret = 256,
  kId = 512,        // "passport", "social"
  kPatient = 1024,  // of a record about somebody else
  kMoney = 2048,    // a currency
};

// Kinds of the word with this hash (word_hash of its lower case); 0: none. Thread-safe, constant time.
[[nodiscard]] std::uint16_t word_kinds(std::uint64_t hash);

[[nodiscard]] constexpr bool has_kind(std::uint16_t kinds, WordKind kind) {
  return (kinds & static_cast<std::uint16_t>(kind)) != 0;
}

}  // namespace hearth
