// What somebody wants planned. Absent: not asked for, the planner decides.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hearth {

// The tasks a plan knows. "vision" is detection, "image_chat" a model that sees and talks.
namespace plan_task {
inline constexpr const char* kChat = "chat";
inline constexpr const char* kVision = "vision";
inline constexpr const char* kStt = "stt";
inline constexpr const char* kTts = "tts";
inline constexpr const char* kEmbed = "embed";
}  // namespace plan_task

struct PlanWish {
  std::string task;   // plan_task::*, or a finer one: "code", "detect", "segment", "classify", "image_chat", "rerank"
  std::string model;  // a record's id as wished, or empty
  bool streaming = false;
};

enum class PlanPower { kUnstated, kMains, kBattery };
enum class PlanQuality { kBalanced, kFast, kHigh };

struct PlanRequest {
  std::string device;            // as given: a record's name, "probe", a file
  std::vector<PlanWish> wishes;  // at least one
  std::vector<std::string>
      uses;  // what chat is for: "chat", "reasoning", "maths", "code", "retrieval", ...: floors apply
  std::optional<std::string> precision;         // asked for by name
  std::optional<std::string> kv_type;           // "f16", "q8_0", "q4_0"
  std::optional<std::uint64_t> context_length;  // for each user
  std::uint32_t users = 1;
  std::optional<double> slo_ttft_ms, slo_tok_s;
  std::optional<std::uint32_t> accelerators;  // so many cards of the device's kind
  bool offline = false;                       // nothing remote is ever proposed
  bool privacy = false;                       // likewise
  bool commercial = false;                    // licences must allow selling
  PlanPower power = PlanPower::kUnstated;
  PlanQuality quality = PlanQuality::kBalanced;
  std::optional<std::uint64_t> budget_bytes;  // of all pools together
  std::optional<std::uint64_t> memory_bytes;  // the machine has this much rather than what its record says
};

// One thing read out of the request: which field, which value, and the words (or the reason) it comes from.
struct PlanReading {
  std::string field, value, from;
  bool assumed = false;
};

struct PlanUnderstanding {
  PlanRequest request;
  std::vector<PlanReading> readings;  // understood first, then assumed
};

}  // namespace hearth
