// Tensor models of the fake runtime under an engine, for tests.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/runtime_fixture.h"
#include "engine/tensor_engine.h"
#include "support/paths.h"

namespace hearth {

// A graph that doubles what it is given and adds one, `items` of it for one picture; its first dimension open where
// `batched`.
inline std::string doubling_script(int items, bool batched = false, int run_us = 0) {
  const std::string first = batched ? "-1" : "1";
  return R"({"hearth_fake": 1, "name": "doubler", "tensor": {
    "inputs": [{"name": "x", "type": "f32", "shape": [)" +
         first + "," + std::to_string(items) + R"(]}],
    "outputs": [{"name": "y", "type": "f32", "shape": [)" +
         first + "," + std::to_string(items) + R"(], "rule": "affine", "scale": 2, "offset": 1}],
    "run_us": )" +
         std::to_string(run_us) + "}}";
}

// Offers scripts, each with as many bytes as it is said to need.
class ScriptedTensors final : public ModelDirectory, public TensorModelProvider {
 public:
  struct Offer {
    std::string script;
    std::uint64_t bytes = 1000;
    std::uint32_t n_requests = 1;
    std::uint32_t batch_max = 1;
    std::string record_json{};
    Transport transport = Transport::kInProcess;
  };
  void offer(const std::string& name, Offer offer) { offers_[name] = std::move(offer); }

  [[nodiscard]] std::vector<ModelFacts> models() const override {
    std::vector<ModelFacts> facts;
    for (const auto& [name, offer] : offers_) {
      facts.emplace_back();
      facts.back().name = name;
      facts.back().kind = ModelKind::kTensor;
    }
    return facts;
  }
  [[nodiscard]] Result<ModelNeed> need(const std::string& name) override {
    ModelNeed need;
    need.steady = {{"ram", offers_.at(name).bytes}};
    return need;
  }
  [[nodiscard]] Result<OpenedTensorModel> open_tensor(const std::string& name, const CallBounds&) override {
    const Offer& offer = offers_.at(name);
    LoadOptions load;
    load.path = TestRuntimes::file(name + ".fake.json", offer.script).string();
    HEARTH_ASSIGN(runtime, registry_.open("fake", offer.transport));
    HEARTH_ASSIGN(model, runtime->load(load));
    OpenedTensorModel opened;
    opened.facts.name = name;
    opened.facts.format = "fake.json";
    opened.facts.runtime = "fake";
    HEARTH_ASSIGN(tensors, TensorModel::from(std::move(model)));
    opened.model = std::move(tensors);
    opened.options.n_requests = offer.n_requests;
    opened.batch_max = offer.batch_max;
    opened.record_json = offer.record_json;
    const std::lock_guard lock(gate_);
    ++loads_[name];
    return opened;
  }
  void answered(const std::string& name) override {
    const std::lock_guard lock(gate_);
    ++answered_[name];
  }
  [[nodiscard]] int loads(const std::string& name) {
    const std::lock_guard lock(gate_);
    return loads_[name];
  }
  [[nodiscard]] int answers(const std::string& name) {
    const std::lock_guard lock(gate_);
    return answered_[name];
  }

 private:
  RuntimeRegistry registry_{
      {{test::build_dir() / "lib/hearth/runtimes"}, test::build_dir() / "libexec/hearth/hearth-worker", nullptr}};
  std::map<std::string, Offer> offers_;
  std::mutex gate_;
  std::map<std::string, int> loads_;
  std::map<std::string, int> answered_;
};

// Sends one number, repeated, and remembers what came.
class NumberJob final : public TensorJob {
 public:
  NumberJob(float number, std::string group) : number_(number), group_(std::move(group)) {}
  [[nodiscard]] std::string_view group() const override { return group_; }
  [[nodiscard]] Result<Shape> shape(const TensorModelFacts& facts, std::size_t input, std::uint32_t n) const override {
    Shape shape = facts.ports.inputs[input].shape;
    shape[0] = n;
    return shape;
  }
  [[nodiscard]] Status fill(const TensorModelFacts&, std::span<const TensorView> inputs, std::size_t item) override {
    if (refuses_) return fail(ErrorCode::kInvalidData, "this item is broken");
    HEARTH_ASSIGN(values, inputs[0].span<float>());
    const auto row = static_cast<std::size_t>(inputs[0].shape[1]);
    for (std::size_t i = 0; i < row; ++i) values[item * row + i] = number_;
    return {};
  }
  void finish(const TensorModelFacts*, const Result<TensorRun>& run) override {
    const std::lock_guard lock(gate_);
    over_ = true;
    if (run) {
      const auto values = must(run->outputs[0].span<const float>());
      const auto row = static_cast<std::size_t>(run->outputs[0].shape[1]);
      got_.assign(values.begin() + static_cast<std::ptrdiff_t>(run->item * row),
                  values.begin() + static_cast<std::ptrdiff_t>((run->item + 1) * row));
      batch_ = run->batch;
    } else {
      error_ = run.error();
    }
    changed_.notify_all();
  }
  [[nodiscard]] CallBounds bounds() const override { return {&cancel_, {}, 0}; }

  [[nodiscard]] bool wait(double at_most_s = 20) {
    std::unique_lock lock(gate_);
    return changed_.wait_for(lock, std::chrono::duration<double>(at_most_s), [this] { return over_; });
  }
  // After wait().
  [[nodiscard]] const std::vector<float>& got() const { return got_; }
  [[nodiscard]] std::uint32_t batch() const { return batch_; }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  void refuse() { refuses_ = true; }
  void cancel() const { cancel_.request(); }

 private:
  float number_;
  std::string group_;
  bool refuses_ = false;
  CancelToken cancel_;
  std::mutex gate_;
  std::condition_variable changed_;
  bool over_ = false;
  std::vector<float> got_;
  std::uint32_t batch_ = 0;
  std::optional<Error> error_;
};

// Offers first, then the engine.
class TensorEngineTest : public testing::Test {
 protected:
  TensorEngine& engine() {
    if (!engine_) {
      capacities_.try_emplace("ram", 1'000'000'000);
      residents_ = std::make_unique<ResidentModels>(ResidentModelsOptions{capacities_, {}}, provider_, clock_, logger_);
      engine_ = std::make_unique<TensorEngine>(options_, TensorEnginePorts{provider_, *residents_, clock_, metrics_});
    }
    return *engine_;
  }
  ~TensorEngineTest() override {
    engine_.reset();
    residents_.reset();
  }
  std::shared_ptr<NumberJob> submit(const std::string& model, float number, const std::string& group = {}) {
    auto job = std::make_shared<NumberJob>(number, group);
    engine().submit(model, job);
    return job;
  }

  ScriptedTensors provider_;
  SystemClock clock_;
  MetricsRegistry metrics_;
  NullLogger logger_;
  BytesByPool capacities_;
  TensorEngineOptions options_;
  std::unique_ptr<ResidentModels> residents_;
  std::unique_ptr<TensorEngine> engine_;
};

}  // namespace hearth
