#include "app/vision_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "app/vision_painting.h"

namespace hearth {
namespace {

using SteadyClock = std::chrono::steady_clock;

// The pictures that one lane has in hand, with their places in the order.
struct Portion {
  std::uint64_t first = 0;
  std::vector<PictureInput> inputs;
  std::vector<VisionWork> works;
  std::vector<VisionWork*> ready;
  std::vector<Status> status;
  std::vector<std::optional<LatencyDecision>> decisions;
  std::size_t n = 0;
};

class VisionRun {
 public:
  VisionRun(TensorService& service, PictureSource& source, const VisionRunOptions& options, const CallBounds& bounds,
            const std::function<void(const VisionResult&)>& tell)
      : service_(service), source_(source), options_(options), bounds_(bounds), tell_(tell) {}

  Result<VisionRunSummary> run() {
    HEARTH_TRY(open());
    const auto start = SteadyClock::now();
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < streams_.size(); ++i) threads.emplace_back([this, i] { work(*streams_[i]); });
    work(*streams_.front());
    for (auto& thread : threads) thread.join();
    if (failure_) return fail(std::move(*failure_));
    summary_.wall_s = std::chrono::duration<double>(SteadyClock::now() - start).count();
    return summary_;
  }

 private:
  Status open() {
    if (options_.latency_budget_ms > 0 && (options_.streams > 1 || options_.batch > 1))
      return fail(ErrorCode::kInvalidArgument,
                  "a latency budget is kept frame by frame: it excludes --streams and --batch",
                  "leave one of them out");
    // Each holds a lane: more than the session has would wait for one another.
    std::uint32_t n_streams = 1;
    for (std::uint32_t i = 0; i < n_streams; ++i) {
      HEARTH_ASSIGN(stream, VisionStream::open(service_, {options_.model, options_.task, options_.overrides_json},
                                               options_.vision, bounds_));
      streams_.push_back(std::move(stream));
      n_streams = std::clamp(options_.streams, 1U, std::max(1U, streams_.front()->facts().session.n_requests));
    }
    const VisionStream& first = *streams_.front();
    portion_ = std::clamp(options_.batch, 1U, first.facts().batch_max);
    if (options_.batch > portion_)
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' takes {} picture{} at once, not {}", options_.model, portion_,
                              portion_ == 1 ? "" : "s", options_.batch),
                  "its first dimension is fixed: export it with an open one");
    if (options_.latency_budget_ms > 0) make_controller(first);
    return {};
  }

  // A graph of one size can only pass frames over.
  void make_controller(const VisionStream& stream) {
    LatencyControlOptions control;
    control.budget_ms = options_.latency_budget_ms;
    const auto& input = stream.recipe().vision.input;
    if (!stream.resizable()) control.rungs = {std::max(input.width, input.height)};
    controller_.emplace(std::move(control));
  }

  void work(VisionStream& stream) {
    Portion portion;
    portion.inputs.resize(portion_);
    portion.works = std::vector<VisionWork>(portion_);
    portion.status.resize(portion_);
    portion.decisions.resize(portion_);
    while (take(portion)) {
      compute(stream, portion);
      deliver(stream, portion);
    }
  }

  // The next pictures; false at the end. Waits while the order is too far behind: what is done and not told is bounded.
  // Reading may block, and others tell their pictures meanwhile.
  bool take(Portion& portion) {
    const std::lock_guard reading(source_gate_);
    portion.n = 0;
    {
      std::unique_lock lock(gate_);
      const std::uint64_t ahead_max = std::uint64_t{4} * portion_ * streams_.size();
      told_.wait(lock, [&] { return failure_ || taken_ < next_ + ahead_max; });
      if (failure_ || ended_) return false;
      portion.first = taken_;
    }
    std::optional<Error> failure = read(portion);
    const std::lock_guard lock(gate_);
    if (failure) failure_ = std::move(failure);
    taken_ += portion.n;
    told_.notify_all();
    return portion.n > 0;
  }

  std::optional<Error> read(Portion& portion) {
    while (portion.n < portion_ && !ended_) {
      if (auto over = interrupted()) return over;
      auto more = source_.next(portion.inputs[portion.n]);
      if (!more) return std::move(more).error();
      if (!*more)
        ended_ = true;
      else
        ++portion.n;
    }
    return std::nullopt;
  }

  std::optional<Error> interrupted() const {
    if (bounds_.cancel != nullptr && bounds_.cancel->requested()) return Error(ErrorCode::kCancelled, "interrupted");
    if (bounds_.deadline && SteadyClock::now() > *bounds_.deadline)
      return Error(ErrorCode::kDeadlineExceeded, "the time was over before all pictures were looked at");
    return std::nullopt;
  }

  void compute(VisionStream& stream, Portion& portion) {
    const auto start = SteadyClock::now();
    portion.ready.clear();
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < portion.n; ++i) {
      portion.status[i] = {};
      portion.decisions[i].reset();
      if (controller_ && !decide(stream, portion, i)) continue;
      portion.status[i] = decode(stream, portion.inputs[i], portion.works[i]);
      if (!portion.status[i]) continue;
      portion.ready.push_back(&portion.works[i]);
      places.push_back(i);
    }
    if (portion.ready.empty()) return;
    std::vector<Status> status(portion.ready.size());
    const Status whole = stream.run_batch(portion.ready, status, bounds_);
    for (std::size_t k = 0; k < places.size(); ++k) portion.status[places[k]] = whole ? status[k] : whole;
    if (controller_)
      controller_->measured(std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count());
  }

  // Whether the frame is looked at.
  bool decide(VisionStream& stream, Portion& portion, std::size_t i) {
    portion.decisions[i] = controller_->next();
    if (stream.resizable()) stream.options().resolution = portion.decisions[i]->resolution;
    return portion.decisions[i]->process;
  }

  Status decode(const VisionStream& stream, const PictureInput& input, VisionWork& work) const {
    if (input.error) return fail(*input.error);
    if (input.raw) return work.take_raw(input.bytes, *input.raw);
    return work.decode(stream.recipe(), options_.vision, input.bytes, !options_.draw.empty());
  }

  // Tells the portion's pictures when it is their turn.
  void deliver(VisionStream& stream, Portion& portion) {
    std::unique_lock lock(gate_);
    told_.wait(lock, [&] { return next_ == portion.first; });
    for (std::size_t i = 0; i < portion.n; ++i) {
      VisionResult result{portion.inputs[i], &stream.recipe()};
      result.decision = portion.decisions[i];
      const bool skipped = result.decision && !result.decision->process;
      if (!portion.status[i]) result.error = portion.status[i].error();
      if (!skipped && !result.error) finish(portion.works[i], result);
      count(result, skipped);
      tell_(result);
    }
    next_ += portion.n;
    told_.notify_all();
  }

  void finish(VisionWork& work, VisionResult& result) {
    result.work = &work;
    if (options_.track) {
      tracker_.update(work.detections(), 1 + passed_);
      passed_ = 0;
    }
    if (options_.draw.empty()) return;
    auto drawn = paint_result(*result.recipe, work, options_.draw, result.input, source_.total() == 1U);
    if (drawn) {
      result.drawn = std::move(*drawn);
      return;
    }
    result.error = std::move(drawn).error();
    result.work = nullptr;
  }

  void count(const VisionResult& result, bool skipped) {
    if (skipped) {
      ++summary_.n_skipped;
      ++passed_;
    } else if (result.error) {
      ++summary_.n_failed;
      summary_.worst_exit_status =
          std::max(summary_.worst_exit_status, error_code_info(result.error->code).exit_status);
    } else {
      ++summary_.n_done;
    }
  }

  TensorService& service_;
  PictureSource& source_;
  const VisionRunOptions& options_;
  const CallBounds& bounds_;
  const std::function<void(const VisionResult&)>& tell_;
  std::vector<std::unique_ptr<VisionStream>> streams_;
  std::uint32_t portion_ = 1;
  std::optional<LatencyController> controller_;  // with one stream only

  std::mutex source_gate_;  // of the source, held before gate_
  bool ended_ = false;      // the source; written under source_gate_

  std::mutex gate_;  // of all below
  std::condition_variable told_;
  Tracker tracker_;
  std::uint32_t passed_ = 0;  // frames since the last that was looked at
  std::uint64_t taken_ = 0;
  std::uint64_t next_ = 0;  // the first that was not told
  std::optional<Error> failure_;
  VisionRunSummary summary_;
};

}  // namespace

Result<VisionRunSummary> run_vision(TensorService& service, PictureSource& source, const VisionRunOptions& options,
                                    const CallBounds& bounds, const std::function<void(const VisionResult&)>& tell) {
  return VisionRun(service, source, options, bounds, tell).run();
}

}  // namespace hearth
