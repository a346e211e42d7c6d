#include "planning.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "plan/device_profile.h"
#include "plan/request_words.h"
#include "support/paths.h"

namespace hearth::test {
namespace {

constexpr std::string_view kPlainDesktop = "ryzen-9-7950x-64gb";

template <class T>
T or_abort(Result<T> result) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "the shipped data can't be used: %s\n", result.error().message.c_str());
  std::abort();
}

std::filesystem::path data_folder() { return test::source_dir() / "data"; }

}  // namespace

const Catalog& shipped_catalog() {
  static const Catalog catalog = or_abort(load_catalog(data_folder()));
  return catalog;
}

const SpeedModel& shipped_speeds() {
  static const SpeedModel speeds = or_abort(load_speed_model(data_folder()));
  return speeds;
}

PlanInputs shipped_inputs() {
  const Catalog& c = shipped_catalog();
  PlanInputs inputs;
  inputs.catalog = {c.devices(), c.models(), c.runtimes(), c.precisions(), c.presets(), c.slos()};
  inputs.speed = &shipped_speeds();
  return inputs;
}

HardwareProfile machine_called(std::string_view device) {
  return profile_of(*or_abort(shipped_catalog().device(device == "probe" ? kPlainDesktop : device)));
}

Result<Plan> plan_words(std::string_view words, PlanRequest flags) {
  const PlanInputs inputs = shipped_inputs();
  HEARTH_ASSIGN(understanding, read_request_words(words, flags, inputs.catalog));
  HEARTH_TRY(complete_request(understanding, inputs.catalog));
  return make_plan(inputs, machine_called(understanding.request.device), understanding);
}

Result<Plan> plan_on(const HardwareProfile& machine, const PlanRequest& request) {
  const PlanInputs inputs = shipped_inputs();
  PlanUnderstanding understanding;
  understanding.request = request;
  HEARTH_TRY(complete_request(understanding, inputs.catalog));
  return make_plan(inputs, machine, understanding);
}

Result<Plan> plan_request(const PlanRequest& request) { return plan_on(machine_called(request.device), request); }

}  // namespace hearth::test
