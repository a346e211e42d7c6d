#include "bench/text_load.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <thread>

namespace hearth::bench {
namespace {

using namespace std::chrono_literals;

class Kit final : public TextKit {
 public:
  Kit() { info_.n_vocab = 50; }
  [[nodiscard]] const TextInfo& info() const override { return info_; }
  [[nodiscard]] Result<std::vector<Token>> tokenize(std::string_view, bool, bool) const override {
    return std::vector<Token>{};
  }
  [[nodiscard]] Result<std::string> detokenize(std::span<const Token>, bool) const override { return std::string(); }
  [[nodiscard]] Result<std::string> render(const PromptRequest&) const override { return std::string(); }
  [[nodiscard]] Result<std::vector<Token>> prompt_tokens(const Prompt&) const override { return std::vector<Token>{}; }

 private:
  TextInfo info_;
};

// Answers each request on a thread of its own, unless it is to hang; knows how many ran at once.
class Service final : public TextService {
 public:
  ~Service() override {
    for (auto& thread : threads_) thread.join();
  }
  std::uint64_t submit(TextRequest request, std::shared_ptr<TextListener> listener) override {
    const std::lock_guard lock(gate_);
    requests.push_back(request);
    if (hangs) return requests.size();
    if (requests.size() == fails_at) {
      listener->on_error(Error(ErrorCode::kOverloaded, "the queue is full", "come again"));
      return requests.size();
    }
    most = std::max(most, ++running_);
    threads_.emplace_back([this, request, listener] { answer(request, *listener); });
    return requests.size();
  }
  void cancel(std::uint64_t id) override { cancelled.push_back(id); }
  void embed(EmbeddingRequest, std::function<void(Result<EmbeddingResult>)>) override {}
  void with_kit(const std::string& model, std::function<void(Result<std::shared_ptr<const TextKit>>)> done) override {
    if (model != "m") return done(fail(ErrorCode::kNotFound, "there is no model '" + model + "'", ""));
    done(std::make_shared<Kit>());
  }
  void load_adapter(const std::string&, const std::string&, const std::string&, std::function<void(Status)>) override {}
  void unload_adapter(const std::string&, const std::string&, std::function<void(Status)>) override {}
  [[nodiscard]] std::vector<ModelFacts> models() const override { return {}; }
  [[nodiscard]] Result<ModelFacts> model(const std::string&) const override { return ModelFacts{}; }
  [[nodiscard]] EngineStatus status() const override { return {}; }

  std::vector<TextRequest> requests;
  std::vector<std::uint64_t> cancelled;
  std::size_t fails_at = 0;
  std::uint32_t most = 0;
  bool hangs = false;

 private:
  void answer(const TextRequest& request, TextListener& listener) {
    for (std::uint32_t i = 0; i < request.max_tokens; ++i) {
      std::this_thread::sleep_for(1ms);
      TextDelta delta;
      delta.tokens = {1};
      listener.on_delta(std::move(delta));
    }
    {
      const std::lock_guard lock(gate_);
      --running_;
    }
    TextEnd end;
    end.usage.prompt_tokens = static_cast<std::uint32_t>(std::get<std::vector<Token>>(request.prompt).size());
    end.usage.completion_tokens = request.max_tokens;
    listener.on_end(end);
  }

  std::mutex gate_;
  std::uint32_t running_ = 0;
  std::deque<std::thread> threads_;
};

std::vector<LoadRequest> requests(std::size_t count) {
  std::vector<LoadRequest> made;
  for (std::size_t i = 0; i < count; ++i) made.push_back({.prompt_tokens = 5, .answer_tokens = 3, .seed = i});
  return made;
}

TEST(RunLoad, a_closed_loop_keeps_so_many_running_and_samples_all) {
  Service service;
  const SystemClock clock;
  const auto load = run_load(service, clock, requests(12), {.model = "m", .clients = 3}, {});
  ASSERT_TRUE(load) << to_string(load.error());
  EXPECT_LE(service.most, 3U);
  ASSERT_EQ(load->streams.size(), 12U);
  double last_ms = 0;
  for (const auto& stream : load->streams) {
    EXPECT_EQ(stream.error, "");
    EXPECT_EQ(stream.prompt_tokens, 5U);
    EXPECT_EQ(stream.completion_tokens, 3U);
    EXPECT_EQ(stream.gaps_ms.size(), 2U);
    EXPECT_GT(stream.ttft_ms, 0);
    last_ms = std::max(last_ms, stream.ended_ms);
  }
  EXPECT_EQ(load->window_ms, last_ms);
  EXPECT_TRUE(std::ranges::all_of(service.requests, [](const auto& r) { return r.ignore_end; }));
}

TEST(RunLoad, an_open_loop_waits_for_nobody) {
  Service service;
  const SystemClock clock;
  const auto load = run_load(service, clock, requests(8), {.model = "m", .arrivals_per_s = 2000, .seed = 4}, {});
  ASSERT_TRUE(load) << to_string(load.error());
  EXPECT_GT(service.most, 1U);
}

TEST(RunLoad, a_request_that_fails_leaves_the_others) {
  Service service;
  service.fails_at = 2;
  const SystemClock clock;
  const auto load = run_load(service, clock, requests(4), {.model = "m", .clients = 1}, {});
  ASSERT_TRUE(load) << to_string(load.error());
  EXPECT_EQ(load->streams[1].error, "the queue is full");
  EXPECT_EQ(load->streams[3].error, "");
}

TEST(RunLoad, an_unknown_model_is_an_error) {
  Service service;
  const SystemClock clock;
  const auto load = run_load(service, clock, requests(1), {.model = "other"}, {});
  ASSERT_FALSE(load);
  EXPECT_EQ(load.error().code, ErrorCode::kNotFound);
}

TEST(RunLoad, bounds_end_a_load_that_hangs_and_cancel_its_requests) {
  Service service;
  service.hangs = true;
  const SystemClock clock;
  CallBounds bounds{.deadline = std::chrono::steady_clock::now() + 20ms};
  const auto late = run_load(service, clock, requests(3), {.model = "m", .clients = 2}, bounds);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(service.cancelled, (std::vector<std::uint64_t>{1, 2}));
  const CancelToken cancel;
  cancel.request();
  const auto stopped = run_load(service, clock, requests(1), {.model = "m"}, {.cancel = &cancel});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace hearth::bench
