#include "fake_tensor.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <thread>

#include "hearth/sdk/tensor_bindings.h"

namespace hearth::fake {
namespace {

class FakeRequest final : public sdk::TensorRequest {
 public:
  explicit FakeRequest(const FakeTensorModel& model)
      : model_(model),
        inputs_(model.tensor_script().ports.inputs.size()),
        outputs_(model.tensor_script().outputs.size()),
        results_(outputs_.size()) {}

  void bind(sdk::Port port, std::uint32_t index, const DLTensor& tensor) override {
    model_.faults().hit("bind");
    (port == sdk::Port::kInput ? inputs_ : outputs_)[index] = &tensor;
  }

  void run(const sdk::CallGuard& call) override {
    const bool gives_nan = model_.faults().hit("run", call);
    wait(call);
    for (std::size_t i = 0; i < outputs_.size(); ++i) compute(i, gives_nan);
  }

  [[nodiscard]] const DLTensor* result(std::uint32_t index) const override {
    return results_[index].bytes.empty() ? nullptr : &results_[index].tensor;
  }

 private:
  struct Result {
    std::vector<char> bytes;
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> strides;
    DLTensor tensor{};
  };

  void wait(const sdk::CallGuard& call) const {
    const auto time = std::chrono::duration<double, std::micro>(model_.tensor_script().run_us * model_.latency_scale());
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
      call.check("running the graph");
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }

  // Dimension `axis` of output i for the inputs as they are bound.
  [[nodiscard]] std::int64_t dimension(std::size_t i, std::size_t axis) const {
    const auto declared = model_.tensor_script().ports.outputs[i].shape[axis];
    const DLTensor& input = *inputs_[model_.tensor_script().outputs[i].of];
    if (declared >= 0) return declared;
    return axis < static_cast<std::size_t>(input.ndim) ? input.shape[axis] : 1;
  }
  [[nodiscard]] std::vector<std::int64_t> shape_of(std::size_t i) const {
    auto shape = model_.tensor_script().ports.outputs[i].shape;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) shape[axis] = dimension(i, axis);
    return shape;
  }
  [[nodiscard]] bool is_shape(std::size_t i, const std::int64_t* shape) const {
    const std::size_t rank = model_.tensor_script().ports.outputs[i].shape.size();
    for (std::size_t axis = 0; axis < rank; ++axis) {
      if (shape[axis] != dimension(i, axis)) return false;
    }
    return true;
  }

  const DLTensor& target(std::size_t i) {
    const auto& spec = model_.tensor_script().ports.outputs[i];
    if (const DLTensor* bound = outputs_[i]; bound != nullptr) {
      if (!is_shape(i, bound->shape)) {
        const auto shape = shape_of(i);
        throw sdk::Error(HEARTH_INVALID_ARGUMENT, "output '" + spec.name + "' is " +
                                                      sdk::shape_text(shape.data(), shape.size()) +
                                                      "; the tensor bound to it has another shape");
      }
      return *bound;
    }
    auto& result = results_[i];
    if (result.bytes.empty() || !is_shape(i, result.shape.data())) {
      auto shape = shape_of(i);
      result.bytes.resize(sdk::checked_bytes(spec.type, shape.data(), shape.size(), spec.name));
      result.shape = std::move(shape);
      result.strides.assign(result.shape.size(), 1);
      for (std::size_t axis = result.shape.size(); axis-- > 1;)
        result.strides[axis - 1] = result.strides[axis] * result.shape[axis];
      result.tensor = {result.bytes.data(),
                       {kDLCPU, 0},
                       static_cast<std::int32_t>(result.shape.size()),
                       spec.type,
                       result.shape.data(),
                       result.strides.data(),
                       0};
    }
    return result.tensor;
  }

  void compute(std::size_t i, bool gives_nan) {
    const auto& output = model_.tensor_script().outputs[i];
    const DLTensor& to = target(i);
    const DLTensor& from = *inputs_[output.of];
    const auto n = static_cast<std::size_t>(sdk::n_elements(to));
    const auto n_from = static_cast<std::size_t>(sdk::n_elements(from));
    for (std::size_t element = 0; element < n; ++element) {
      const double value =
          gives_nan ? std::numeric_limits<double>::quiet_NaN()
          : output.rule == TensorRule::kTable
              ? output.values[element % output.values.size()]
              : output.scale * read_element(from.dtype, sdk::data_of(from), element % n_from) + output.offset;
      write_element(to.dtype, sdk::data_of(to), element, value);
    }
  }

  const FakeTensorModel& model_;
  std::vector<const DLTensor*> inputs_;
  std::vector<const DLTensor*> outputs_;
  std::vector<Result> results_;
};

class FakeSession final : public sdk::TensorSession {
 public:
  FakeSession(const FakeTensorModel& model, const sdk::TensorOptions& options) : model_(model), options_(options) {}
  [[nodiscard]] const sdk::TensorPorts& ports() const override { return model_.ports(); }
  [[nodiscard]] sdk::TensorSessionInfo info() const override {
    sdk::TensorSessionInfo info;
    info.n_streams = std::max(options_.n_streams, 1U);
    info.n_requests = options_.n_requests == 0 ? info.n_streams : options_.n_requests;
    info.n_threads = std::max(options_.n_threads, 1U);
    info.pin_threads = options_.pin_threads == sdk::Toggle::kOn;
    info.hint = options_.hint;
    info.precision = options_.precision;
    return info;
  }
  [[nodiscard]] std::vector<sdk::TensorNode> nodes() const override { return model_.tensor_script().nodes; }
  [[nodiscard]] std::unique_ptr<sdk::TensorRequest> new_request() override {
    model_.faults().hit("request_new");
    return std::make_unique<FakeRequest>(model_);
  }
  [[nodiscard]] nlohmann::json declared_shapes() const override { return options_.shapes; }

 private:
  const FakeTensorModel& model_;  // the SDK keeps it alive
  const sdk::TensorOptions options_;
};

}  // namespace

FakeTensorModel::FakeTensorModel(Script script, const sdk::LoadOptions& options, std::shared_ptr<Devices> devices)
    : script_(std::move(script)),
      latency_scale_(options.extra.value("latency_scale", 1.0)),
      allows_fallback_(options.fallback == sdk::Fallback::kReport),
      faults_(options.extra.value("ignore_faults", false) ? std::vector<FaultRule>() : script_.faults),
      devices_(std::move(devices)),
      weights_(devices_, model_memory(script_, options, split_layers(script_, options, *devices_))) {}

sdk::MemoryItems FakeTensorModel::placement() const {
  faults_.hit("placement");
  return weights_.items();
}

const sdk::TensorPorts& FakeTensorModel::ports() const {
  faults_.hit("info");
  return script_.tensor.ports;
}

std::map<std::string, std::string> FakeTensorModel::metadata() const {
  faults_.hit("metadata");
  auto all = script_.metadata;
  all.try_emplace("general.name", script_.name);
  return all;
}

std::unique_ptr<sdk::TensorSession> FakeTensorModel::new_session(const sdk::TensorOptions& options,
                                                                 const sdk::CallGuard& call) {
  faults_.hit("session_new", call);
  if (!options.preprocess.empty()) throw sdk::Error(HEARTH_UNSUPPORTED, "the fake runtime fuses no pre-processing");
  for (const auto& node : script_.tensor.nodes) {
    if (node.is_fallback && !allows_fallback_)
      throw sdk::Error(HEARTH_UNAVAILABLE, "node '" + node.name + "' (" + node.op + ") runs on " + node.provider +
                                               ", which is not the device that was asked for; allow the fallback");
  }
  return std::make_unique<FakeSession>(*this, options);
}

}  // namespace hearth::fake
