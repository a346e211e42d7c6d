// A plan: what runs where, at which precision, with how much memory and how fast, and what was turned down and why.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/hardware_profile.h"
#include "domain/interval.h"
#include "domain/memory.h"
#include "domain/plan_request.h"

namespace hearth {

inline constexpr int kPlanSchemaVersion = 1;

// One pool of bytes that plans draw on: "ram", or an accelerator's id.
struct PlanPool {
  std::string pool;
  std::uint64_t capacity_bytes = 0;
  std::uint64_t reserved_bytes = 0;  // for the system and what else runs
  std::uint64_t budget_bytes = 0;    // what the plan may take
  std::uint64_t planned_bytes = 0;   // what it takes
};

// Absent: this figure has no meaning for the task, or nothing is known to project it from.
struct PlanProjection {
  std::optional<Interval> prefill_tok_s, decode_tok_s;  // of one user's stream, at the planned context half filled
  std::optional<Interval> total_decode_tok_s;           // over all users
  std::optional<Interval> sustained_decode_tok_s;       // after the device is hot
  std::optional<Interval> ttft_ms;                      // for a prompt of ttft_prompt_tokens
  std::optional<Interval> latency_ms, fps;              // of one image, or of one chunk of audio
  std::optional<Interval> rtf;                          // seconds of work for a second of sound
  std::optional<Interval> power_w;                      // of the whole device
  std::uint64_t ttft_prompt_tokens = 0;
  std::string basis;  // "fitted roofline", "measured here", ...
  // By metric ("decode_tok_s"): the fitted value before measurements of this machine corrected it. What `verify` learns
  // is held against these; a metric that is not in it was not corrected.
  std::map<std::string, double> fitted;
};

// Where the parts of a model lie.
struct PlanPlacement {
  std::string kind;  // "one_device", "layers_split", "experts_on_cpu", "several_gpus", "ssd_streamed"
  std::vector<std::pair<std::string, std::uint64_t>> bytes;  // by pool
  int layers_on_device = 0;                                  // of `layers`
  int layers = 0;
  std::uint64_t streamed_bytes = 0;  // of weights read from the SSD for every token
};

struct PlanSettings {
  int threads = 0;
  std::optional<int> streams, prompt_batch, prompt_microbatch, decode_batch, gpu_layers, batch;
  std::vector<int> resolution;
  std::optional<double> chunk_ms, hop_ms, frame_ms;
  std::string kv_type;  // "f16", ...; empty where there is no cache
  std::optional<bool> flash_attention, mmap, mlock;
  std::string cache, power_mode;
  std::optional<double> power_limit_w;
};

struct PlanChoice {
  std::string task;
  std::string model, model_name, family;  // the first: the record's id, or the file's path
  std::string hub;                        // where the weights are published, "owner/name"; empty: only the file
  std::string file;                       // a file here, if any
  std::string file_sha256;                // of that file when the plan was made; empty: not computed
  std::string licence, commercial, licence_note;
  std::string precision, precision_name;  // id and as shown
  std::string format;                     // "gguf", ...
  std::string runtime, runtime_name;
  bool runtime_present = false;  // its plugin is on the machine the plan was made on
  std::string install_hint;
  std::string backend;  // "cpu", "cuda", "metal", ...
  std::string device;   // "cpu" or an accelerator's id
  std::string device_name;
  std::uint64_t context_length = 0;  // tokens for each user; 0 where there is none
  std::uint32_t users = 1;
  double parameters_B = 0, active_B = 0;
  MemoryBreakdown memory;
  std::string memory_basis;  // "formula", "runtime estimate"
  PlanPlacement placement;
  PlanProjection projection;
  PlanSettings settings;
  std::vector<std::string> why, avoid, caveats;
  double score = 0;
};

struct PlanRejection {
  std::string task, model, precision, runtime, reason;
  std::uint64_t needed_bytes = 0;  // 0: memory was not the reason
};

// Another way to the same end with its figures.
struct PlanAlternative {
  std::string task;
  std::string kind;  // "smaller_model", "lower_precision", "shorter_context", "kv_quantisation", "ssd_tier", "remote",
                     // "other_runtime", "fewer_users", "other_model", "larger_machine"
  std::string what;  // one sentence
  std::string model, precision, runtime, kv_type;
  std::uint64_t context_length = 0;
  std::uint64_t total_bytes = 0;
  bool fits = false;
  std::optional<Interval> decode_tok_s, latency_ms;
  std::optional<double> gain;  // speed relative to the choice
};

struct PlanRisk {
  std::string id;  // "heat", "memory", "quantisation", "licence", "offline", "accuracy", ...
  std::string task;
  std::string what, likelihood, effect, mitigation;
  std::string rung = {};  // of the ladder that answers it
};

struct PlanRung {
  std::string name, model, precision, kv_type, action;
  std::uint64_t context_length = 0;
  std::uint64_t total_bytes = 0;
  std::string quality_cost;
  std::optional<Interval> decode_tok_s, latency_ms;
};

struct PlanSloCheck {
  std::string slo, name, task, metric, unit;
  std::optional<double> at_least, at_most;
  std::optional<Interval> projected;
  std::string verdict;  // "meets", "likely", "at_risk", "misses", "unknown"
};

struct PlanConfigFile {
  std::string tool;  // "hearth", "ollama", "llama-server", ...
  std::string path;  // relative to the plan's folder
  std::string text;
  bool executable = false;
};

// How `hearth verify` holds the plan to one of its figures.
struct PlanVerification {
  std::string name, task, command, expect;
  std::string metric, unit;  // empty: the command's success is what is checked
  std::optional<Interval> projected;
};

struct Plan {
  int schema_version = kPlanSchemaVersion;
  std::string hearth_version;
  PlanUnderstanding understood;
  HardwareProfile device;
  bool offline = false;
  std::vector<PlanPool> pools;
  std::vector<PlanChoice> choices;  // one for each task that can be served
  std::vector<PlanRejection> rejected;
  std::vector<PlanAlternative> alternatives;
  std::vector<PlanRisk> risks;
  std::map<std::string, std::vector<PlanRung>> ladders;  // by task, first: as planned
  std::vector<PlanSloCheck> slos;
  std::vector<PlanConfigFile> configs;
  std::vector<PlanVerification> verification;
  std::vector<std::string> unserved;  // tasks without a choice

  [[nodiscard]] std::uint64_t budget_bytes() const {
    std::uint64_t sum = 0;
    for (const auto& pool : pools) sum += pool.budget_bytes;
    return sum;
  }
  [[nodiscard]] bool approved() const { return unserved.empty(); }
};

}  // namespace hearth
