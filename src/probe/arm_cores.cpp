#include <array>
#include <charconv>

#include "probe/cpu_reader.h"

namespace hearth {
namespace {

struct ArmPart {
  int implementer;
  int part;
  const char* name;
};

constexpr std::array kArmParts = {ArmPart{0x41, 0xd01, "Cortex-A32"},    ArmPart{0x41, 0xd02, "Cortex-A34"},
                                  ArmPart{0x41, 0xd03, "Cortex-A53"},    ArmPart{0x41, 0xd04, "Cortex-A35"},
                                  ArmPart{0x41, 0xd05, "Cortex-A55"},    ArmPart{0x41, 0xd06, "Cortex-A65"},
                                  ArmPart{0x41, 0xd07, "Cortex-A57"},    ArmPart{0x41, 0xd08, "Cortex-A72"},
                                  ArmPart{0x41, 0xd09, "Cortex-A73"},    ArmPart{0x41, 0xd0a, "Cortex-A75"},
                                  ArmPart{0x41, 0xd0b, "Cortex-A76"},    ArmPart{0x41, 0xd0c, "Neoverse-N1"},
                                  ArmPart{0x41, 0xd0d, "Cortex-A77"},    ArmPart{0x41, 0xd0e, "Cortex-A76AE"},
                                  ArmPart{0x41, 0xd40, "Neoverse-V1"},   ArmPart{0x41, 0xd41, "Cortex-A78"},
                                  ArmPart{0x41, 0xd42, "Cortex-A78AE"},  ArmPart{0x41, 0xd43, "Cortex-A65AE"},
                                  ArmPart{0x41, 0xd44, "Cortex-X1"},     ArmPart{0x41, 0xd46, "Cortex-A510"},
                                  ArmPart{0x41, 0xd47, "Cortex-A710"},   ArmPart{0x41, 0xd48, "Cortex-X2"},
                                  ArmPart{0x41, 0xd49, "Neoverse-N2"},   ArmPart{0x41, 0xd4a, "Neoverse-E1"},
                                  ArmPart{0x41, 0xd4b, "Cortex-A78C"},   ArmPart{0x41, 0xd4c, "Cortex-X1C"},
                                  ArmPart{0x41, 0xd4d, "Cortex-A715"},   ArmPart{0x41, 0xd4e, "Cortex-X3"},
                                  ArmPart{0x41, 0xd4f, "Neoverse-V2"},   ArmPart{0x41, 0xd80, "Cortex-A520"},
                                  ArmPart{0x41, 0xd81, "Cortex-A720"},   ArmPart{0x41, 0xd82, "Cortex-X4"},
                                  ArmPart{0x41, 0xd83, "Neoverse-V3AE"}, ArmPart{0x41, 0xd84, "Neoverse-V3"},
                                  ArmPart{0x41, 0xd85, "Cortex-X925"},   ArmPart{0x41, 0xd87, "Cortex-A725"},
                                  ArmPart{0x41, 0xd8e, "Neoverse-N3"},   ArmPart{0x41, 0xc07, "Cortex-A7"},
                                  ArmPart{0x41, 0xc0f, "Cortex-A15"},    ArmPart{0x4e, 0x003, "Denver 2"},
                                  ArmPart{0x4e, 0x004, "Carmel"},        ArmPart{0x51, 0x001, "Oryon"},
                                  ArmPart{0x51, 0x800, "Kryo 2xx Gold"}, ArmPart{0x51, 0x802, "Kryo 3xx Gold"},
                                  ArmPart{0x51, 0x804, "Kryo 4xx Gold"}, ArmPart{0x51, 0x801, "Kryo 2xx Silver"},
                                  ArmPart{0x61, 0x022, "Icestorm"},      ArmPart{0x61, 0x023, "Firestorm"},
                                  ArmPart{0x61, 0x032, "Blizzard"},      ArmPart{0x61, 0x033, "Avalanche"},
                                  ArmPart{0xc0, 0xac3, "Ampere-1"},      ArmPart{0xc0, 0xac4, "Ampere-1a"},
                                  ArmPart{0x46, 0x001, "A64FX"},         ArmPart{0x48, 0xd01, "TaiShan v110"}};

struct ArmImplementer {
  int implementer;
  const char* name;
};

constexpr std::array kArmImplementers = {ArmImplementer{0x41, "ARM"},       ArmImplementer{0x42, "Broadcom"},
                                         ArmImplementer{0x43, "Cavium"},    ArmImplementer{0x46, "Fujitsu"},
                                         ArmImplementer{0x48, "HiSilicon"}, ArmImplementer{0x4e, "NVIDIA"},
                                         ArmImplementer{0x51, "Qualcomm"},  ArmImplementer{0x53, "Samsung"},
                                         ArmImplementer{0x61, "Apple"},     ArmImplementer{0xc0, "Ampere"}};

}  // namespace

std::string arm_core_name(std::string_view implementer, std::string_view part) {
  const auto by = leading_integer(implementer);
  const auto number = leading_integer(part);
  for (const auto& known : kArmParts)
    if (by == known.implementer && number == known.part) return known.name;
  return {};
}

std::string arm_vendor_name(std::string_view implementer) {
  const auto by = leading_integer(implementer);
  for (const auto& known : kArmImplementers)
    if (by == known.implementer) return known.name;
  return {};
}

}  // namespace hearth
