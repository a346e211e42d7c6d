// Options of load and context_new as typed values: what an older host didn't send has its default, text is owned.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "hearth/sdk/abi_values.h"
#include "hearth/sdk/json_keys.h"

namespace hearth::sdk {

enum class Fallback { kNone = HEARTH_FALLBACK_NONE, kReport = HEARTH_FALLBACK_REPORT };
enum class Toggle { kAuto = HEARTH_TOGGLE_AUTO, kOff = HEARTH_TOGGLE_OFF, kOn = HEARTH_TOGGLE_ON };

// See hearth_load_options for the meaning of zero and empty.
struct LoadOptions {
  std::string path;
  Fallback fallback = Fallback::kReport;
  std::vector<std::string> devices;
  std::int32_t n_gpu_layers = -1;
  Toggle use_mmap = Toggle::kAuto;
  Toggle use_mlock = Toggle::kAuto;
  std::uint32_t n_threads = 0;
  nlohmann::json extra = nlohmann::json::object();  // checked against the runtime's keys
  std::string cache_dir = {};                       // empty: nothing is kept
  std::string content_hash = {};                    // empty: the runtime hashes the file
};

// See hearth_text_options; the numbers whose zero has a fixed meaning there have it applied.
struct TextOptions {
  std::uint32_t n_ctx = 0;  // 0: the model's own
  std::uint32_t n_seq_max = 1;
  std::uint32_t n_batch = 2048;
  std::uint32_t n_ubatch = 512;
  std::uint32_t n_threads = 0;  // 0: as loaded
  std::uint32_t n_threads_batch = 0;
  Toggle flash_attention = Toggle::kAuto;
  bool embeddings = false;
  Toggle unified_kv = Toggle::kAuto;
  std::string kv_type_k = "f16";
  std::string kv_type_v = "f16";
  std::string pooling;
};

inline Toggle read_toggle(std::int32_t value, const char* name) {
  if (value < HEARTH_TOGGLE_AUTO || value > HEARTH_TOGGLE_ON) {
    throw Error(HEARTH_INVALID_ARGUMENT,
                std::string(name) + " is " + std::to_string(value) + "; it must be -1 (auto), 0 or 1");
  }
  return static_cast<Toggle>(value);
}

// "a,b" as {"a", "b"}; blanks around names and empty names are dropped.
inline std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const auto comma = text.find(',');
    auto name = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

// Throws INVALID_ARGUMENT or INVALID_DATA with the name of the option that is wrong. `extra_keys` are those of
// describe.
inline LoadOptions read_load_options(const hearth_load_options* from, const std::vector<Key>& extra_keys) {
  hearth_load_options defaults{};
  defaults.fallback = HEARTH_FALLBACK_REPORT;
  defaults.n_gpu_layers = -1;
  defaults.use_mmap = defaults.use_mlock = HEARTH_TOGGLE_AUTO;
  const auto raw = read_struct(from, defaults);
  LoadOptions options;
  options.path = view(raw.path);
  if (options.path.empty()) throw Error(HEARTH_INVALID_ARGUMENT, "no model file was named; give its path");
  if (raw.fallback != HEARTH_FALLBACK_NONE && raw.fallback != HEARTH_FALLBACK_REPORT) {
    throw Error(HEARTH_INVALID_ARGUMENT,
                "fallback is " + std::to_string(raw.fallback) + "; it must be 0 (none) or 1 (report)");
  }
  options.fallback = static_cast<Fallback>(raw.fallback);
  options.devices = split_names(view(raw.devices));
  if (raw.n_gpu_layers < -1)
    throw Error(HEARTH_INVALID_ARGUMENT,
                "n_gpu_layers is " + std::to_string(raw.n_gpu_layers) + "; give -1 (all that fit) or a count");
  options.n_gpu_layers = raw.n_gpu_layers;
  options.use_mmap = read_toggle(raw.use_mmap, "use_mmap");
  options.use_mlock = read_toggle(raw.use_mlock, "use_mlock");
  options.n_threads = raw.n_threads;
  if (const auto extra = view(raw.extra_json); !extra.empty()) options.extra = parse_json(extra, "the extra options");
  check_object(options.extra, extra_keys, "the extra options");
  options.cache_dir = view(raw.cache_dir);
  options.content_hash = view(raw.content_hash);
  return options;
}

// Throws INVALID_ARGUMENT with the name of the option that is wrong.
inline TextOptions read_text_options(const hearth_text_options* from) {
  hearth_text_options defaults{};
  defaults.n_seq_max = 1;
  defaults.flash_attention = defaults.unified_kv = HEARTH_TOGGLE_AUTO;
  const auto raw = read_struct(from, defaults);
  const auto or_default = [](auto value, auto fallback) { return value == 0 ? fallback : value; };
  const auto text_or = [](hearth_str text, const char* fallback) {
    return std::string(view(text).empty() ? fallback : view(text));
  };
  if (raw.n_seq_max == 0) throw Error(HEARTH_INVALID_ARGUMENT, "n_seq_max is 0; a context holds at least 1 sequence");
  TextOptions options;
  options.n_ctx = raw.n_ctx;
  options.n_seq_max = raw.n_seq_max;
  options.n_batch = or_default(raw.n_batch, options.n_batch);
  options.n_ubatch = std::min(or_default(raw.n_ubatch, options.n_ubatch), options.n_batch);
  options.n_threads = raw.n_threads;
  options.n_threads_batch = or_default(raw.n_threads_batch, raw.n_threads);
  options.flash_attention = read_toggle(raw.flash_attention, "flash_attention");
  options.embeddings = read_toggle(raw.embeddings, "embeddings") == Toggle::kOn;
  options.unified_kv = read_toggle(raw.unified_kv, "unified_kv");
  options.kv_type_k = text_or(raw.kv_type_k, "f16");
  options.kv_type_v = text_or(raw.kv_type_v, "f16");
  options.pooling = view(raw.pooling);
  return options;
}

// The border's form of `options`, whose text it borrows.
inline hearth_text_options borrow_text_options(const TextOptions& options) {
  hearth_text_options out{};
  out.struct_size = sizeof(out);
  out.n_ctx = options.n_ctx;
  out.n_seq_max = options.n_seq_max;
  out.n_batch = options.n_batch;
  out.n_ubatch = options.n_ubatch;
  out.n_threads = options.n_threads;
  out.n_threads_batch = options.n_threads_batch;
  out.flash_attention = static_cast<std::int32_t>(options.flash_attention);
  out.embeddings = options.embeddings ? HEARTH_TOGGLE_ON : HEARTH_TOGGLE_OFF;
  out.unified_kv = static_cast<std::int32_t>(options.unified_kv);
  out.kv_type_k = borrow(options.kv_type_k);
  out.kv_type_v = borrow(options.kv_type_v);
  out.pooling = borrow(options.pooling);
  return out;
}

}  // namespace hearth::sdk
