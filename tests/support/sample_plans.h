// Plans made by hand, as a planner could have made them: input for tests of what is written from a plan.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "domain/plan.h"

namespace hearth::test {

// A voice assistant on a Raspberry Pi 5, offline: chat, speech to text, text to speech, all on the CPU.
[[nodiscard]] Plan pi5_voice_plan();

// Qwen3-32B in AWQ for eight users on an RTX 4090 under vLLM.
[[nodiscard]] Plan rtx4090_plan();

// A 70B model on 16 GB: nothing fits; ways out and rejections instead of a choice.
[[nodiscard]] Plan unserved_plan();

// Every runtime that has files of its own, split placements, and names that try to break out of every format.
[[nodiscard]] Plan hostile_plan();

[[nodiscard]] Plan mac_plan();
[[nodiscard]] Plan windows_plan();

// All of them with a short name each.
[[nodiscard]] std::vector<std::pair<std::string, Plan>> sample_plans();

}  // namespace hearth::test
