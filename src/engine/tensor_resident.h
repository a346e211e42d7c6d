// One loaded graph at work: its lanes, the jobs that wait for them, and what it was measured to take.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/resident_models.h"
#include "engine/tensor_copies.h"
#include "engine/tensor_provider.h"
#include "engine/tensor_service.h"

namespace hearth {

// A request of a session with its inputs' memory, kept while shapes stay. One thread at a time.
class BoundTensors {
 public:
  BoundTensors(std::shared_ptr<TensorSession> session, std::unique_ptr<TensorRequest> request);
  // See TensorLane.
  [[nodiscard]] Result<std::span<const TensorView>> inputs(std::span<const Shape> shapes);
  [[nodiscard]] Status bind(std::size_t input, const TensorView& view);
  [[nodiscard]] Result<std::span<const TensorView>> run(const CallBounds& bounds);

 private:
  std::shared_ptr<TensorSession> session_;
  std::unique_ptr<TensorRequest> request_;
  std::vector<TensorView> inputs_;
  std::vector<bool> own_;  // inputs whose memory is the session's
  std::vector<TensorView> outputs_;
};

// A job on its way.
struct PendingJob {
  std::shared_ptr<TensorJob> job;
  Instant arrived;
};

// Several jobs that are computed at once, on one lane. Their model's; used again for other jobs.
struct JobGroup {
  std::vector<PendingJob> jobs;
  BoundTensors* lane = nullptr;
  std::vector<Shape> shapes;   // of the inputs, for all jobs together
  std::vector<Status> filled;  // by job
};

struct TensorResidentPorts {
  const Clock& clock;
  MetricsRegistry& metrics;
  TensorCopyMetrics& copies;
};

// Thread-safe.
class TensorResident final : public ResidentModel {
 public:
  // Compiles the graph, makes its lanes and warms it up where all shapes are known. Errors of
  // TensorModel::new_session and TensorSession::warm_up.
  static Result<std::shared_ptr<TensorResident>> create(OpenedTensorModel opened, const TensorResidentPorts& ports);
  ~TensorResident() override;

  [[nodiscard]] const std::shared_ptr<const TensorModelFacts>& facts() const { return facts_; }
  [[nodiscard]] const std::string& name() const { return facts_->name; }
  [[nodiscard]] const TensorSession& session() const { return *session_; }

  enum class Taken { kYes, kFull, kRetired };
  [[nodiscard]] Taken enqueue(const PendingJob& job, std::size_t queue_max);
  // The next jobs to compute and a lane for them; null: none can start now.
  [[nodiscard]] JobGroup* next_group();
  void give_back(BoundTensors* lane);
  // Blocks until a lane is free. kCancelled, kDeadlineExceeded; kUnavailable once retired.
  [[nodiscard]] Result<BoundTensors*> wait_for_lane(const CallBounds& bounds);
  // Computes the group and finishes its jobs; then its lane is free, and the group the next jobs'.
  void compute(JobGroup& group);

  // Called, without a lock, when jobs may start again. Set before it is used.
  void on_resume(std::function<void()> resumed) { resumed_ = std::move(resumed); }
  // No job starts any more; those that haven't are handed back.
  [[nodiscard]] std::vector<PendingJob> retire();

  void set_admitting(bool admitting) override;
  void describe(ModelFacts& facts) const override;
  [[nodiscard]] ModelLoad load() const override;
  [[nodiscard]] std::optional<BytesByPool> measured_bytes() const override;

 private:
  TensorResident(OpenedTensorModel opened, std::shared_ptr<TensorSession> session, const TensorResidentPorts& ports);
  [[nodiscard]] Status make_lanes();
  [[nodiscard]] Status prepare(JobGroup& group) const;
  void note(const JobGroup& group, double infer_ms);

  OpenedTensorModel opened_;
  std::shared_ptr<TensorSession> session_;
  TensorResidentPorts ports_;
  std::shared_ptr<const TensorModelFacts> facts_;  // shared: callers read it after the model was evicted
  std::vector<std::unique_ptr<BoundTensors>> lanes_;
  Histogram& run_ms_;
  Histogram& batch_items_;
  Counter& runs_;
  std::function<void()> resumed_;

  mutable std::mutex gate_;
  std::condition_variable lane_freed_;
  std::vector<BoundTensors*> free_;
  std::vector<std::unique_ptr<JobGroup>> groups_;  // as many as lanes
  std::vector<JobGroup*> idle_groups_;
  std::vector<PendingJob> queue_;  // in the order of their arrival; bounded by the engine
  std::size_t running_ = 0;
  bool admitting_ = true;
  bool retired_ = false;
};

}  // namespace hearth
