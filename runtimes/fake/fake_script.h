// The model file of the fake runtime: a JSON script that says what the model has, says, costs and gets wrong.
// The keys are in fake_script.cpp, one table an object; scripts/ has samples.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "fake_tensor_script.h"

namespace hearth::fake {

// "when" the prompt has this text, the model "say"s that and ends.
struct Reply {
  std::string when;
  std::string say;
};

enum class OtherwiseRule { kWords, kText, kEnd };

// What comes next where no reply applies.
struct Otherwise {
  OtherwiseRule rule = OtherwiseRule::kWords;
  std::string text;              // kText: said over and over
  std::uint32_t end_one_in = 0;  // kWords: about one token in so many ends the answer; 0 = it never ends
};

struct Latency {
  double load_ms = 0;
  double prefill_token_us = 0;  // a token of a sequence that has more than one in the batch
  double decode_us = 0;         // a batch that has a sequence with one token
  bool is_virtual = false;      // accounted against deadlines and in metadata "fake.virtual_ns", not waited for
};

struct MemoryModel {
  std::uint64_t layer_bytes = 1U << 16U;
  std::uint64_t other_bytes = 1U << 16U;         // on the CPU: embeddings
  std::uint64_t kv_bytes_per_token = 256;        // K and V over all layers, in f16
  std::uint64_t compute_bytes_per_token = 1024;  // of n_ubatch
  std::uint64_t output_bytes_per_token = 64;     // of n_batch
  std::uint64_t runtime_bytes = 0;
};

enum class FaultAction { kError, kThrow, kBadAlloc, kAbort, kExit, kHang, kNanLogits };

// From the nth `call` on, `times` in a row (0 = for ever), something goes wrong.
struct FaultRule {
  std::string call;
  std::uint32_t nth = 1;
  std::uint32_t times = 1;  // 0: for ever
  std::uint32_t every = 1;  // of the calls from the nth on
  FaultAction action = FaultAction::kError;
  std::int32_t code = 0;  // kError: HEARTH_*
  std::string message;
  std::uint32_t for_ms = 60000;  // kHang: ends with UNAVAILABLE after this, if nobody cancels
};

struct Script {
  std::string path;
  std::string name = "fake";
  std::uint32_t context_length = 2048;
  std::uint32_t n_layer = 4;
  std::uint32_t n_embd = 16;
  bool is_recurrent = false;
  bool add_bos = true;
  std::vector<std::string> words;
  std::vector<std::string> control_tokens;
  std::map<std::string, std::string> metadata;
  std::string turn_marker;  // the text after which an answer starts; empty: an answer follows its "when" at once
  std::vector<Reply> replies;
  Otherwise otherwise;
  Latency latency;
  MemoryModel memory;
  std::vector<FaultRule> faults;
  bool is_tensor = false;  // a tensor graph, no language model
  TensorScript tensor;
};

// A script that changes what a model says, as a LoRA does.
struct AdapterScript {
  std::string for_name;  // the name of the model it was made for
  std::uint64_t bytes = 4096;
  std::vector<Reply> replies;
};

// Throw sdk::Error: NOT_FOUND without such a file, INVALID_DATA naming the file and the place of the fault.
[[nodiscard]] Script read_script(const std::string& path);
[[nodiscard]] AdapterScript read_adapter_script(const std::string& path);
// The same from text; `path` is for messages.
[[nodiscard]] Script parse_script(std::string_view text, const std::string& path);

}  // namespace hearth::fake
