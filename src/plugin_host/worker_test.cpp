// What only a worker can do: die, hang, and take its callers' errors with it.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include "plugin_host/test_plugin/plugin_fixture.h"

namespace hearth::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

struct Opened {
  RememberingLogger logger;
  std::shared_ptr<Runtime> runtime;
  std::shared_ptr<TextModel> text;
  std::unique_ptr<TextContext> context;
  Opened() {
    auto opened = open_runtime(Transport::kWorker, "whole", &logger);
    if (!opened) return;
    runtime = *opened;
    text = load_text(*runtime).value_or(nullptr);
    if (text == nullptr) return;
    auto made = text->new_context({});
    if (made) context = std::move(*made);
  }
};

// Returns when the process has really stopped: the signal alone leaves it time to answer one more call.
void stop(int pid) {
  ::kill(pid, SIGSTOP);
  siginfo_t info{};
  EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WSTOPPED | WNOWAIT), 0);
}

// Runs `kill` once the worker is inside a decode that would never end, and gives the decode's error.
template <class Kill>
Error decode_and(Opened& opened, Kill&& kill) {
  Result<RowsView> rows = RowsView{};
  std::atomic<bool> ended = false;
  std::thread caller([&] {
    rows = opened.context->decode(one(kTokenWait));
    ended = true;
  });
  // The decode holds its lane: this second call is served beside it, so the worker is alive and at work.
  EXPECT_TRUE(opened.text->model()->placement());
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_FALSE(ended);
  kill();
  caller.join();
  return rows ? Error() : rows.error();
}

TEST(Worker, a_sigkill_in_mid_decode_is_a_named_error_at_once) {
  Opened opened;
  ASSERT_NE(opened.context, nullptr);
  const int pid = opened.runtime->worker_pid();
  steady_clock::time_point killed_at;
  const Error error = decode_and(opened, [&] {
    killed_at = steady_clock::now();
    ::kill(pid, SIGKILL);
  });
  EXPECT_LT(steady_clock::now() - killed_at, std::chrono::seconds(2));
  EXPECT_EQ(error.code, ErrorCode::kWorkerCrashed);
  EXPECT_THAT(error.message, HasSubstr("worker process " + std::to_string(pid)));
  EXPECT_THAT(error.message, HasSubstr("was killed by SIGKILL during 'decode'"));

  // Later calls on dead handles say the same, and freeing them is safe.
  auto later = opened.text->model()->placement();
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, ErrorCode::kWorkerCrashed);
  EXPECT_THAT(later.error().message, HasSubstr("was killed by SIGKILL before 'placement'"));
  EXPECT_EQ(code_of(opened.context->decode(one(1))), ErrorCode::kWorkerCrashed);
  EXPECT_EQ(code_of(opened.text->tokenize("a", false, false)), ErrorCode::kWorkerCrashed);
  opened.context.reset();
  opened.text.reset();

  // No zombie is left, and the host can start another.
  EXPECT_EQ(::waitpid(pid, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
  Opened again;
  ASSERT_NE(again.context, nullptr);
  EXPECT_TRUE(again.context->decode(one(1)));
}

TEST(Worker, an_abort_tells_its_last_words) {
  Opened opened;
  ASSERT_NE(opened.context, nullptr);
  auto rows = opened.context->decode(one(kTokenAbort));
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, ErrorCode::kWorkerCrashed);
  EXPECT_THAT(rows.error().message, HasSubstr("SIGABRT"));
  EXPECT_THAT(rows.error().message, HasSubstr("it last printed: GGML_ASSERT(false) failed"));
  EXPECT_TRUE(opened.logger.has("worker: GGML_ASSERT(false) failed"));
}

TEST(Worker, a_stopped_worker_is_given_up_after_deadline_and_grace) {
  Opened opened;
  ASSERT_NE(opened.context, nullptr);
  const int pid = opened.runtime->worker_pid();
  stop(pid);
  const auto start = steady_clock::now();
  auto rows = opened.context->decode(one(5), deadline_in(milliseconds(50)));
  const auto took = steady_clock::now() - start;
  ASSERT_EQ(code_of(rows), ErrorCode::kDeadlineExceeded);
  EXPECT_THAT(rows.error().message, HasSubstr("did not come back from 'decode'"));
  EXPECT_GE(took, milliseconds(250));
  EXPECT_LT(took, std::chrono::seconds(5));
  const CancelToken cancel;
  cancel.request();
  CallBounds bounds;
  bounds.cancel = &cancel;
  EXPECT_EQ(code_of(opened.context->decode(one(5), bounds)), ErrorCode::kCancelled);
  ::kill(pid, SIGCONT);
  auto after = opened.context->decode(one(6));
  ASSERT_TRUE(after) << to_string(after.error());
  EXPECT_TRUE(row_is(*after, 0, 6));
}

TEST(Worker, a_stopped_worker_does_not_outlive_its_host_side) {
  int pid = 0;
  {
    auto opened = open_runtime(Transport::kWorker, "whole");
    ASSERT_TRUE(opened);
    pid = (*opened)->worker_pid();
    stop(pid);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(Worker, a_call_that_heeds_nothing_is_given_up_and_the_next_waits_for_it) {
  Opened opened;
  ASSERT_NE(opened.context, nullptr);
  const auto start = steady_clock::now();
  EXPECT_EQ(code_of(opened.context->decode(one(kTokenDeaf), deadline_in(milliseconds(10)))),
            ErrorCode::kDeadlineExceeded);
  EXPECT_LT(steady_clock::now() - start, milliseconds(2500));
  auto rows = opened.context->decode(one(8));
  EXPECT_GE(steady_clock::now() - start, milliseconds(2900)) << "one context serves one call at a time";
  ASSERT_TRUE(rows) << to_string(rows.error());
  EXPECT_TRUE(row_is(*rows, 0, 8));
}

TEST(Worker, a_load_given_up_leaves_no_model_behind) {
  auto client = WorkerClient::start(worker_options("whole"));
  ASSERT_TRUE(client);
  Runtime runtime(*client);
  stop((*client)->worker_pid());
  LoadOptions options;
  options.path = "model";
  EXPECT_EQ(code_of(runtime.load(options, deadline_in(milliseconds(10)))), ErrorCode::kDeadlineExceeded);
  ::kill((*client)->worker_pid(), SIGCONT);
  EXPECT_TRUE(runtime.load(options));
}

TEST(Worker, a_long_decode_blocks_no_other_call) {
  Opened opened;
  ASSERT_NE(opened.context, nullptr);
  const CancelToken cancel;
  CallBounds bounds;
  bounds.cancel = &cancel;
  std::thread caller(
      [&] { EXPECT_EQ(code_of(opened.context->decode(one(kTokenWait), bounds)), ErrorCode::kCancelled); });
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(opened.text->model()->memory_now());
  auto second = opened.text->new_context({});
  ASSERT_TRUE(second);
  EXPECT_TRUE((*second)->decode(one(2)));
  cancel.request();
  caller.join();
}

TEST(Worker, many_threads_at_once) {
  Opened opened;
  ASSERT_NE(opened.text, nullptr);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      auto context = opened.text->new_context({});
      ASSERT_TRUE(context) << to_string(context.error());
      for (int i = 0; i < 20; ++i) {
        auto rows = (*context)->decode(one(t * 100 + i));
        ASSERT_TRUE(rows) << to_string(rows.error());
        EXPECT_TRUE(row_is(*rows, 0, t * 100 + i));
        EXPECT_EQ((*opened.text->tokenize("abc", false, false)).size(), 3U);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(Worker, more_calls_than_lanes_wait_and_are_refused_when_they_may_not) {
  Opened opened;
  ASSERT_NE(opened.text, nullptr);
  const CancelToken cancel;
  CallBounds bounds;
  bounds.cancel = &cancel;
  LoadOptions slow;
  slow.path = "slow";
  std::vector<std::thread> threads;
  std::atomic<int> n_cancelled = 0;
  for (std::size_t i = 0; i < kLanesMax; ++i)
    threads.emplace_back(
        [&] { n_cancelled += code_of(opened.runtime->load(slow, bounds)) == ErrorCode::kCancelled ? 1 : 0; });
  // Once all lanes are taken, a call that may not wait is refused; before that it ends by its deadline.
  ErrorCode code = ErrorCode::kInternal;
  for (int i = 0; i < 100 && code != ErrorCode::kOverloaded; ++i)
    code = code_of(opened.runtime->load(slow, deadline_in(milliseconds(1))));
  EXPECT_EQ(code, ErrorCode::kOverloaded);
  std::thread waits([&] { EXPECT_TRUE(opened.text->model()->placement()); });
  cancel.request();
  for (auto& thread : threads) thread.join();
  waits.join();
  EXPECT_EQ(n_cancelled, static_cast<int>(kLanesMax));
}

TEST(Worker, interrupts_belong_to_the_host) {
  Opened opened;
  ASSERT_NE(opened.context, nullptr);
  ::kill(opened.runtime->worker_pid(), SIGINT);
  ::kill(opened.runtime->worker_pid(), SIGTERM);
  EXPECT_TRUE(opened.context->decode(one(3)));
}

TEST(Worker, a_thread_that_opened_it_may_end) {
  Opened opened;
  std::thread([&] { opened.runtime = open_runtime(Transport::kWorker, "whole").value_or(nullptr); }).join();
  ASSERT_NE(opened.runtime, nullptr);
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_TRUE(opened.runtime->score());
}

TEST(Worker, a_plugin_that_aborts_while_it_opens) {
  auto opened = WorkerClient::start(worker_options("aborts"));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kWorkerCrashed);
  EXPECT_THAT(opened.error().message, HasSubstr("was killed by SIGABRT while it opened"));
  EXPECT_THAT(opened.error().message, HasSubstr("vendor library: no such device"));
}

TEST(Worker, a_program_that_is_not_there) {
  WorkerOptions options = worker_options("whole");
  options.program = "/nonexistent/hearth-worker";
  auto opened = WorkerClient::start(options);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(opened.error().message, HasSubstr("/nonexistent/hearth-worker"));
}

// Worker programs that are none: shell scripts in place of hearth-worker.
class FalseWorker : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::path(::testing::TempDir()) /
            ("hearth_false_worker_" + std::to_string(own_process_id()) + ".sh");
  }
  void TearDown() override { std::filesystem::remove(path_); }
  Result<std::shared_ptr<WorkerClient>> start(const std::string& script) {
    HEARTH_TRY(write_file_atomic(path_, "#!/bin/sh\n" + script));
    ::chmod(path_.c_str(), 0700);
    WorkerOptions options = worker_options("whole");
    options.program = path_;
    options.start_timeout = std::chrono::seconds(20);
    return WorkerClient::start(options);
  }
  std::filesystem::path path_;
};

TEST_F(FalseWorker, garbage_instead_of_a_hello) {
  auto opened = start("printf 'this is no frame at all' >&3\nsleep 60 3>&-\n");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kWorkerCrashed);
}

TEST_F(FalseWorker, silence_and_an_early_end) {
  auto opened = start("exit 3\n");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kWorkerCrashed);
  EXPECT_THAT(opened.error().message, HasSubstr("exited with status 3"));
}

TEST_F(FalseWorker, silence_without_an_end) {
  WorkerOptions options = worker_options("whole");
  ASSERT_TRUE(write_file_atomic(path_, "#!/bin/sh\nexec sleep 60\n"));
  ::chmod(path_.c_str(), 0700);
  options.program = path_;
  options.start_timeout = milliseconds(100);
  auto opened = WorkerClient::start(options);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kUnavailable);
}

TEST_F(FalseWorker, a_good_hello_and_then_garbage_on_the_main_channel) {
  // Frame: magic, kind 1 (hello), 8 bytes: code 0, empty message. Then bytes that are no frame.
  auto opened = start(
      "printf '1RFH\\001\\000\\000\\000\\010\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000no frame at all' "
      ">&3\nexec sleep 60\n");
  ASSERT_TRUE(opened) << to_string(opened.error());
  auto score = Runtime(*opened).score();
  ASSERT_FALSE(score);
  EXPECT_EQ(score.error().code, ErrorCode::kWorkerCrashed);
  EXPECT_THAT(score.error().message, HasSubstr("by its host, because it sent what is no frame"));
}

}  // namespace
}  // namespace hearth::test
