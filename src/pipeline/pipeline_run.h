// A pipeline at work: a thread a stage, bounded queues between them, and the numbers of each.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "pipeline/frame.h"
#include "pipeline/graph.h"
#include "pipeline/stage.h"

namespace hearth {

// Times in milliseconds.
struct StageFigures {
  std::string id;
  std::string kind;
  std::string runs_on;
  std::uint64_t frames = 0;
  std::uint64_t failed = 0;   // here, not before
  std::uint64_t dropped = 0;  // at its full queue
  std::size_t queue = 0;
  std::size_t deepest = 0;    // most frames that waited at once
  double latency_p50_ms = 0;  // a frame's time in the stage
  double latency_p95_ms = 0;
  double busy_share = 0;  // of the run's time
};

struct PipelineFigures {
  std::vector<StageFigures> stages;  // in the graph's order
  std::uint64_t frames = 0;          // that reached an end, failed ones included
  std::uint64_t failed = 0;
  double wall_s = 0;
  double latency_p50_ms = 0;  // stage times together, waiting left out
  double latency_p95_ms = 0;
  int worst_exit_status = 0;
  [[nodiscard]] double fps() const { return wall_s > 0 ? static_cast<double>(frames) / wall_s : 0; }
};

struct PipelineIo {
  // Fills the next frame's picture and path, or its error; false at the end. Called on one thread.
  std::function<Result<bool>(Frame&)> next;
  // A frame that reached a stage "emit" or "write". Called on several threads, one at a time.
  std::function<void(const StageSpec& stage, const Frame& frame)> tell;
};

// Returns when every frame has reached its ends. A frame that fails passes the stages after it untouched and is told
// with its error. Errors of opening stages come before the first frame; of the source, and of bounds, after those that
// are under way.
[[nodiscard]] Result<PipelineFigures> run_pipeline(const PipelineGraph& graph, const StagePorts& ports,
                                                   const PipelineIo& io);

}  // namespace hearth
