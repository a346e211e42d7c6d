// A proof that nothing leaves the machine: the program's main paths under the eyes of the kernel.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "hearth/result.h"
#include "platform/watched_process.h"

namespace hearth {

struct AirgapStep {
  std::string name;  // "plan", "pull", "run", "serve"
  std::string what;  // for people
  double seconds = 0;
  std::uint64_t n_calls = 0;         // that make or use sockets
  std::vector<WatchedCall> refused;  // that would have left the machine
  std::string fault;                 // why the step itself did not do its work; empty: it did
};

struct AirgapProof {
  bool own_network = false;  // the steps ran in a network that has nothing but a loopback
  std::vector<AirgapStep> steps;
  [[nodiscard]] bool pass() const;
};

// Plans, takes a file into the store, runs it and serves a chat, each as a program of its own in a home of its own,
// watched. Takes some seconds. kUnsupported where the system can't watch; errors of making the home.
[[nodiscard]] Result<AirgapProof> prove_airgap();

// Schema: airgap.schema.json.
[[nodiscard]] nlohmann::ordered_json airgap_to_json(const AirgapProof& proof);

}  // namespace hearth
