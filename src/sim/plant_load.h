// A steady load of conversations and a camera on a simulated machine, computed step by step: when each token comes.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <vector>

#include "domain/ladder.h"
#include "sim/device_plant.h"

namespace hearth {

struct PlantLoadCounts {
  std::uint64_t tokens = 0, frames = 0;
  std::uint64_t requests = 0, answered = 0, refused = 0;
  double quality_tokens = 0;  // tokens, each times the quality of the rungs its request began on
};

// Requests come at even intervals, at `load_share` of what the machine can do while it is cool; more than a bounded
// number of waiting ones are refused. What a rung asks for takes effect as an engine does it: threads, streams and
// frames at once; model, precision and length with the next request. Externally synchronised.
class PlantLoad {
 public:
  PlantLoad(DevicePlant& plant, bool vision, std::uint64_t seed);

  // One step: a frame if one is due, a piece of a prompt, a token of each stream; or waiting for the next of these.
  // Advances the plant. Returns the seconds it took.
  double step();

  void set_rungs(const RungSettings& chat, double chat_quality, const RungSettings& vision);
  [[nodiscard]] double now_s() const { return now_s_; }
  [[nodiscard]] const PlantLoadCounts& counts() const { return counts_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  // Seconds computed since the last call, by modality.
  [[nodiscard]] std::array<double, kModalities> take_busy_s();
  // Gaps between tokens of a stream since the last call, in seconds.
  [[nodiscard]] std::vector<double> take_gaps();

 private:
  struct Stream {
    std::uint32_t prompt_left = 0, answer_left = 0;
    double work_share = 1;  // of the planned model's time
    double quality = 1;
    std::optional<double> last_token_s;
  };

  void arrive();
  void admit();
  void compute(double seconds, Modality modality, double threads_share = 1);
  void frame();
  void prompt();
  void decode();
  [[nodiscard]] double slowed(double ms, double memory_bound_share, double threads_share = 1) const;
  [[nodiscard]] std::size_t streams_allowed() const;
  double jitter();

  DevicePlant* plant_;
  const PlantRecord* record_;
  bool vision_;
  RungSettings chat_settings_, vision_settings_;
  double chat_quality_ = 1;
  double now_s_ = 0;
  double between_requests_s_ = 1, next_request_s_ = 0, next_frame_s_ = 0;
  std::deque<double> waiting_;  // when they came
  std::vector<Stream> streams_;
  PlantLoadCounts counts_;
  std::array<double, kModalities> busy_s_{};
  std::vector<double> gaps_;
  std::mt19937_64 random_;
};

}  // namespace hearth
