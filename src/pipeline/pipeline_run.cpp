#include "pipeline/pipeline_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory_resource>
#include <mutex>
#include <thread>

#include "base/kept_memory.h"
#include "pipeline/frame_queue.h"

namespace hearth {
namespace {

using SteadyClock = std::chrono::steady_clock;

double ms_between(SteadyClock::time_point from, SteadyClock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

// The latest times of a stage: quantiles of a long run are those of its last frames. Externally synchronised.
class LatencyWindow {
 public:
  LatencyWindow() { times_.reserve(kTimesMax); }
  void observe(double ms) {
    if (times_.size() < kTimesMax)
      times_.push_back(ms);
    else
      times_[at_++ % kTimesMax] = ms;
  }
  [[nodiscard]] double quantile(double q) const {
    if (times_.empty()) return 0;
    std::vector<double> sorted = times_;
    std::ranges::sort(sorted);
    return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
  }

 private:
  static constexpr std::size_t kTimesMax = 4096;
  std::vector<double> times_;
  std::size_t at_ = 0;
};

// Frames that were used come back with their memory. Outlives every frame it gave. Thread-safe.
class FramePool {
 public:
  // At most `n` are ever under way.
  void expect(std::size_t n) { spare_.reserve(n); }
  FramePtr take() {
    std::unique_ptr<Frame> frame;
    {
      const std::lock_guard lock(gate_);
      if (!spare_.empty()) {
        frame = std::move(spare_.back());
        spare_.pop_back();
      }
    }
    if (frame == nullptr) frame = std::make_unique<Frame>();
    frame->reset();
    const std::pmr::polymorphic_allocator<std::byte> kept(&counts_);
    return {frame.release(), [this](Frame* back) { give_back(std::unique_ptr<Frame>(back)); }, kept};
  }

 private:
  void give_back(std::unique_ptr<Frame> frame) {
    const std::lock_guard lock(gate_);
    spare_.push_back(std::move(frame));
  }

  KeptMemory counts_;  // of the frames' holders
  std::mutex gate_;
  std::vector<std::unique_ptr<Frame>> spare_;
};

// A stage with its queue, its thread's work and its figures.
struct Node {
  const StageSpec* spec = nullptr;
  std::unique_ptr<Stage> stage;  // null: source or "emit"
  std::unique_ptr<FrameQueue> queue;
  std::vector<Node*> next;
  LatencyWindow latency;
  std::uint64_t frames = 0;
  std::uint64_t failed = 0;
  double busy_ms = 0;
};

class PipelineRun {
 public:
  PipelineRun(const PipelineGraph& graph, const StagePorts& ports, const PipelineIo& io)
      : graph_(graph), ports_(ports), io_(io), nodes_(graph.stages.size()) {}

  Result<PipelineFigures> run() {
    HEARTH_TRY(open());
    start_ = SteadyClock::now();
    std::vector<std::thread> threads;
    for (Node& node : nodes_)
      if (node.spec->from) threads.emplace_back([this, &node] { work(node); });
    auto source = feed();
    for (Node& node : nodes_)
      if (!node.spec->from) close_after(node);
    for (auto& thread : threads) thread.join();
    if (!source) return fail(std::move(source).error());
    return figures();
  }

 private:
  Status open() {
    std::size_t n_frames = 0;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const StageSpec& spec = graph_.stages[i];
      Node& node = nodes_[i];
      node.spec = &spec;
      auto stage = make_stage(spec, graph_.flow_into(spec), ports_);
      if (!stage) return fail(std::move(stage).error().with("stage", spec.id));
      node.stage = std::move(*stage);
      n_frames += 1 + (spec.from ? spec.queue : 0);  // one in work, and those that wait before it
      if (!spec.from) continue;
      node.queue = std::make_unique<FrameQueue>(spec.queue, spec.drop);
      nodes_[*spec.from].next.push_back(&node);
    }
    pool_.expect(n_frames);
    for (const Node& node : nodes_) HEARTH_TRY(check_sharing(node));
    return {};
  }

  // Frames are shared, not copied: whoever changes the picture must be the only one that has it.
  static Status check_sharing(const Node& node) {
    if (node.next.size() < 2) return {};
    for (const Node* next : node.next)
      if (next->stage != nullptr)
        return fail(Error(ErrorCode::kInvalidData,
                          fmt::format("the pipeline's stage '{}' shares its frames: only stages of kind \"emit\" may "
                                      "take from it beside one another, not '{}'",
                                      node.spec->id, next->spec->id),
                          "put the stages one after the other")
                        .with("stage", node.spec->id));
    return {};
  }

  // The source, on the caller's thread.
  Status feed() {
    std::uint64_t index = 0;
    for (;;) {
      if (ports_.bounds.cancel != nullptr && ports_.bounds.cancel->requested())
        return fail(ErrorCode::kCancelled, "interrupted");
      if (ports_.bounds.deadline && SteadyClock::now() > *ports_.bounds.deadline)
        return fail(ErrorCode::kDeadlineExceeded, "the time was over before all pictures were looked at");
      FramePtr frame = pool_.take();
      const auto start = SteadyClock::now();
      HEARTH_ASSIGN(more, io_.next(*frame));
      if (!more) return {};
      frame->index = index++;
      for (Node& node : nodes_) {
        if (node.spec->from) continue;
        node.latency.observe(ms_between(start, SteadyClock::now()));
        node.busy_ms += ms_between(start, SteadyClock::now());
        ++node.frames;
        if (frame->error) ++node.failed;
        hand_on(node, frame);
      }
    }
  }

  void hand_on(const Node& node, const FramePtr& frame) {
    if (node.next.size() == 1) {
      (void)node.next.front()->queue->push(frame);
      return;
    }
    for (Node* next : node.next) (void)next->queue->push(frame);
  }

  void work(Node& node) {
    while (FramePtr frame = node.queue->pop()) {
      const auto start = SteadyClock::now();
      ++node.frames;
      if (!frame->error && node.stage != nullptr) {
        if (auto done = node.stage->work(*frame); !done) {
          frame->error = std::move(done).error().with("stage", node.spec->id);
          ++node.failed;
        }
      }
      const double took_ms = ms_between(start, SteadyClock::now());
      node.latency.observe(took_ms);
      node.busy_ms += took_ms;
      if (node.next.empty()) tell(node, *frame);
      hand_on(node, frame);
    }
    close_after(node);
  }

  void tell(const Node& node, const Frame& frame) {
    const std::lock_guard lock(tell_gate_);
    ++told_;
    if (frame.error) {
      ++told_failed_;
      worst_ = std::max(worst_, error_code_info(frame.error->code).exit_status);
    }
    if (io_.tell) io_.tell(*node.spec, frame);
  }

  static void close_after(const Node& node) {
    for (Node* next : node.next) next->queue->close();
  }

  PipelineFigures figures() const {
    PipelineFigures out;
    out.wall_s = ms_between(start_, SteadyClock::now()) / 1000;
    out.frames = told_;
    out.failed = told_failed_;
    out.worst_exit_status = worst_;
    for (const Node& node : nodes_) {
      StageFigures stage;
      stage.id = node.spec->id;
      stage.kind = std::string(node.spec->kind->name);
      stage.runs_on = node.stage == nullptr ? std::string() : node.stage->runs_on();
      stage.frames = node.frames;
      stage.failed = node.failed;
      stage.queue = node.spec->from ? node.spec->queue : 0;
      stage.dropped = node.queue == nullptr ? 0 : node.queue->dropped();
      stage.deepest = node.queue == nullptr ? 0 : node.queue->deepest();
      stage.latency_p50_ms = node.latency.quantile(0.5);
      stage.latency_p95_ms = node.latency.quantile(0.95);
      stage.busy_share = out.wall_s > 0 ? node.busy_ms / 1000 / out.wall_s : 0;
      out.latency_p50_ms += stage.latency_p50_ms;
      out.latency_p95_ms += stage.latency_p95_ms;
      out.stages.push_back(std::move(stage));
    }
    return out;
  }

  const PipelineGraph& graph_;
  const StagePorts& ports_;
  const PipelineIo& io_;
  FramePool pool_;  // before the nodes, whose queues hold its frames
  std::vector<Node> nodes_;
  SteadyClock::time_point start_;
  std::mutex tell_gate_;  // of the three below
  std::uint64_t told_ = 0;
  std::uint64_t told_failed_ = 0;
  int worst_ = 0;
};

}  // namespace

Result<PipelineFigures> run_pipeline(const PipelineGraph& graph, const StagePorts& ports, const PipelineIo& io) {
  return PipelineRun(graph, ports, io).run();
}

}  // namespace hearth
