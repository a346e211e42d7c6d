#include "app/plan_verification_tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "app/ledger_conditions.h"
#include "metrics/ledger_summary.h"

namespace hearth {
namespace {

constexpr int kWarmUpRuns = 3;
constexpr double kSampleSecondsMin = 0.5;  // a sample is the median of the runs that fit in here
constexpr int kRunsPerSampleMax = 2000;

class TensorMeasuring {
 public:
  TensorMeasuring(const TensorHostParts& parts, const MeasuringOptions& options, const CallBounds& bounds)
      : parts_(parts), options_(options), bounds_(bounds) {}

  Result<MeasuredChoice> run(const PlanChoice& choice, const std::filesystem::path& file) {
    HEARTH_TRY(load(choice, file));
    HEARTH_TRY(latency());
    HEARTH_TRY(memory());
    out_.runtime_version = lane_->facts().runtime_version;
    const TensorSessionInfo& session = lane_->facts().session;
    out_.settings = {{"streams", std::to_string(session.n_streams)},
                     {"threads", std::to_string(session.n_threads)},
                     {"precision", session.precision},
                     {"device", session.device}};
    lane_.reset();
    return std::move(out_);
  }

 private:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(parts_.session.clock.now().time_since_epoch()).count();
  }

  Status load(const PlanChoice& choice, const std::filesystem::path& file) {
    if (options_.on_progress) options_.on_progress("loading");
    TensorModelSettings settings;
    settings.name = kModel;
    settings.reference = file.string();
    settings.runtime = choice.runtime;
    settings.load.n_threads = choice.settings.threads > 0 ? static_cast<std::uint32_t>(choice.settings.threads) : 0;
    std::vector<TensorModelSettings> models;
    models.push_back(std::move(settings));
    HEARTH_ASSIGN(host, TensorHost::create(parts_, std::move(models)));
    host_ = std::move(host);
    watch_.start({});
    const double start = seconds();
    HEARTH_ASSIGN(lane, host_->engine().borrow(kModel, bounds_));
    lane_ = std::move(lane);
    const double took_ms = (seconds() - start) * 1000;
    const auto seen = watch_.stop(workers());
    add("load_ms", "ms", {took_ms}, &seen);
    return {};
  }

  [[nodiscard]] std::vector<int> workers() const {
    const int pid = host_->models().worker_pid(kModel);
    return pid == 0 ? std::vector<int>() : std::vector<int>{pid};
  }

  Status latency() {
    std::vector<Shape> shapes;
    for (const auto& spec : lane_->facts().ports.inputs) {
      Shape shape = spec.shape;
      if (shape.rank() > 0 && shape[0] == Shape::kDynamic) shape[0] = 1;
      if (!shape.is_static())
        return fail(ErrorCode::kUnsupported,
                    fmt::format("the input '{}' leaves its size open: {}", spec.name, spec.shape.text()),
                    "measure it with `hearth run detect --resolution`");
      shapes.push_back(shape);
    }
    HEARTH_ASSIGN(inputs, lane_->inputs(shapes));  // zeroed by the runtime
    (void)inputs;
    for (int i = 0; i < kWarmUpRuns; ++i) HEARTH_TRY(once());
    if (options_.on_progress) options_.on_progress("running");
    VerifyMeasurement latency{.metric = "latency_ms", .unit = "ms"};
    VerifyMeasurement fps{.metric = "fps", .unit = "1/s"};
    for (std::uint32_t taken = 0; taken < 2 * options_.repeats && latency.samples.size() < options_.repeats; ++taken)
      HEARTH_TRY(sample(latency, fps));
    out_.measurements.push_back(std::move(latency));
    out_.measurements.push_back(std::move(fps));
    return {};
  }

  Status sample(VerifyMeasurement& latency, VerifyMeasurement& fps) {
    std::vector<double> times_ms;
    watch_.start(workers());
    const double begun = seconds();
    while (times_ms.empty() || (seconds() - begun < kSampleSecondsMin && times_ms.size() < kRunsPerSampleMax)) {
      const double start = seconds();
      HEARTH_TRY(once());
      times_ms.push_back((seconds() - start) * 1000);
    }
    const double wall_s = seconds() - begun;
    const auto seen = watch_.stop(workers());
    const double n = static_cast<double>(times_ms.size());
    keep(latency, median_of(std::move(times_ms)), seen);
    keep(fps, n / wall_s, seen);
    return {};
  }

  Status once() {
    HEARTH_ASSIGN(outputs, lane_->run(bounds_));
    (void)outputs;
    return {};
  }

  Status memory() {
    HEARTH_ASSIGN(facts, host_->residents().facts(kModel));
    const MemoryBreakdown held{facts.placement};
    for (const auto& [component, bytes] : held.by_component())
      add(component + "_bytes", "bytes", {static_cast<double>(bytes)}, nullptr);
    add("reserved_bytes", "bytes", {static_cast<double>(held.total_bytes())}, nullptr);
    return {};
  }

  static void keep(VerifyMeasurement& into, double value, const ObservedConditions& seen) {
    (seen.disturbed ? into.disturbed_samples : into.samples).push_back(value);
    into.conditions = seen.conditions;
    if (seen.disturbed) into.disturbance = seen.disturbance;
  }

  void add(std::string metric, std::string unit, std::vector<double> values, const ObservedConditions* seen) {
    VerifyMeasurement one{.metric = std::move(metric), .unit = std::move(unit)};
    if (seen != nullptr)
      for (const double value : values) keep(one, value, *seen);
    else
      one.samples = std::move(values);
    out_.measurements.push_back(std::move(one));
  }

  static constexpr const char* kModel = "verified";
  const TensorHostParts& parts_;
  const MeasuringOptions& options_;
  const CallBounds& bounds_;
  ConditionsWatch watch_;
  std::unique_ptr<TensorHost> host_;
  std::unique_ptr<TensorLane> lane_;  // the host's engine's: goes first
  MeasuredChoice out_;
};

}  // namespace

bool runs_tensors(const PlanChoice& choice, RuntimeRegistry& registry) {
  const auto runtime = registry.open(choice.runtime, Transport::kInProcess);
  if (!runtime) return false;
  const auto info = (*runtime)->describe();
  return info && std::ranges::find(info->capabilities, HEARTH_CAP_TENSOR) != info->capabilities.end();
}

Result<MeasuredChoice> measure_tensor_choice(const TensorHostParts& parts, const PlanChoice& choice,
                                             const std::filesystem::path& file, const MeasuringOptions& options,
                                             const CallBounds& bounds) {
  return TensorMeasuring(parts, options, bounds).run(choice, file);
}

}  // namespace hearth
