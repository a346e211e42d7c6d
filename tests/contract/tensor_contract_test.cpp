// What every tensor runtime keeps, over every transport; the fake one is scripted, the others are asked where they are.
#include <cmath>
#include <thread>

#include "contract_fixture.h"
#include "plugin_host/tensor_model.h"

namespace hearth::contract {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr const char* kGraph = R"(
  "inputs": [{"name":"a","shape":[-1,3]}, {"name":"b","type":"u8","shape":[4]}],
  "outputs": [{"name":"scaled","shape":[2,3],"scale":2,"offset":1},
              {"name":"open","shape":[-1,3],"of":0},
              {"name":"labels","type":"i64","shape":[2],"rule":"table","values":[7,-7]},
              {"name":"bytes","type":"u8","shape":[4],"of":1,"offset":3}])";

class TensorContract : public testing::TestWithParam<Transport> {
 protected:
  void SetUp() override { runtime_ = must(registry_.open("fake", GetParam())); }

  [[nodiscard]] LoadOptions script(const std::string& graph, const std::string& faults = "") {
    LoadOptions options;
    options.path = temporary_file(
        "tensor" + std::to_string(++n_scripts_) + ".fake.json",
        R"({"hearth_fake":1,"metadata":{"task":"test"},"faults":[)" + faults + R"(],"tensor":{)" + graph + "}}");
    return options;
  }
  [[nodiscard]] std::shared_ptr<TensorModel> load(const std::string& graph, const std::string& faults = "") {
    return must(TensorModel::from(must(runtime_->load(script(graph, faults)))));
  }
  [[nodiscard]] static std::unique_ptr<TensorRequest> new_request(const TensorModel& model) {
    return must(TensorSession::new_request(must(model.new_session({}))));
  }
  // A request of kGraph with both inputs filled: a is 0..5 as [2,3], b is 1..4.
  [[nodiscard]] static std::unique_ptr<TensorRequest> filled(const TensorModel& model) {
    auto request = new_request(model);
    const auto a = must(must(request->allocate(Port::kInput, 0, {2, 3})).span<float>());
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i);
    const auto b = must(must(request->allocate(Port::kInput, 1, {4})).span<std::uint8_t>());
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<std::uint8_t>(i + 1);
    return request;
  }

  RuntimeRegistry registry_{registry_options()};
  std::shared_ptr<Runtime> runtime_;

 private:
  static inline int n_scripts_ = 0;
};
INSTANTIATE_TEST_SUITE_P(All, TensorContract, testing::Values(Transport::kInProcess, Transport::kWorker),
                         [](const auto& test) { return test.param == Transport::kWorker ? "worker" : "in_process"; });

TEST_P(TensorContract, tells_its_ports_and_metadata) {
  const auto model = load(kGraph);
  ASSERT_EQ(model->ports().inputs.size(), 2U);
  EXPECT_EQ(model->ports().inputs[0].shape, (Shape{-1, 3}));
  EXPECT_EQ(model->ports().inputs[1].type, DataType::kU8);
  ASSERT_EQ(model->ports().outputs.size(), 4U);
  EXPECT_EQ(model->ports().outputs[2].name, "labels");
  EXPECT_EQ(model->ports().outputs[2].type, DataType::kI64);
  EXPECT_EQ(must(model->metadata("task")), "test");
  EXPECT_NE(must(model->metadata_json()).find("\"task\""), std::string::npos);
  must_fail(model->metadata("nothing of the kind"), {ErrorCode::kNotFound});
  must_fail(model->metadata(""), {ErrorCode::kNotFound});
}

TEST_P(TensorContract, computes_into_memory_it_gives_and_into_outputs_of_open_shape) {
  const auto model = load(kGraph);
  const auto request = filled(*model);
  must_fail(request->tensor(Port::kOutput, 1), {ErrorCode::kNotFound});
  must(request->run());
  const auto scaled = must(must(request->tensor(Port::kOutput, 0)).span<const float>());
  EXPECT_EQ(std::vector<float>(scaled.begin(), scaled.end()), (std::vector<float>{1, 3, 5, 7, 9, 11}));
  const auto open = must(request->tensor(Port::kOutput, 1));
  EXPECT_EQ(open.shape, (Shape{2, 3}));
  EXPECT_EQ(must(open.span<const float>())[5], 5.0F);
  EXPECT_EQ(must(must(request->tensor(Port::kOutput, 2)).span<const std::int64_t>())[1], -7);
  EXPECT_EQ(must(must(request->tensor(Port::kOutput, 3)).span<const std::uint8_t>())[0], 4);
}

TEST_P(TensorContract, reads_and_writes_the_memory_that_is_bound) {
  const auto model = load(kGraph);
  const auto request = filled(*model);
  std::vector<float> a = {10, 20, 30, 40, 50, 60};
  std::vector<float> scaled(6);
  must(request->bind(Port::kInput, 0, view_of(std::span(a), {2, 3})));
  must(request->bind(Port::kOutput, 0, view_of(std::span(scaled), {2, 3})));
  must(request->run());
  EXPECT_EQ(scaled, (std::vector<float>{21, 41, 61, 81, 101, 121}));
  a[0] = 0;
  must(request->run());
  EXPECT_EQ(scaled[0], 1);
  EXPECT_EQ(must(request->tensor(Port::kOutput, 0)).data, scaled.data());
}

TEST_P(TensorContract, one_stages_output_is_the_next_ones_input_without_a_copy) {
  const auto first = must(load(kGraph)->new_session({}));
  const auto second = must(load(kGraph)->new_session({}));
  const auto from = must(TensorSession::new_request(first));
  const auto to = must(TensorSession::new_request(second));
  must(must(from->allocate(Port::kInput, 0, {2, 3})).span<float>())[5] = 4;
  (void)must(from->allocate(Port::kInput, 1, {4}));
  (void)must(from->allocate(Port::kOutput, 0, {2, 3}));
  (void)must(to->allocate(Port::kInput, 1, {4}));
  must(to->bind(Port::kInput, 0, must(from->tensor(Port::kOutput, 0))));
  (void)must(to->allocate(Port::kOutput, 0, {2, 3}));
  must(from->run());
  must(to->run());
  EXPECT_EQ(must(must(to->tensor(Port::kOutput, 0)).span<const float>())[5], 19.0F);
  for (const auto& session : {first, second}) {
    for (const auto& row : must(session->copies()))
      EXPECT_EQ(row.n, 0U) << row.from << " to " << row.to << ": " << row.why;
  }
}

TEST_P(TensorContract, a_wrong_binding_names_the_port_and_leaves_what_was_bound) {
  const auto model = load(kGraph);
  const auto request = filled(*model);
  const std::vector<ErrorCode> bad = {ErrorCode::kInvalidArgument};
  std::vector<double> doubles(6);
  EXPECT_NE(must_fail(request->bind(Port::kInput, 0, view_of(std::span(doubles), {2, 3})), bad).message.find("'a'"),
            std::string::npos);
  std::vector<float> floats(8);
  must_fail(request->bind(Port::kInput, 0, view_of(std::span(floats), {2, 4})), bad);
  must_fail(request->bind(Port::kInput, 0, view_of(std::span(floats), {8})), bad);
  must_fail(request->bind(Port::kInput, 2, view_of(std::span(floats), {8})), bad);
  auto strided = view_of(std::span(floats), {2, 3});
  strided.strides = {4, 1};
  must_fail(request->bind(Port::kInput, 0, strided), bad);
  const std::vector<float> constant(6);
  must_fail(request->bind(Port::kOutput, 0, view_of(std::span(constant), {2, 3})), bad);
  must_fail(request->bind(Port::kInput, 0, view_of(std::span(floats).first(0), {0, 3})), bad);
  must_fail(request->allocate(Port::kInput, 0, {2, 4}), bad);
  must_fail(request->allocate(Port::kInput, 0, {std::int64_t{1} << 61, 3}), {ErrorCode::kInvalidArgument});
  must(request->run());
  EXPECT_EQ(must(must(request->tensor(Port::kOutput, 0)).span<const float>())[5], 11.0F);
}

TEST_P(TensorContract, an_input_without_a_tensor_is_named) {
  const auto model = load(kGraph);
  const auto request = new_request(*model);
  (void)must(request->allocate(Port::kInput, 0, {2, 3}));
  EXPECT_NE(must_fail(request->run(), {ErrorCode::kInvalidArgument}).message.find("'b'"), std::string::npos);
}

TEST_P(TensorContract, sessions_say_what_was_granted_and_refuse_what_has_no_meaning) {
  const auto model = load(kGraph);
  TensorOptions options;
  options.n_streams = 3;
  options.hint = PerformanceHint::kThroughput;
  options.shapes_json = R"([{"a":[2,3]},{"a":[5,3]}])";
  const auto session = must(model->new_session(options));
  EXPECT_EQ(session->info().n_streams, 3U);
  EXPECT_EQ(session->info().n_requests, 3U);
  EXPECT_EQ(session->info().hint, PerformanceHint::kThroughput);
  EXPECT_EQ(session->info().precision, "f32");
  const std::vector<ErrorCode> bad = {ErrorCode::kInvalidArgument, ErrorCode::kInvalidData, ErrorCode::kUnsupported};
  for (const char* shapes : {"[", "{}", R"([{"a":[0,3]}])", R"([{"a":["x"]}])"}) {
    TensorOptions wrong;
    wrong.shapes_json = shapes;
    must_fail(model->new_session(wrong), bad);
  }
  TensorOptions wrong;
  wrong.precision = "f12";
  must_fail(model->new_session(wrong), bad);
  wrong = {};
  wrong.extra_json = R"({"nonsense":1})";
  must_fail(model->new_session(wrong), bad);
  wrong = {};
  wrong.preprocess_json = R"({"input":"a","resize":"magic"})";
  must_fail(model->new_session(wrong), bad);
}

TEST_P(TensorContract, warm_up_runs_declared_shapes_and_names_an_input_without_one) {
  const auto model = load(R"("inputs":[{"name":"a","shape":[-1,3]}],"outputs":[{"name":"y","shape":[2,3]}])",
                          R"({"call":"run","nth":3,"do":"error","code":"internal","message":"the third run"})");
  must_fail(must(model->new_session({}))->warm_up(), {ErrorCode::kInvalidArgument});
  TensorOptions options;
  options.shapes_json = R"([{"a":[2,3]},{"a":[2,3]},{"a":[2,3]}])";
  EXPECT_NE(must_fail(must(model->new_session(options))->warm_up(), {ErrorCode::kInternal}).message.find("third run"),
            std::string::npos);
}

TEST_P(TensorContract, nodes_off_their_device_are_told_or_refused) {
  const std::string graph = std::string(kGraph) + R"(,
    "nodes":[{"name":"conv1","op":"Conv","provider":"FakeGpu","device":"fake0","precision":"f16"},
             {"name":"nms","op":"NonMaxSuppression","provider":"FakeCpu","device":"cpu","fallback":true}])";
  auto options = script(graph);
  const auto nodes = must(must(must(TensorModel::from(must(runtime_->load(options))))->new_session({}))->nodes());
  ASSERT_EQ(nodes.size(), 2U);
  EXPECT_EQ(nodes[0].device, "fake0");
  EXPECT_FALSE(nodes[0].is_fallback);
  EXPECT_TRUE(nodes[1].is_fallback);
  options.fallback = Fallback::kNone;
  const auto model = must(TensorModel::from(must(runtime_->load(options))));
  EXPECT_NE(must_fail(model->new_session({}), {ErrorCode::kUnavailable}).message.find("'nms'"), std::string::npos);
}

TEST_P(TensorContract, numbers_that_are_none_are_found) {
  const auto model = load(kGraph, R"({"call":"run","do":"nan_logits"})");
  const auto request = filled(*model);
  must(request->run());
  const auto scaled = must(request->tensor(Port::kOutput, 0));
  EXPECT_EQ(must(non_finite_elements(scaled, 4)).size(), 4U);
  must(request->run());
  EXPECT_TRUE(must(non_finite_elements(must(request->tensor(Port::kOutput, 0)), 4)).empty());
}

TEST_P(TensorContract, a_failed_call_says_so_and_the_next_one_works) {
  const auto model = load(kGraph, R"({"call":"session_new","do":"bad_alloc"},{"call":"request_new","do":"throw"},
                                     {"call":"run","do":"error","code":"out_of_memory","message":"scripted words"})");
  must_fail(model->new_session({}), {ErrorCode::kOutOfMemory});
  const auto session = must(model->new_session({}));
  must_fail(TensorSession::new_request(session), {ErrorCode::kInternal});
  const auto request = filled(*model);
  EXPECT_NE(must_fail(request->run(), {ErrorCode::kOutOfMemory}).message.find("scripted words"), std::string::npos);
  must(request->run());
}

TEST_P(TensorContract, runs_end_at_their_deadline_and_when_cancelled) {
  const auto model = load(std::string(kGraph) + R"(,"run_us":60000000)");
  const auto request = filled(*model);
  const auto start = steady_clock::now();
  must_fail(request->run({nullptr, start + milliseconds(30), 0}), {ErrorCode::kDeadlineExceeded});
  const CancelToken cancel;
  std::thread canceller([&] {
    std::this_thread::sleep_for(milliseconds(30));
    cancel.request();
  });
  must_fail(request->run({&cancel, {}, 0}), {ErrorCode::kCancelled});
  canceller.join();
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(10));
}

TEST_P(TensorContract, requests_of_one_session_run_at_once) {
  const auto session = must(load(std::string(kGraph) + R"(,"run_us":2000)")->new_session({.n_requests = 4}));
  std::vector<std::thread> threads;
  std::vector<float> results(4);
  for (std::size_t t = 0; t < results.size(); ++t) {
    threads.emplace_back([&, t] {
      const auto request = must(TensorSession::new_request(session));
      must(must(request->allocate(Port::kInput, 0, {2, 3})).span<float>())[0] = static_cast<float>(t);
      (void)must(request->allocate(Port::kInput, 1, {4}));
      for (int i = 0; i < 10; ++i) must(request->run());
      results[t] = must(must(request->tensor(Port::kOutput, 0)).span<const float>())[0];
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(results, (std::vector<float>{1, 3, 5, 7}));
}

TEST_P(TensorContract, handles_may_go_in_any_order) {
  auto model = load(kGraph);
  auto request = filled(*model);
  model.reset();
  runtime_.reset();
  must(request->run());
  request.reset();
}

TEST_P(TensorContract, other_models_are_no_tensor_graphs) {
  LoadOptions options;
  options.path = resolve("runtimes/fake/scripts/story.fake.json");
  must_fail(TensorModel::from(must(runtime_->load(options))), {ErrorCode::kUnsupported});
  must_fail(TextModel::from(must(runtime_->load(script(kGraph)))).value()->info(), {ErrorCode::kUnsupported});
}

TEST_P(TensorContract, the_estimate_is_what_the_model_then_holds) {
  const auto options = script(kGraph);
  const auto source = must(runtime_->load(options))->source();
  const auto estimated = must(estimate_tensor_model(*source, options, {}));
  EXPECT_EQ(estimated.total_bytes(), must(must(runtime_->load(options))->placement()).total_bytes());
}

}  // namespace
}  // namespace hearth::contract
