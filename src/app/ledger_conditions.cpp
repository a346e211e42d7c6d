#include "app/ledger_conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "domain/hardware_profile.h"
#include "probe/device_state_reader.h"

namespace hearth {
namespace {

constexpr double kOtherShareMax = 0.05;
constexpr std::int64_t kTicksMin = 20;  // the clock ticks in hundredths of a second: fewer tell nothing

std::vector<std::int64_t> integers_of(const std::string& text) {
  std::vector<std::int64_t> numbers;
  for (const auto& word : split_text(text, ' '))
    if (const auto number = leading_integer(word)) numbers.push_back(*number);
  return numbers;
}

// Source: proc(5), /proc/[pid]/stat: fields 14 and 15, utime and stime. The name before them may hold anything but ends
// at the last ')'.
std::optional<std::int64_t> process_ticks(const SystemTree& tree, int pid) {
  const auto text = tree.text(fmt::format("proc/{}/stat", pid == 0 ? std::string("self") : std::to_string(pid)));
  const auto end = text ? text->rfind(") ") : std::string::npos;
  if (end == std::string::npos || end + 4 > text->size()) return std::nullopt;
  const auto numbers = integers_of(text->substr(end + 4));  // behind the letter of the state: from field 4 on
  if (numbers.size() < 12) return std::nullopt;
  return numbers[10] + numbers[11];
}

std::optional<double> load_average(const SystemTree& tree) {
  const auto text = tree.text("proc/loadavg");
  if (!text) return std::nullopt;
  char* end = nullptr;
  const double load = std::strtod(text->c_str(), &end);
  return end == text->c_str() ? std::nullopt : std::optional(load);
}

std::optional<double> sensor_value(const std::vector<ProfileSensor>& sensors, const char* kind, bool sum) {
  std::optional<double> value;
  for (const auto& sensor : sensors) {
    if (sensor.kind != kind || !sensor.value) continue;
    const double one = sensor.value->value;
    value = !value ? one : sum ? *value + one : std::max(*value, one);
  }
  return value;
}

std::vector<ProfileSensor> sensors_of(const SystemTree& tree) {
  std::vector<ProfileSensor> sensors;
  read_sensors(tree, sensors);
  return sensors;
}

}  // namespace

// Source: proc(5), /proc/stat: user nice system idle iowait irq softirq steal; guests are part of user and nice. Time
// that the hypervisor gave to others was taken from us too.
ConditionsWatch::CpuTime ConditionsWatch::read_cpu(const std::vector<int>& workers) const {
  CpuTime time;
  const auto text = tree_.text("proc/stat");
  if (text && text->starts_with("cpu ")) {
    auto numbers = integers_of(text->substr(4, text->find('\n')));
    numbers.resize(8);
    const std::int64_t idle = numbers[3] + numbers[4];
    std::int64_t all = 0;
    for (const auto number : numbers) all += number;
    time.all = all;
    time.busy = all - idle;
  }
  if (const auto own = process_ticks(tree_, 0)) time.own[0] = *own;
  for (const int pid : workers)
    if (const auto ticks = process_ticks(tree_, pid)) time.own[pid] = *ticks;
  return time;
}

std::optional<double> ConditionsWatch::other_share(const CpuTime& now) const {
  if (!now.all || !cpu_.all || now.own.empty()) return std::nullopt;
  const auto all = *now.all - *cpu_.all;
  if (all < kTicksMin) return std::nullopt;
  auto others = *now.busy - *cpu_.busy;
  for (const auto& [pid, ticks] : now.own) {
    const auto before = cpu_.own.find(pid);
    others -= ticks - (before == cpu_.own.end() ? 0 : before->second);
  }
  return std::clamp(static_cast<double>(others) / static_cast<double>(all), 0.0, 1.0);
}

void ConditionsWatch::start(const std::vector<int>& workers) {
  load_ = load_average(tree_);
  throttled_ = sensor_value(sensors_of(tree_), "throttle", true);
  cpu_ = read_cpu(workers);
}

ObservedConditions ConditionsWatch::stop(const std::vector<int>& workers) const {
  ObservedConditions out;
  out.conditions.other_cpu_share = other_share(read_cpu(workers));
  const auto sensors = sensors_of(tree_);
  out.conditions.temperature_c = sensor_value(sensors, "temperature", false);
  out.conditions.load = load_;
  out.conditions.load_after = load_average(tree_);
  const auto power = read_power(tree_);
  if (power.on_ac) out.conditions.power = power.on_ac->value ? "ac" : "battery";
  const auto throttled = sensor_value(sensors, "throttle", true);
  if (throttled && throttled_ && *throttled > *throttled_) {
    out.disturbed = true;
    out.disturbance = "the processor was throttled meanwhile";
  } else if (const auto share = out.conditions.other_cpu_share; share && *share > kOtherShareMax) {
    out.disturbed = true;
    out.disturbance = fmt::format("other programs took {:.0f} % of the processors' time meanwhile", *share * 100);
  }
  return out;
}

}  // namespace hearth
