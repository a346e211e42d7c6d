// The flags that `run chat` and `run complete` share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/text_session.h"

namespace CLI {
class App;
}

namespace hearth::cli {

// As typed; `session_options` and `request` give them their meaning.
struct GenerationFlags {
  std::string model = "starter";
  std::string prompt;
  bool has_prompt = false;
  std::string system;
  std::string chat_template_file;
  std::string runtime;
  std::string transport = "auto";
  std::vector<std::string> devices;
  std::string fallback;  // empty: none when a device was named, else report
  std::uint32_t context_length = 0;
  std::uint32_t max_tokens = 0;
  std::uint32_t n_threads = 0;
  std::uint32_t n_batch = 0;
  std::uint32_t n_micro_batch = 0;
  std::uint32_t users = 1;
  std::string kv_type = "f16";
  std::string flash_attention = "auto";
  bool no_mmap = false;
  double timeout_s = 0;
  std::optional<std::uint64_t> seed;
  bool ignore_end = false;
  SamplingOptions sampling;

  [[nodiscard]] TextSessionOptions session_options() const;
  // `cancel` is borrowed. The deadline counts from now.
  [[nodiscard]] GenerationRequest request(const CancelToken& cancel) const;
  // Draws a seed where none was given; call once.
  void settle_seed();
};

void add_generation_flags(CLI::App& command, GenerationFlags& flags);

}  // namespace hearth::cli
