#include "plan/execution_target.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "base/contains.h"

namespace hearth {
namespace {

// The words of runtime records for what a device record calls its programming interfaces.
std::vector<std::string> runtime_words(const ProfileAccelerator& device) {
  std::vector<std::string> out;
  for (const auto& backend : device.backends) {
    if (backend == "openvino") {
      out.push_back(device.kind == "npu" ? "intel_npu" : "intel_gpu");
    } else if (backend == "coreml") {
      out.push_back(device.kind == "npu" ? "ane" : "metal");
    } else if (backend == "tensorrt") {
      out.push_back(device.kind == "dla" ? "dla" : "cuda");
    } else if (backend == "qnn") {
      out.emplace_back("qnn_npu");
    } else if (backend == "xdna") {
      out.emplace_back("xdna_npu");
    } else if (backend == "hailort") {
      out.emplace_back("hailo");
    } else {
      out.push_back(backend);
    }
  }
  return out;
}

bool computes(const ProfileAccelerator& device) {
  const auto& c = device.compute;
  return c.fp32_tflops || c.fp16_tflops || c.bf16_tflops || c.int8_tops || c.int4_tops || c.int8_sparse_tops;
}

bool is_present(const PlanInputs& inputs, const std::string& id) {
  return std::any_of(inputs.installed.begin(), inputs.installed.end(),
                     [&](const auto& one) { return one.id == id && one.present; });
}

double lanes_per_cycle(const std::vector<std::string>& isa) {
  if (std::any_of(isa.begin(), isa.end(), [](const auto& word) { return word.rfind("avx512", 0) == 0; })) return 64.0;
  if (contains(isa, "avx2")) return 32.0;
  if (contains(isa, "fp16") || contains(isa, "asimdhp")) return 32.0;
  return 16.0;
}

class TargetFinder {
 public:
  TargetFinder(const PlanInputs& inputs, const HardwareProfile& machine, const PoolLedger& ledger)
      : inputs_(inputs), machine_(machine), ledger_(ledger) {}

  TargetSet find() {
    for (const auto& device : machine_.accelerators)
      if (!computes(device))
        set_.left_out.push_back(fmt::format("{} ({}): its arithmetic rate is unknown, so nothing is planned on it",
                                            device.name ? device.name->value : device.kind, device.id));
    for (const auto& runtime : inputs_.catalog.runtimes) {
      if (runtime.kind != "engine") continue;
      for (const auto& support : runtime.support)
        if (contains(support.os, machine_.os)) add_devices(runtime, support);
    }
    drop_detours();
    return std::move(set_);
  }

 private:
  // A runtime that speaks a device's own interface has no use for a general one on the same device.
  void drop_detours() {
    const auto own = [](const std::string& backend) { return backend == "cuda" || backend == "metal"; };
    const auto general = [](const std::string& backend) {
      return backend == "vulkan" || backend == "opencl" || backend == "directml";
    };
    const std::vector<ExecutionTarget> all = set_.targets;
    std::erase_if(set_.targets, [&](const ExecutionTarget& t) {
      return general(t.backend) && std::any_of(all.begin(), all.end(), [&](const ExecutionTarget& other) {
               return other.runtime == t.runtime && other.accelerator == t.accelerator && own(other.backend);
             });
    });
  }

  void add_devices(const CatalogRuntime& runtime, const CatalogSupport& support) {
    for (const auto& backend : support.devices) {
      if (backend == "cpu" || backend == "wasm") {
        if (machine_.cpu.cores || machine_.cpu.threads || backend == "wasm") add(runtime, support, backend, nullptr);
        continue;
      }
      const ProfileAccelerator* first = nullptr;
      for (const auto& device : machine_.accelerators) {
        if (!computes(device) || !contains(runtime_words(device), backend)) continue;
        if (first) {
          set_.targets.back().alike.push_back(&device);
        } else {
          add(runtime, support, backend, &device);
          first = &device;
        }
      }
    }
  }

  void add(const CatalogRuntime& runtime, const CatalogSupport& support, const std::string& backend,
           const ProfileAccelerator* device) {
    ExecutionTarget target;
    target.runtime = &runtime;
    target.support = &support;
    target.backend = backend;
    target.accelerator = device;
    if (device) {
      target.pool = ledger_.pool_of(*device);
      target.bound = ledger_.bound_of(*device);
    }
    target.present = is_present(inputs_, runtime.id);
    set_.targets.push_back(std::move(target));
  }

  const PlanInputs& inputs_;
  const HardwareProfile& machine_;
  const PoolLedger& ledger_;
  TargetSet set_;
};

}  // namespace

TargetSet execution_targets(const PlanInputs& inputs, const HardwareProfile& machine, const PoolLedger& ledger) {
  return TargetFinder(inputs, machine, ledger).find();
}

bool computes_in(const ExecutionTarget& target, const CatalogPrecision& precision) {
  double needed = 0;
  if (precision.id == "nvfp4") needed = 10.0;
  if (precision.id.rfind("fp8", 0) == 0) needed = 8.9;
  if (needed == 0) return true;
  if (!target.accelerator || target.backend != "cuda" || !target.accelerator->compute_capability) return false;
  return std::strtod(target.accelerator->compute_capability->value.c_str(), nullptr) >= needed;
}

std::string format_for(const ExecutionTarget& target, const CatalogPrecision& precision, const CatalogModel& model) {
  for (const auto& format : target.support->formats)
    if (contains(model.formats, format) && (precision.formats.empty() || contains(precision.formats, format)))
      return format;
  return "";
}

std::optional<double> compute_tflops(const HardwareProfile& machine, const ProfileAccelerator* device) {
  if (device) {
    const auto& c = device->compute;
    // sparse rates are sold as twice the dense ones
    std::optional<double> int8 = c.int8_tops;
    if (!int8 && c.int8_sparse_tops) int8 = *c.int8_sparse_tops / 2.0;
    if (device->kind != "gpu" && int8) return *int8 / 2.0;
    if (c.fp16_tflops) return *c.fp16_tflops;
    if (c.bf16_tflops) return *c.bf16_tflops;
    if (c.fp32_tflops) return *c.fp32_tflops;
    if (int8) return *int8 / 2.0;
    return std::nullopt;
  }
  constexpr double kUsualGhz = 2.0;  // where neither the system nor the record tells the clock
  const std::vector<std::string> none;
  const double lanes = lanes_per_cycle(machine.cpu.isa ? machine.cpu.isa->value : none);
  double gflops = 0;
  for (const auto& kind : machine.cpu.kinds) gflops += kind.count * kind.max_ghz.value_or(kUsualGhz) * lanes;
  if (gflops == 0 && machine.cpu.cores) gflops = machine.cpu.cores->value * kUsualGhz * lanes;
  double share = 1.0;
  if (machine.limits.cpu_cores && machine.cpu.threads && machine.cpu.threads->value > 0)
    share = std::min(1.0, machine.limits.cpu_cores->value / machine.cpu.threads->value);
  if (gflops == 0) return std::nullopt;
  return gflops * share / 1000.0;
}

}  // namespace hearth
