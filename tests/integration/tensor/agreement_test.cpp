// Both runtimes compute the same from the same file; each reads the formats it says it reads.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "tensor_fixture.h"

namespace hearth::tensor_tests {
namespace {

class TensorRuntimes : public testing::Test {
 protected:
  // Null, with the test skipped, when the runtime is not here.
  std::shared_ptr<Runtime> runtime(const std::string& name) {
    std::string why;
    if (is_here(registry_, name, why)) return registry_.open(name, Transport::kInProcess).value();
    reason_ = why;
    return nullptr;
  }
  RuntimeRegistry registry_{registry_options()};
  std::string reason_;
};

// The largest difference of two outputs as a share of the second one's largest magnitude.
double difference(const std::vector<float>& a, const std::vector<float>& b) {
  double worst = 0;
  double largest = 1e-12;
  for (std::size_t i = 0; i < a.size(); ++i) {
    worst = std::max(worst, static_cast<double>(std::abs(a[i] - b[i])));
    largest = std::max(largest, static_cast<double>(std::abs(b[i])));
  }
  return worst / largest;
}

struct Case {
  const char* file;
  float scale;
  double tolerance;  // f32 graphs: rounding of sums in another order; int8: a step of a quantised activation
};

TEST_F(TensorRuntimes, agree_where_both_run_the_file) {
  const auto ort = runtime("onnxruntime");
  const auto openvino = runtime("openvino");
  if (ort == nullptr || openvino == nullptr) GTEST_SKIP() << reason_;
  constexpr Case kCases[] = {{"detect/yolox-nano.onnx", 255.0F, 1e-3},
                             {"detect/fastestdet.onnx", 1.0F, 1e-3},
                             {"classify/squeezenet_v1.1.onnx", 100.0F, 1e-3},
                             {"detect/yolov8n-int8-dynamic.onnx", 1.0F, 0.05}};
  for (const auto& each : kCases) {
    SCOPED_TRACE(each.file);
    LoadOptions load;
    load.path = shared_model(each.file);
    if (load.path.empty()) GTEST_SKIP() << each.file << " is not on this machine";
    const auto a = open_model(ort, load, {}, each.scale);
    const auto b = open_model(openvino, load, {}, each.scale);
    ASSERT_TRUE(a) << to_string(a.error());
    ASSERT_TRUE(b) << to_string(b.error());
    ASSERT_TRUE(a->request->run());
    ASSERT_TRUE(b->request->run());
    ASSERT_EQ(a->session->ports().outputs.size(), b->session->ports().outputs.size());
    for (std::uint32_t i = 0; i < a->session->ports().outputs.size(); ++i) {
      const auto x = floats_of(a->request->tensor(Port::kOutput, i).value()).value();
      const auto y = floats_of(b->request->tensor(Port::kOutput, i).value()).value();
      ASSERT_EQ(x.size(), y.size());
      EXPECT_LT(difference(x, y), each.tolerance) << "output " << i;
    }
  }
}

TEST_F(TensorRuntimes, outputs_of_open_shape_follow_their_inputs) {
  LoadOptions load;
  load.path = shared_model("wake/melspectrogram.onnx");
  if (load.path.empty()) GTEST_SKIP() << "melspectrogram.onnx is not on this machine";
  for (const char* name : {"onnxruntime", "openvino"}) {
    SCOPED_TRACE(name);
    const auto here = runtime(name);
    if (here == nullptr) GTEST_SKIP() << reason_;
    const auto model = TensorModel::from(here->load(load).value()).value();
    const auto session = model->new_session({}).value();
    const auto request = TensorSession::new_request(session).value();
    const auto frames_of = [&](std::int64_t samples) {
      fill_pattern(request->allocate(Port::kInput, 0, Shape{1, samples}).value(), 100);
      EXPECT_TRUE(request->run());
      return floats_of(request->tensor(Port::kOutput, 0).value()).value();
    };
    const auto shorter = frames_of(1280);
    const auto longer = frames_of(6400);
    EXPECT_GT(shorter.size(), 0U);
    EXPECT_GT(longer.size(), shorter.size());
    EXPECT_EQ(frames_of(1280), shorter);
  }
}

TEST_F(TensorRuntimes, openvino_reads_ir_and_tflite) {
  const auto openvino = runtime("openvino");
  if (openvino == nullptr) GTEST_SKIP() << reason_;
  for (const char* file : {"detect/nanodet-m.xml", "detect/yolov8n-int8-dynamic.tflite",
                           "detect/yolov8n-int8-full.tflite", "classify/mobilenet_v2_1.0_224_quant.tflite"}) {
    SCOPED_TRACE(file);
    LoadOptions load;
    load.path = shared_model(file);
    if (load.path.empty()) GTEST_SKIP() << file << " is not on this machine";
    const auto loaded = open_model(openvino, load, {}, 1.0F);
    ASSERT_TRUE(loaded) << to_string(loaded.error());
    ASSERT_TRUE(loaded->request->run());
    const auto nodes = loaded->session->nodes();
    ASSERT_TRUE(nodes) << to_string(nodes.error());
    EXPECT_FALSE(nodes->empty());
    EXPECT_TRUE(loaded->session->copies().value().empty());
  }
}

TEST_F(TensorRuntimes, a_worker_computes_what_this_process_does) {
  for (const char* name : {"onnxruntime", "openvino"}) {
    SCOPED_TRACE(name);
    const auto here = runtime(name);
    if (here == nullptr) GTEST_SKIP() << reason_;
    const auto there = registry_.open(name, Transport::kWorker);
    ASSERT_TRUE(there) << to_string(there.error());
    LoadOptions load;
    load.path = shared_model("detect/fastestdet.onnx");
    if (load.path.empty()) GTEST_SKIP() << "fastestdet.onnx is not on this machine";
    const auto a = open_model(here, load, {}, 1.0F);
    const auto b = open_model(*there, load, {}, 1.0F);
    ASSERT_TRUE(a) << to_string(a.error());
    ASSERT_TRUE(b) << to_string(b.error());
    ASSERT_TRUE(a->request->run());
    ASSERT_TRUE(b->request->run());
    EXPECT_EQ(floats_of(a->request->tensor(Port::kOutput, 0).value()).value(),
              floats_of(b->request->tensor(Port::kOutput, 0).value()).value());
    EXPECT_TRUE(b->session->copies().value().empty()) << "memory that a worker gives is written and read in place";
  }
}

TEST_F(TensorRuntimes, openvino_does_the_pre_processing_in_the_graph) {
  const auto openvino = runtime("openvino");
  if (openvino == nullptr) GTEST_SKIP() << reason_;
  LoadOptions load;
  load.path = shared_model("detect/yolox-nano.onnx");
  if (load.path.empty()) GTEST_SKIP() << "yolox-nano.onnx is not on this machine";
  TensorOptions fused;
  fused.preprocess_json = R"({"input":"images","type":"u8","layout":"NHWC","colour":"RGB","model_colour":"BGR",
                              "mean":[1,2,3],"scale":[2,2,2]})";
  const auto a = open_model(openvino, load, fused);
  ASSERT_TRUE(a) << to_string(a.error());
  EXPECT_TRUE(a->session->info().preprocess_fused);
  EXPECT_EQ(a->session->ports().inputs[0].type, DataType::kU8);
  EXPECT_EQ(a->session->ports().inputs[0].shape, (Shape{1, 416, 416, 3}));
  const auto b = open_model(openvino, load);
  ASSERT_TRUE(b) << to_string(b.error());
  const auto pixels = a->request->tensor(Port::kInput, 0)->span<const std::uint8_t>().value();
  const auto planes = b->request->tensor(Port::kInput, 0)->span<float>().value();
  constexpr std::size_t kPlane = 416 * 416;
  constexpr float kMean[] = {1, 2, 3};
  for (std::size_t i = 0; i < kPlane; ++i) {
    for (std::size_t c = 0; c < 3; ++c)
      planes[c * kPlane + i] = (static_cast<float>(pixels[i * 3 + 2 - c]) - kMean[c]) / 2;
  }
  ASSERT_TRUE(a->request->run());
  ASSERT_TRUE(b->request->run());
  EXPECT_LT(difference(floats_of(a->request->tensor(Port::kOutput, 0).value()).value(),
                       floats_of(b->request->tensor(Port::kOutput, 0).value()).value()),
            1e-4);
}

TEST_F(TensorRuntimes, precision_is_f32_unless_asked_for_and_is_told) {
  LoadOptions load;
  load.path = shared_model("detect/fastestdet.onnx");
  if (load.path.empty()) GTEST_SKIP() << "fastestdet.onnx is not on this machine";
  for (const char* name : {"onnxruntime", "openvino"}) {
    const auto here = runtime(name);
    if (here == nullptr) GTEST_SKIP() << reason_;
    EXPECT_EQ(open_model(here, load)->session->info().precision, "f32");
  }
  TensorOptions half;
  half.precision = "f16";
  const auto refused = open_model(runtime("onnxruntime"), load, half);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
}

TEST_F(TensorRuntimes, requests_run_at_once_and_give_what_one_gives) {
  LoadOptions load;
  load.path = shared_model("detect/fastestdet.onnx");
  if (load.path.empty()) GTEST_SKIP() << "fastestdet.onnx is not on this machine";
  for (const char* name : {"onnxruntime", "openvino"}) {
    SCOPED_TRACE(name);
    const auto here = runtime(name);
    if (here == nullptr) GTEST_SKIP() << reason_;
    TensorOptions options;
    options.hint = PerformanceHint::kThroughput;
    options.n_streams = 2;
    options.n_threads = 2;
    const auto first = open_model(here, load, options, 1.0F);
    ASSERT_TRUE(first) << to_string(first.error());
    EXPECT_EQ(first->session->info().n_streams, 2U);
    ASSERT_TRUE(first->request->run());
    const auto wanted = floats_of(first->request->tensor(Port::kOutput, 0).value()).value();
    std::vector<std::thread> threads;
    std::vector<int> n_right(4);
    for (std::size_t t = 0; t < n_right.size(); ++t) {
      threads.emplace_back([&, t] {
        const auto request = TensorSession::new_request(first->session).value();
        fill_pattern(request->allocate(Port::kInput, 0, first->session->ports().inputs[0].shape).value(), 1.0F);
        for (int i = 0; i < 5; ++i) {
          if (request->run() && floats_of(request->tensor(Port::kOutput, 0).value()).value() == wanted) ++n_right[t];
        }
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(n_right, std::vector<int>(4, 5));
  }
}

TEST_F(TensorRuntimes, a_run_ends_when_it_is_given_up_and_the_next_one_is_whole) {
  LoadOptions load;
  load.path = shared_model("detect/yolov8n-int8-dynamic.onnx");  // takes tens of milliseconds anywhere
  if (load.path.empty()) GTEST_SKIP() << "yolov8n-int8-dynamic.onnx is not on this machine";
  for (const char* name : {"onnxruntime", "openvino"}) {
    SCOPED_TRACE(name);
    const auto here = runtime(name);
    if (here == nullptr) GTEST_SKIP() << reason_;
    TensorOptions options;
    options.n_threads = 1;
    const auto loaded = open_model(here, load, options, 1.0F);
    ASSERT_TRUE(loaded) << to_string(loaded.error());
    const auto output = [&] { return floats_of(loaded->request->tensor(Port::kOutput, 0).value()).value(); };
    ASSERT_TRUE(loaded->request->run());
    const auto wanted = output();
    const auto late =
        loaded->request->run({nullptr, std::chrono::steady_clock::now() + std::chrono::milliseconds(2), 0});
    ASSERT_FALSE(late) << "it ran to its end behind its deadline";
    EXPECT_EQ(late.error().code, ErrorCode::kDeadlineExceeded);
    CancelToken cancel;
    std::thread caller([&cancel] {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      cancel.request();
    });
    const auto stopped = loaded->request->run({&cancel, {}, 0});
    caller.join();
    ASSERT_FALSE(stopped) << "it ran to its end though it was cancelled";
    EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
    ASSERT_TRUE(loaded->request->run());
    EXPECT_EQ(output(), wanted);
  }
}

TEST_F(TensorRuntimes, a_device_that_is_not_here_is_refused_where_no_fallback_is_allowed) {
  LoadOptions load;
  load.path = shared_model("detect/fastestdet.onnx");
  if (load.path.empty()) GTEST_SKIP() << "fastestdet.onnx is not on this machine";
  load.devices = {"an-accelerator-that-nobody-built"};
  load.fallback = Fallback::kNone;
  for (const char* name : {"onnxruntime", "openvino"}) {
    const auto here = runtime(name);
    if (here == nullptr) GTEST_SKIP() << reason_;
    const auto refused = here->load(load);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
    EXPECT_NE(refused.error().message.find("cpu"), std::string::npos) << "it says what is here";
  }
}

}  // namespace
}  // namespace hearth::tensor_tests
