#include "bench/text_load.h"

#include <algorithm>
#include <condition_variable>
#include <future>
#include <mutex>
#include <numeric>

namespace hearth::bench {
namespace {

using Instant = std::chrono::steady_clock::time_point;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::chrono::milliseconds kBoundsPoll{50};  // how often a waiting load looks whether it was cancelled

// What the streams of one load share. Shared with listeners, which the service may hold longer than the load runs.
struct Board {
  explicit Board(const Clock& time) : clock(time), begin(time.now()) {}
  [[nodiscard]] double elapsed_ms() const { return Milliseconds(clock.now() - begin).count(); }

  const Clock& clock;
  const Instant begin;
  std::mutex gate;
  std::condition_variable changed;
  std::size_t ended = 0;
};

class StreamListener final : public TextListener {
 public:
  StreamListener(std::shared_ptr<Board> board, StreamSample& sample) : board_(std::move(board)), sample_(sample) {
    sample_.started_ms = board_->elapsed_ms();
  }

  void on_delta(TextDelta delta) override {
    if (delta.tokens.empty()) return;
    const double now_ms = board_->elapsed_ms();
    const std::lock_guard lock(board_->gate);
    if (over_) return;
    if (last_ms_ < 0)
      sample_.ttft_ms = now_ms - sample_.started_ms;
    else
      sample_.gaps_ms.push_back(now_ms - last_ms_);
    last_ms_ = now_ms;
  }
  void on_choice_end(const ChoiceEnd& /*end*/) override {}
  void on_end(const TextEnd& end) override {
    const std::lock_guard lock(board_->gate);
    if (over_) return;
    sample_.prompt_tokens = end.usage.prompt_tokens;
    sample_.completion_tokens = end.usage.completion_tokens;
    sample_.cached_tokens = end.usage.cached();
    finish();
  }
  void on_error(const Error& error) override {
    const std::lock_guard lock(board_->gate);
    if (over_) return;
    sample_.error = error.message;
    finish();
  }
  // The load is given up: the sample is no longer written to.
  void forget() {
    const std::lock_guard lock(board_->gate);
    over_ = true;
  }
  [[nodiscard]] bool over() const { return over_; }

 private:
  void finish() {
    over_ = true;
    sample_.ended_ms = board_->elapsed_ms();
    ++board_->ended;
    board_->changed.notify_all();
  }

  std::shared_ptr<Board> board_;  // shared with the other listeners and the load
  StreamSample& sample_;          // written under the gate and only until `over_`
  double last_ms_ = -1;
  bool over_ = false;
};

class Load {
 public:
  Load(TextService& service, const Clock& clock, const LoadOptions& options)
      : service_(service), clock_(clock), options_(options) {}

  Result<LoadResult> run(std::span<const LoadRequest> requests, const CallBounds& bounds) {
    HEARTH_ASSIGN(n_vocab, vocabulary_size(bounds));
    n_vocab_ = n_vocab;
    result_.streams.resize(requests.size());
    board_ = std::make_shared<Board>(clock_);
    const Status done = options_.arrivals_per_s > 0 ? open_loop(requests, bounds) : closed_loop(requests, bounds);
    if (!done) {
      give_up();
      return fail(done.error());
    }
    for (const auto& stream : result_.streams) result_.window_ms = std::max(result_.window_ms, stream.ended_ms);
    return std::move(result_);
  }

 private:
  // Loads the model as well.
  Result<std::uint32_t> vocabulary_size(const CallBounds& bounds) {
    using Kit = Result<std::shared_ptr<const TextKit>>;
    auto promise = std::make_shared<std::promise<Kit>>();  // shared: the service may answer after we gave up
    auto future = promise->get_future();
    service_.with_kit(options_.model, [promise](Kit kit) { promise->set_value(std::move(kit)); });
    while (future.wait_for(kBoundsPoll) != std::future_status::ready) HEARTH_TRY(check(bounds));
    HEARTH_ASSIGN(kit, future.get());
    return kit->info().n_vocab;
  }

  [[nodiscard]] Status check(const CallBounds& bounds) const {
    if (bounds.cancel != nullptr && bounds.cancel->requested())
      return fail(ErrorCode::kCancelled, "the benchmark was interrupted", "");
    if (bounds.deadline && std::chrono::steady_clock::now() > *bounds.deadline)
      return fail(ErrorCode::kDeadlineExceeded, "the benchmark did not end in the time it was given",
                  "give it more, or fewer requests");
    return {};
  }

  void submit(std::size_t index, const LoadRequest& load) {
    TextRequest request;
    request.model = options_.model;
    request.prompt = prompt_of(load, n_vocab_);
    request.max_tokens = load.answer_tokens;
    request.sampling = options_.sampling;
    request.sampling.seed = load.seed;
    request.ignore_end = true;
    request.parse_output = false;
    auto listener = std::make_shared<StreamListener>(board_, result_.streams[index]);  // shared with the service
    listeners_.push_back(listener);
    ids_.push_back(service_.submit(std::move(request), listener));
  }

  // Waits until `ended` requests are over or until `until`, whichever is first.
  Status wait(std::size_t ended, std::optional<Instant> until, const CallBounds& bounds) {
    std::unique_lock lock(board_->gate);
    while (board_->ended < ended && (!until || std::chrono::steady_clock::now() < *until)) {
      HEARTH_TRY(check(bounds));
      auto next = std::chrono::steady_clock::now() + kBoundsPoll;
      if (until) next = std::min(next, *until);
      board_->changed.wait_until(lock, next);
    }
    return {};
  }

  Status closed_loop(std::span<const LoadRequest> requests, const CallBounds& bounds) {
    for (std::size_t i = 0; i < requests.size(); ++i) {
      // The i-th request starts when all but clients-1 of those before it are over.
      if (i >= options_.clients) HEARTH_TRY(wait(i - options_.clients + 1, {}, bounds));
      submit(i, requests[i]);
    }
    return wait(requests.size(), {}, bounds);
  }

  Status open_loop(std::span<const LoadRequest> requests, const CallBounds& bounds) {
    const auto arrivals = poisson_arrivals(requests.size(), options_.arrivals_per_s, options_.seed);
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const auto when = begin + std::chrono::duration_cast<std::chrono::nanoseconds>(arrivals[i]);
      HEARTH_TRY(wait(requests.size() + 1, when, bounds));
      submit(i, requests[i]);
    }
    return wait(requests.size(), {}, bounds);
  }

  void give_up() {
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      listeners_[i]->forget();
      service_.cancel(ids_[i]);
    }
  }

  TextService& service_;
  const Clock& clock_;
  const LoadOptions& options_;
  std::uint32_t n_vocab_ = 0;
  std::shared_ptr<Board> board_;  // shared with the listeners
  LoadResult result_;
  std::vector<std::shared_ptr<StreamListener>> listeners_;
  std::vector<std::uint64_t> ids_;
};

}  // namespace

double StreamSample::tpot_ms() const {
  return completion_tokens > 1 ? std::accumulate(gaps_ms.begin(), gaps_ms.end(), 0.0) / (completion_tokens - 1) : 0;
}

Result<LoadResult> run_load(TextService& service, const Clock& clock, std::span<const LoadRequest> requests,
                            const LoadOptions& options, const CallBounds& bounds) {
  return Load(service, clock, options).run(requests, bounds);
}

}  // namespace hearth::bench
