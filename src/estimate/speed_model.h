// Speeds projected by the fitted roofline of data/fit/speed_model.json. Formulas: docs/guides/speed-model.md.
// The Python reference is tools/fit/evaluate.py; both give the same figures on the same file.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "domain/interval.h"
#include "hearth/result.h"

namespace hearth {

using SpeedEstimate = Interval;

// What is asked about, as a measured table words it. Numbers that are unknown are absent.
struct SpeedQuery {
  std::string device;   // "NVIDIA GeForce RTX 4090"
  std::string model;    // "Qwen3-30B-A3B-Instruct-Q4_K_M.gguf"
  std::string quant;    // "Q4_K_M"
  std::string backend;  // "CUDA fa=1", "Metal", "Vulkan", "CPU 4t", "Ollama GPU"
  std::optional<double> bandwidth_GBps;
  std::optional<double> params_B;
  std::optional<double> file_GiB;
};

// What the formulas need of a model.
struct SpeedModelSize {
  double bytes = 0;     // of the weights
  double params_B = 0;  // parameters in 10^9, all of them
  double active = 1;    // share of the weights read for one token; 1 for dense models
};

// What the measured rows do not vary: taken from physics, not fitted. One sequence with an empty cache by default.
struct SpeedLoad {
  int batch = 1;        // sequences decoded together, 1 or more
  double kv_bytes = 0;  // of cache that each sequence reads for one token (for prefill: for one prompt token)
};

// One quantity of a profile with every table look-up already done.
struct SpeedCoefficients {
  std::array<double, 4> theta{};  // weights, arithmetic, layers, outside
  double constant = 0;            // effects and slopes that do not depend on the model
  double slope_size = 0;
  double slope_moe = 0;
  double effect_moe = 0;
  double effect_spill = 0;
  std::array<double, 2> log_band{};        // low, high where the model fits
  std::array<double, 2> log_band_spill{};  // low, high where part of it lies on the host
};

// A device with an engine and a quantisation: immutable, cheap to ask for any number of models (no allocation).
struct SpeedProfile {
  double bandwidth_GBps = 0;
  double tflops = 0;
  bool own_memory = false;  // a discrete GPU: what exceeds usable_bytes is read from the host
  double usable_bytes = 0;
  bool bandwidth_from_table = false;
  bool in_table = false;
  SpeedCoefficients prefill;
  SpeedCoefficients decode;

  // Share of the weights that does not fit the device and is read from the host's memory.
  [[nodiscard]] double spill(const SpeedModelSize& size) const;
  // Tokens per second of a prompt read in batches of 512 tokens.
  [[nodiscard]] SpeedEstimate prefill_tok_s(const SpeedModelSize& size, const SpeedLoad& load = {}) const;
  // Tokens per second of each of the load's sequences.
  [[nodiscard]] SpeedEstimate decode_tok_s(const SpeedModelSize& size, const SpeedLoad& load = {}) const;
};

// Both quantities, or neither with the reason in `note`; otherwise `note` holds what was assumed.
struct SpeedPrediction {
  std::optional<SpeedEstimate> prefill;
  std::optional<SpeedEstimate> decode;
  std::string note;
};

// A vision or audio network on a device.
struct LatencyQuery {
  std::string device;
  std::string model;
  std::string precision;
  std::string runtime;
  std::string input;
  std::optional<double> gflop = std::nullopt;   // of one image or 30 s of sound, where the model's name is in no table
  std::optional<double> tflops = std::nullopt;  // of the device, where its name is in no table
  std::string kind = {};                        // "cpu", "gpu", "npu": goes with tflops
};
enum class LatencyKind { kVision, kAudio };

struct SpeedTables;

// The fitted constants and name tables. Immutable; safe to share between threads.
class SpeedModel {
 public:
  // Reads the text of speed_model.json. kInvalidData names the member that is missing or of the wrong kind.
  [[nodiscard]] static Result<SpeedModel> parse(std::string_view json);

  // kNotFound where the bandwidth is neither given nor known for the device.
  [[nodiscard]] Result<SpeedProfile> profile(const SpeedQuery& query) const;
  // kNotFound where neither the query nor the model's name tells the size.
  [[nodiscard]] Result<SpeedModelSize> size(const SpeedQuery& query) const;
  [[nodiscard]] SpeedPrediction predict(const SpeedQuery& query) const;
  // Milliseconds for an image, or for a window of 30 s of audio. kNotFound for a device or model in no table.
  [[nodiscard]] Result<SpeedEstimate> latency_ms(LatencyKind kind, const LatencyQuery& query) const;

  [[nodiscard]] const std::string& fit_date() const;

 private:
  explicit SpeedModel(std::shared_ptr<const SpeedTables> tables) : tables_(std::move(tables)) {}
  // shared: a SpeedModel is copied into planners while the tables are large and never change
  std::shared_ptr<const SpeedTables> tables_;
};

}  // namespace hearth
