#include "app/vision_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "app/vision_painting.h"

namespace hearth {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Pictures that are computed together, with their places in the order. In the hands of one thread at a time: the lane's
// that computes them, then of whoever tells them.
struct Portion {
  explicit Portion(std::size_t size) : inputs(size), works(size), status(size), decisions(size) {}

  std::uint64_t first = 0;
  std::size_t n = 0;
  std::vector<PictureInput> inputs;
  std::vector<VisionWork> works;
  std::vector<Status> status;
  std::vector<std::optional<LatencyDecision>> decisions;
  // Of those that could be decoded: their places, and what came of the run.
  std::vector<VisionWork*> ready;
  std::vector<std::size_t> places;
  std::vector<Status> outcomes;
};

// Pictures worth having in work at once. On the host each stream of the session is a share of the processor, and
// decoding takes its part of that share: more of them would only wait for one another.
std::uint32_t lanes_of(const TensorSessionInfo& session) {
  return std::max(1U, session.device == "cpu" ? std::min(session.n_streams, session.n_requests) : session.n_requests);
}

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
      n_streams = std::clamp(options_.streams, 1U, lanes_of(streams_.front()->facts().session));
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
    auto portion = std::make_unique<Portion>(portion_);
    while (take(*portion)) {
      compute(stream, *portion);
      portion = deliver(std::move(portion));
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
    portion.places.clear();
    for (std::size_t i = 0; i < portion.n; ++i) {
      portion.status[i] = {};
      portion.decisions[i].reset();
      if (controller_ && !decide(stream, portion, i)) continue;
      portion.status[i] = decode(stream, portion.inputs[i], portion.works[i]);
      if (!portion.status[i]) continue;
      portion.ready.push_back(&portion.works[i]);
      portion.places.push_back(i);
    }
    if (portion.ready.empty()) return;
    portion.outcomes.assign(portion.ready.size(), {});
    const Status whole = stream.run_batch(portion.ready, portion.outcomes, bounds_);
    for (std::size_t k = 0; k < portion.places.size(); ++k)
      portion.status[portion.places[k]] = whole ? portion.outcomes[k] : whole;
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

  // Lays the portion down to be told in its turn and gives a spare one for it: nobody waits for a slower neighbour.
  std::unique_ptr<Portion> deliver(std::unique_ptr<Portion> done) {
    std::unique_lock lock(gate_);
    done_.push_back(std::move(done));
    if (!telling_) tell_what_is_next(lock);
    if (spare_.empty()) return std::make_unique<Portion>(portion_);
    auto spare = std::move(spare_.back());
    spare_.pop_back();
    return spare;
  }

  // One thread at a time, without the gate while it tells.
  void tell_what_is_next(std::unique_lock<std::mutex>& lock) {
    telling_ = true;
    const auto is_next = [this](const std::unique_ptr<Portion>& each) { return each->first == next_; };
    for (auto at = std::ranges::find_if(done_, is_next); at != done_.end(); at = std::ranges::find_if(done_, is_next)) {
      auto portion = std::move(*at);
      done_.erase(at);
      lock.unlock();
      tell(*portion);
      lock.lock();
      next_ += portion->n;
      spare_.push_back(std::move(portion));
      told_.notify_all();
    }
    telling_ = false;
  }

  void tell(Portion& portion) {
    for (std::size_t i = 0; i < portion.n; ++i) {
      VisionResult result{portion.inputs[i], &streams_.front()->recipe()};
      result.decision = portion.decisions[i];
      const bool skipped = result.decision && !result.decision->process;
      if (!portion.status[i]) result.error = portion.status[i].error();
      if (!skipped && !result.error) finish(portion.works[i], result);
      count(result, skipped);
      tell_(result);
    }
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

  // Of the thread that tells.
  Tracker tracker_;
  std::uint32_t passed_ = 0;  // frames since the last that was looked at
  VisionRunSummary summary_;

  std::mutex gate_;  // of all below
  std::condition_variable told_;
  bool telling_ = false;
  std::vector<std::unique_ptr<Portion>> done_;   // computed, not told; bounded as taken_ is
  std::vector<std::unique_ptr<Portion>> spare_;  // told: their memory is used again
  std::uint64_t taken_ = 0;
  std::uint64_t next_ = 0;  // the first that was not told
  std::optional<Error> failure_;
};

}  // namespace

Result<VisionRunSummary> run_vision(TensorService& service, PictureSource& source, const VisionRunOptions& options,
                                    const CallBounds& bounds, const std::function<void(const VisionResult&)>& tell) {
  return VisionRun(service, source, options, bounds, tell).run();
}

}  // namespace hearth
