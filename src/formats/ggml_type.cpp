#include "formats/ggml_type.h"

#include <algorithm>
#include <array>

namespace hearth {
namespace {

// Block bytes are written as the sum of their parts (scales + sub-scales + quants) so that each can be checked by eye.
constexpr std::array kTypes = {
    GgmlType{0, "F32", 1, 4, true},
    GgmlType{1, "F16", 1, 2, true},
    GgmlType{2, "Q4_0", 32, 2 + 16, true},
    GgmlType{3, "Q4_1", 32, 2 * 2 + 16, true},
    GgmlType{6, "Q5_0", 32, 2 + 4 + 16, true},
    GgmlType{7, "Q5_1", 32, 2 * 2 + 4 + 16, true},
    GgmlType{8, "Q8_0", 32, 2 + 32, true},
    GgmlType{9, "Q8_1", 32, 2 * 2 + 32, false},
    GgmlType{10, "Q2_K", 256, 2 * 2 + 16 + 64, true},
    GgmlType{11, "Q3_K", 256, 2 + 64 + 32 + 12, true},
    GgmlType{12, "Q4_K", 256, 2 * 2 + 12 + 128, true},
    GgmlType{13, "Q5_K", 256, 2 * 2 + 12 + 128 + 32, true},
    GgmlType{14, "Q6_K", 256, 2 + 16 + 192, true},
    GgmlType{15, "Q8_K", 256, 4 + 256 + 16 * 2, false},
    GgmlType{16, "IQ2_XXS", 256, 2 + 32 * 2, true},
    GgmlType{17, "IQ2_XS", 256, 2 + 32 * 2 + 8, true},
    GgmlType{18, "IQ3_XXS", 256, 2 + 3 * 32, true},
    GgmlType{19, "IQ1_S", 256, 2 + 32 + 16, true},
    GgmlType{20, "IQ4_NL", 32, 2 + 16, true},
    GgmlType{21, "IQ3_S", 256, 2 + 13 * 8 + 4, true},
    GgmlType{22, "IQ2_S", 256, 2 + 64 + 16, true},
    GgmlType{23, "IQ4_XS", 256, 2 + 2 + 4 + 128, true},
    GgmlType{24, "I8", 1, 1, false},
    GgmlType{25, "I16", 1, 2, false},
    GgmlType{26, "I32", 1, 4, false},
    GgmlType{27, "I64", 1, 8, false},
    GgmlType{28, "F64", 1, 8, false},
    GgmlType{29, "IQ1_M", 256, 32 + 16 + 8, true},
    GgmlType{30, "BF16", 1, 2, true},
    GgmlType{34, "TQ1_0", 256, 2 + 4 + 48, true},
    GgmlType{35, "TQ2_0", 256, 2 + 64, true},
    GgmlType{39, "MXFP4", 32, 1 + 16, true},
    GgmlType{40, "NVFP4", 64, 4 + 32, true},
    GgmlType{41, "Q1_0", 128, 2 + 16, true},
    GgmlType{42, "Q2_0", 64, 2 + 16, true},
};

constexpr char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

std::span<const GgmlType> ggml_types() { return kTypes; }

const GgmlType* find_ggml_type(std::uint32_t id) {
  const auto* const row = std::lower_bound(kTypes.begin(), kTypes.end(), id,
                                           [](const GgmlType& type, std::uint32_t wanted) { return type.id < wanted; });
  return row != kTypes.end() && row->id == id ? row : nullptr;
}

const GgmlType* find_ggml_type(std::string_view name) {
  const auto same = [name](const GgmlType& type) {
    return std::equal(type.name.begin(), type.name.end(), name.begin(), name.end(),
                      [](char a, char b) { return to_upper(a) == to_upper(b); });
  };
  const auto* const row = std::find_if(kTypes.begin(), kTypes.end(), same);
  return row != kTypes.end() ? row : nullptr;
}

std::string_view withdrawn_ggml_type(std::uint32_t id) {
  switch (id) {
    case 4: return "Q4_2";
    case 5: return "Q4_3";
    case 31: return "Q4_0_4_4";
    case 32: return "Q4_0_4_8";
    case 33: return "Q4_0_8_8";
    case 36: return "IQ4_NL_4_4";
    case 37: return "IQ4_NL_4_8";
    case 38: return "IQ4_NL_8_8";
    default: return {};
  }
}

}  // namespace hearth
