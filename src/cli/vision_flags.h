// Flags of the commands that look at pictures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/served_tensor_models.h"
#include "app/vision_run.h"

namespace CLI {
class App;
}

namespace hearth::cli {

struct VisionFlags {
  std::string model;
  std::vector<std::string> inputs;
  std::vector<std::string> devices;
  std::string runtime;
  std::string fallback;
  std::string transport = "auto";
  std::string precision = "f32";
  std::uint32_t n_threads = 0;
  std::uint32_t streams = 1;
  std::uint32_t batch = 1;
  std::optional<float> score;
  std::optional<float> iou;
  std::uint32_t n_best = 5;
  std::int32_t resolution = 0;
  double latency_budget_ms = 0;
  double timeout_s = 0;
  bool track = false;
  std::string draw;
  std::string raw;
  // What the model is, where its file doesn't say.
  std::string record_file;
  std::string labels_file;
  std::string head;
  std::string layout;
  std::string resize;
  std::string colour;
  std::vector<float> mean;
  std::vector<float> scale;

  [[nodiscard]] TensorModelSettings model_settings() const;
  [[nodiscard]] VisionRunOptions run_options(VisionTask task) const;
  // The flags of the last group as a record; empty where none was given.
  [[nodiscard]] std::string overrides_json() const;
};

void add_vision_flags(CLI::App& command, VisionFlags& flags, VisionTask task);

}  // namespace hearth::cli
