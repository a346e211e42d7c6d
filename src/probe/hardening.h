// What of a machine's settings keeps models slow, or makes them fail, and how to change it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "hearth/result.h"
#include "platform/system_tree.h"

namespace hearth {

enum class HardeningVerdict {
  kGood,
  kAdvice,   // works, and would work better
  kProblem,  // something will fail or be much slower
  kUnknown   // can't be told here
};
[[nodiscard]] std::string_view hardening_verdict_name(HardeningVerdict verdict);

struct HardeningFinding {
  std::string id;     // stable: "cpu-governor"
  std::string title;  // "clock governor"
  HardeningVerdict verdict = HardeningVerdict::kUnknown;
  std::string found;   // what is so
  std::string advice;  // what to do, a command where there is one; empty where nothing is to be done
  bool ours = false;   // hearth may change it itself: files and folders of its own
};

struct HardeningScope {
  std::filesystem::path home;                  // HEARTH_HOME
  std::size_t descriptor_limit = 0;            // of this process; 0: not known
  std::vector<std::filesystem::path> secrets;  // files that others must not read; those that are absent are left out
};

// The list for this machine: what doesn't apply (nvpmodel on a laptop) is left out. Reads only.
[[nodiscard]] std::vector<HardeningFinding> check_hardening(const SystemTree& tree, const HardeningScope& scope);

// Changes what is ours: makes the home folder, takes others' permissions from it and from secrets. The findings that
// were changed, as they are now; those that couldn't be stay as they were and say why.
[[nodiscard]] std::vector<HardeningFinding> fix_hardening(const SystemTree& tree, const HardeningScope& scope);

}  // namespace hearth
