// Bounds on what a JSON Schema leaves open, so that a model that loops comes to an end.
#pragma once

#include <cstdint>
#include <string>

namespace hearth {

// Bounds of our own; a schema that states its own keeps exactly those.
inline constexpr int kJsonSpaceMax = 1;          // bytes of white space between two tokens
inline constexpr int kIntegerDigitsMax = 16;     // as llama.cpp's JSON grammar; 2^53 has 16
inline constexpr int kFractionDigitsMax = 16;    // of a number; a double holds no more than 17 altogether
inline constexpr int kExponentDigitsMax = 3;     // of a number; a double ends at 308
inline constexpr int kFreePropertiesMax = 16;    // properties that no schema names, of any value
inline constexpr int kTypedPropertiesMax = 256;  // properties that no schema names, of values with a schema
inline constexpr int kFreeItemsMax = 256;        // items of an array that may hold anything
inline constexpr int kFreeDepthMax = 8;          // arrays and objects inside a value that may be anything
inline constexpr std::int64_t kIntegerMax = 9999999999999999;  // kIntegerDigitsMax nines

// Puts these bounds into the grammar that xgrammar 0.2.8 printed for a schema. Rules it does not find stay as they are.
// Free strings and keys are not counted: a count of characters makes each mask a thousand times dearer (48 ms instead
// of 3 us with 100,000 tokens; our measurement).
[[nodiscard]] std::string bounded_json_grammar(const std::string& ebnf);

}  // namespace hearth
