// Runtimes that fail: the fake one is scripted to, over both transports; and workers that are killed.
#include <signal.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "contract_fixture.h"

namespace hearth::contract {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class FaultContract : public testing::TestWithParam<Transport> {
 protected:
  void SetUp() override { runtime_ = must(registry_.open("fake", GetParam())); }

  // A model whose script has these faults and takes its time as `latency` says.
  [[nodiscard]] std::shared_ptr<TextModel> load(const std::string& faults, const std::string& latency = "{}") {
    LoadOptions options;
    const auto text = R"({"hearth_fake":1,"otherwise":{"rule":"text","text":"again "},"faults":[)" + faults +
                      R"(],"latency":)" + latency + "}";
    options.path = temporary_file("fault" + std::to_string(++n_scripts_) + ".fake.json", text);
    return must(TextModel::from(must(runtime_->load(options))));
  }
  [[nodiscard]] static std::unique_ptr<TextContext> new_context(const TextModel& model) {
    TextOptions options;
    options.n_ctx = 256;
    return must(model.new_context(options));
  }

  RuntimeRegistry registry_{registry_options()};
  std::shared_ptr<Runtime> runtime_;

 private:
  static inline int n_scripts_ = 0;
};
INSTANTIATE_TEST_SUITE_P(All, FaultContract, testing::Values(Transport::kInProcess, Transport::kWorker),
                         [](const auto& test) { return test.param == Transport::kWorker ? "worker" : "in_process"; });

const std::vector<BatchEntry> kOne = {{5, 0, 0, true}};

TEST_P(FaultContract, what_a_runtime_throws_arrives_as_its_code_and_the_next_call_works) {
  const auto model = load(R"({"call":"decode","nth":1,"do":"error","code":"out_of_memory","message":"scripted words"},
                             {"call":"decode","nth":2,"do":"throw","message":"thrown words"},
                             {"call":"decode","nth":3,"do":"bad_alloc"})");
  const auto context = new_context(*model);
  EXPECT_NE(must_fail(context->decode(kOne), {ErrorCode::kOutOfMemory}).message.find("scripted words"),
            std::string::npos);
  EXPECT_NE(must_fail(context->decode(kOne), {ErrorCode::kInternal}).message.find("thrown words"), std::string::npos);
  must_fail(context->decode(kOne), {ErrorCode::kOutOfMemory});
  EXPECT_EQ(must(context->decode(kOne)).n_rows, 1U);
}

TEST_P(FaultContract, every_call_can_fail_and_says_so) {
  const auto model = load(
      R"({"call":"placement","do":"bad_alloc"},{"call":"memory_now","do":"bad_alloc"},{"call":"info","do":"bad_alloc"},
      {"call":"metadata","do":"bad_alloc"},{"call":"tokenize","do":"bad_alloc"},{"call":"token_bytes","do":"bad_alloc"},
      {"call":"token_attributes","do":"bad_alloc"},{"call":"context_new","do":"bad_alloc"},{"call":"trim","do":"bad_alloc"},
      {"call":"copy","do":"bad_alloc"},{"call":"shift","do":"bad_alloc"},{"call":"range","do":"bad_alloc"},{"call":"save","do":"bad_alloc"},
      {"call":"restore","do":"bad_alloc"},{"call":"adapter_load","do":"bad_alloc"},{"call":"set_adapters","do":"bad_alloc"},
      {"call":"token_table","do":"bad_alloc"})");
  const std::vector<ErrorCode> kCode = {ErrorCode::kOutOfMemory};
  must_fail(model->model()->placement(), kCode);
  must_fail(model->model()->memory_now(), kCode);
  must_fail(model->info(), kCode);
  must_fail(model->metadata("general.name"), kCode);
  must_fail(model->tokenize("x", false, false), kCode);
  must_fail(model->token_bytes(5), kCode);
  must_fail(model->token_attributes(5), kCode);
  must_fail(model->token_table([](const TokenRow&) {}), kCode);
  must_fail(model->new_context({}), kCode);
  must_fail(model->load_adapter("x"), kCode);
  const auto context = new_context(*model);
  must_fail(context->trim(0, -1, -1), kCode);
  must_fail(context->copy(0, 0, -1, -1), kCode);
  must_fail(context->shift(0, -1, -1, 1), kCode);
  must_fail(context->range(0), kCode);
  must_fail(context->save(0, [](auto) { return true; }), kCode);
  must_fail(context->restore(0, [](auto) { return std::size_t{0}; }), kCode);
  must_fail(context->set_adapters({}), kCode);
  EXPECT_EQ(must(context->decode(kOne)).n_rows, 1U);
}

TEST_P(FaultContract, a_hanging_decode_ends_when_it_is_cancelled) {
  const auto model = load(R"({"call":"decode","do":"hang"})");
  const auto context = new_context(*model);
  const CancelToken cancel;
  std::thread canceller([&] {
    std::this_thread::sleep_for(milliseconds(30));
    cancel.request();
  });
  const auto start = steady_clock::now();
  must_fail(context->decode(kOne, {&cancel, {}, 0}), {ErrorCode::kCancelled});
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
  canceller.join();
  EXPECT_EQ(must(context->decode(kOne)).n_rows, 1U);
}

TEST_P(FaultContract, a_slow_decode_ends_at_its_deadline_and_can_be_trimmed) {
  const auto model = load("", R"({"prefill_token_us":20000})");
  const auto context = new_context(*model);
  const auto start = steady_clock::now();
  const std::vector<Token> tokens(250, 5);
  must_fail(context->decode(batch_of(tokens), {nullptr, start + milliseconds(40), 0}), {ErrorCode::kDeadlineExceeded});
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(3));
  must(context->trim(0, -1, -1));
  EXPECT_TRUE(must(context->range(0)).empty());
}

TEST_P(FaultContract, virtual_time_passes_deadlines_without_waiting) {
  const auto model = load("", R"({"decode_us":3600000000,"virtual":true})");
  const auto context = new_context(*model);
  const auto start = steady_clock::now();
  must_fail(context->decode(kOne, {nullptr, start + std::chrono::minutes(30), 0}), {ErrorCode::kDeadlineExceeded});
  EXPECT_EQ(must(model->metadata("fake.virtual_ns")), "3600000000000");
}

TEST_P(FaultContract, logits_can_be_no_numbers) {
  const auto model = load(R"({"call":"decode","do":"nan_logits"})");
  const auto context = new_context(*model);
  EXPECT_TRUE(std::isnan(must(context->decode(kOne)).row(0)[0]));
}

TEST_P(FaultContract, layers_go_to_the_named_devices_as_far_as_they_fit) {
  LoadOptions options;
  options.path = temporary_file("big.fake.json", R"({"hearth_fake":1,"layers":8,"memory":{"layer_bytes":20000000}})");
  options.devices = {"fake1"};
  options.fallback = Fallback::kReport;
  {
    const auto placed = must(must(runtime_->load(options))->placement()).by_device();
    EXPECT_EQ(placed.at("fake1"), 3U * 20000000U);
    EXPECT_GE(placed.at("cpu"), 5U * 20000000U);
  }
  options.fallback = Fallback::kNone;
  must_fail(runtime_->load(options), {ErrorCode::kOutOfMemory});
  options.devices = {"fake0"};
  EXPECT_EQ(must(must(runtime_->load(options))->placement()).by_device().at("fake0"), 8U * 20000000U);
  options.n_gpu_layers = 2;
  EXPECT_EQ(must(must(runtime_->load(options))->placement()).by_device().at("fake0"), 2U * 20000000U);
}

TEST_P(FaultContract, a_worker_that_ends_is_an_error_and_the_host_lives_on) {
  if (GetParam() == Transport::kInProcess) GTEST_SKIP() << "a plugin that ends its process ends this one";
  for (const char* action : {"abort", "exit"}) {
    SCOPED_TRACE(action);
    runtime_ = must(registry_.open("fake", GetParam()));
    const auto model = load(std::string(R"({"call":"decode","nth":2,"do":")") + action + "\"}");
    const auto context = new_context(*model);
    EXPECT_EQ(must(context->decode(kOne)).n_rows, 1U);
    const std::vector<BatchEntry> next = {{6, 1, 0, true}};
    must_fail(context->decode(next), {ErrorCode::kWorkerCrashed});
    must_fail(context->range(0), {ErrorCode::kWorkerCrashed});
    must_fail(model->info(), {ErrorCode::kWorkerCrashed});
    must_fail(runtime_->describe(), {ErrorCode::kWorkerCrashed});
  }
}

TEST_P(FaultContract, a_worker_killed_in_mid_decode_is_an_error_at_once) {
  if (GetParam() == Transport::kInProcess) GTEST_SKIP() << "there is no worker to kill";
  const auto model = load("", R"({"decode_us":60000000})");
  const auto context = new_context(*model);
  steady_clock::time_point killed;
  std::thread killer([&] {
    std::this_thread::sleep_for(milliseconds(100));
    killed = steady_clock::now();
    kill(runtime_->worker_pid(), SIGKILL);
  });
  must_fail(context->decode(kOne), {ErrorCode::kWorkerCrashed});
  const auto noticed = steady_clock::now();
  killer.join();
  EXPECT_LT(noticed - killed, milliseconds(500));
  const auto again = must(registry_.open("fake", GetParam()));
  EXPECT_EQ(must(again->describe()).name, "fake");
}

}  // namespace
}  // namespace hearth::contract
