// One choice of a plan on its way into other programs' files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/plan.h"

namespace hearth {

// Where a program finds the weights.
struct DeployWeights {
  bool local = true;   // `path` must be there before the start; else `hub` is fetched by the program itself
  std::string path;    // as given, or relative to the plan's folder
  std::string hub;     // "owner/name" or empty
  std::string wanted;  // what to put at `path`: "the Q4_K_M GGUF of Qwen/Qwen3-4B"
  bool given = false;  // `path` is the user's own file
};

// A choice with its texts cleaned (one_line), and what all of its files agree on.
struct DeployTarget {
  const Plan* plan = nullptr;  // borrowed
  PlanChoice choice;
  bool offline = false;  // or private: nothing may be fetched
  int port = 0;          // of the engine
  std::string name;      // under which the model is served
  std::string folder;    // "deploy/chat"
  DeployWeights weights;

  [[nodiscard]] std::string file(const std::string& leaf) const { return folder + "/" + leaf; }
  [[nodiscard]] const std::string& os() const { return plan->device.os; }
  [[nodiscard]] bool on_cpu() const { return choice.backend.empty() || choice.backend == "cpu"; }
  [[nodiscard]] bool decodes() const { return choice.context_length > 0 && !embeds() && !reranks(); }
  [[nodiscard]] bool embeds() const { return choice.task == "embed"; }
  [[nodiscard]] bool reranks() const { return choice.task == "rerank"; }
  // Bytes of the choice in the machine's memory, and those on accelerators.
  [[nodiscard]] std::uint64_t ram_bytes() const;
  [[nodiscard]] std::uint64_t device_bytes() const { return choice.memory.total_bytes() - ram_bytes(); }
  // Accelerators that hold a part, at least 1 unless all lies in memory.
  [[nodiscard]] int device_count() const;
  // Of the pools that the accelerators in use have; 0 where the plan does not say.
  [[nodiscard]] std::uint64_t device_capacity_bytes() const;
};

inline constexpr int kHearthPort = 8080;
inline constexpr int kFirstEnginePort = 8081;

[[nodiscard]] std::vector<DeployTarget> deploy_targets(const Plan& plan);

// Lines that open every file: what it starts, and what the plan promises of it.
[[nodiscard]] std::vector<std::string> opening_notes(const DeployTarget& target);

// `notes` as comment lines with `mark` in front.
[[nodiscard]] std::string comment_lines(const std::vector<std::string>& notes, const std::string& mark);

}  // namespace hearth
