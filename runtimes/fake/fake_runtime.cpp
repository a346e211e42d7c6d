// A runtime without a model inside: what it says, costs and gets wrong comes from a JSON script. For tests of
// everything that stands on runtimes, and for trying Hearth out where no real one is.
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "fake_context.h"
#include "fake_model.h"
#include "fake_tensor.h"
#include "hearth/sdk/plugin.h"

namespace hearth::fake {
namespace {

class FakeRuntime final : public sdk::Runtime {
 public:
  explicit FakeRuntime(const sdk::Host& host) : host_(host) {}

  [[nodiscard]] sdk::Description describe() const override {
    return {.name = "fake",
            .version = "1",
            .formats = {"fake.json"},
            .capabilities = {HEARTH_CAP_TEXT, HEARTH_CAP_TENSOR},
            .devices = devices_->list(),
            .extra_keys = {
                {.name = "ignore_faults", .type = sdk::KeyType::kBool, .about = "leaves out the script's faults"},
                {.name = "latency_scale",
                 .type = sdk::KeyType::kNumber,
                 .about = "factor on all latencies; 0 = none",
                 .minimum = 0,
                 .maximum = 1000}}};
  }

  [[nodiscard]] sdk::Score score() const override { return {1, "scripted: runs everywhere and computes nothing"}; }

  [[nodiscard]] sdk::MemoryItems estimate(const sdk::LoadOptions& load, const sdk::TextOptions& text) const override {
    const auto script = read_script(load.path);
    faults_of(script, load)->hit("estimate");
    const auto split = split_layers(script, load, *devices_);
    auto items = model_memory(script, load, split);
    const auto context = context_memory(script, grant(script, text), split);
    items.insert(items.end(), context.begin(), context.end());
    return merged(items);
  }

  [[nodiscard]] sdk::MemoryItems estimate_tensor(const sdk::LoadOptions& load,
                                                 const sdk::TensorOptions& /*options*/) const override {
    const auto script = read_script(load.path);
    if (!script.is_tensor)
      throw sdk::Error(HEARTH_UNSUPPORTED, load.path + " is the script of a text model, not of a graph");
    faults_of(script, load)->hit("estimate");
    return merged(model_memory(script, load, split_layers(script, load, *devices_)));
  }

  [[nodiscard]] std::shared_ptr<sdk::Model> load(const sdk::LoadOptions& options, const sdk::CallGuard& call) override {
    auto script = read_script(options.path);
    faults_of(script, options)->hit("load", call);
    const auto wait = std::chrono::duration<double, std::milli>(
        script.latency.is_virtual ? 0 : script.latency.load_ms * options.extra.value("latency_scale", 1.0));
    const auto end = std::chrono::steady_clock::now() + wait;
    while (std::chrono::steady_clock::now() < end) {
      call.check("loading the model");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    host_.log(sdk::LogLevel::kDebug, "fake", "loaded " + options.path);
    if (script.is_tensor) return std::make_shared<FakeTensorModel>(std::move(script), options, devices_);
    return std::make_shared<FakeModel>(std::move(script), options, devices_);
  }

 private:
  // Loads and estimates are counted by file over the life of the runtime, all other calls from load on.
  std::shared_ptr<Faults> faults_of(const Script& script, const sdk::LoadOptions& options) const {
    if (options.extra.value("ignore_faults", false)) return std::make_shared<Faults>(std::vector<FaultRule>());
    const std::lock_guard lock(gate_);
    auto& faults = faults_[script.path];
    if (!faults) faults = std::make_shared<Faults>(script.faults);
    return faults;
  }

  const sdk::Host& host_;
  const std::shared_ptr<Devices> devices_ = std::make_shared<Devices>();
  mutable std::mutex gate_;
  mutable std::map<std::string, std::shared_ptr<Faults>> faults_;
};

}  // namespace
}  // namespace hearth::fake

HEARTH_SDK_RUNTIME(hearth::fake::FakeRuntime)
