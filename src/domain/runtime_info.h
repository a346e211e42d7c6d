// What a runtime says of itself, and how a model is asked of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hearth {

struct RuntimeDevice {
  std::string id;    // what --device takes: "cpu", "CUDA0", ...
  std::string kind;  // "cpu", "gpu", "igpu", "npu", "accel"
  std::string description;
  std::optional<std::uint64_t> total_bytes;  // absent where the runtime can't tell
  std::optional<std::uint64_t> free_bytes;
};

struct RuntimeInfo {
  std::string name;
  std::string version;
  std::vector<std::string> formats;       // "gguf", "onnx", ...
  std::vector<std::string> capabilities;  // "text", "tensor", ...
  std::vector<RuntimeDevice> devices;
  std::string options_schema_json;  // JSON Schema of LoadOptions::extra_json; may be empty
};

struct RuntimeScore {
  int score = 0;       // 0 = cannot run on this machine
  std::string reason;  // why this score
  std::string hint;    // how to install or enable it, when 0
};

enum class Fallback { kNone, kReport };
enum class Toggle { kAuto = -1, kOff = 0, kOn = 1 };

// Mirrors hearth_load_options; see there for the meaning of zero and empty.
struct LoadOptions {
  std::string path = {};
  Fallback fallback = Fallback::kReport;
  std::vector<std::string> devices = {};
  int n_gpu_layers = -1;
  Toggle use_mmap = Toggle::kAuto;
  Toggle use_mlock = Toggle::kAuto;
  std::uint32_t n_threads = 0;
  std::string extra_json = {};
  std::string cache_dir = {};     // for what the runtime compiles; empty = nothing is kept
  std::string content_hash = {};  // hex SHA-256 of the file where it is known
};

// Mirrors hearth_text_options.
struct TextOptions {
  std::uint32_t n_ctx = 0;
  std::uint32_t n_seq_max = 1;
  std::uint32_t n_batch = 0;
  std::uint32_t n_ubatch = 0;
  std::uint32_t n_threads = 0;
  std::uint32_t n_threads_batch = 0;
  Toggle flash_attention = Toggle::kAuto;
  bool embeddings = false;
  Toggle unified_kv = Toggle::kAuto;
  std::string kv_type_k = {};
  std::string kv_type_v = {};
  std::string pooling = {};
};

enum class PerformanceHint { kLatency, kThroughput };

// Mirrors hearth_tensor_options; see there for the meaning of zero and empty and for the JSON texts.
struct TensorOptions {
  std::uint32_t n_requests = 0;
  std::uint32_t n_streams = 0;
  std::uint32_t n_threads = 0;
  Toggle pin_threads = Toggle::kAuto;
  PerformanceHint hint = PerformanceHint::kLatency;
  std::string precision = "f32";
  std::string shapes_json = {};
  std::string preprocess_json = {};
  std::string extra_json = {};
};

}  // namespace hearth
