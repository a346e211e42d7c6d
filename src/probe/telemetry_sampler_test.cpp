#include "probe/telemetry_sampler.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

namespace hearth {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

class TelemetrySamplerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("hearth-telemetry-" + std::to_string(std::random_device{}()));
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }
  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  [[nodiscard]] TelemetrySampler sampler(TelemetryOptions options = {}) const {
    return TelemetrySampler(SystemTree(root_), std::move(options));
  }
  static std::chrono::steady_clock::time_point at(int s) { return std::chrono::steady_clock::time_point(seconds(s)); }
  fs::path root_;
};

TEST_F(TelemetrySamplerTest, a_machine_that_tells_nothing_has_empty_samples) {
  auto one = sampler();
  const auto sample = one.sample(at(1));
  EXPECT_FALSE(sample.temperature_c || sample.throttle_c || sample.throttle_events || sample.clock_share);
  EXPECT_FALSE(sample.power_w || sample.battery_percent || sample.on_ac || sample.memory_total_bytes);
  EXPECT_FALSE(sample.memory_stall_percent || sample.out_of_memory_events || sample.cpu_share);
}

TEST_F(TelemetrySamplerTest, reads_what_has_changed_since) {
  write("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n");
  write("sys/class/thermal/thermal_zone0/temp", "50100\n");
  auto one = sampler();
  EXPECT_DOUBLE_EQ(one.sample(at(1)).temperature_c.value(), 50.1);
  write("sys/class/thermal/thermal_zone0/temp", "61200\n");
  EXPECT_DOUBLE_EQ(one.sample(at(2)).temperature_c.value(), 61.2);
}

TEST_F(TelemetrySamplerTest, the_zone_nearest_to_its_own_limit_counts_and_not_the_hottest) {
  write("sys/class/thermal/thermal_zone0/type", "gpu-thermal\n");
  write("sys/class/thermal/thermal_zone0/temp", "80000\n");
  write("sys/class/thermal/thermal_zone0/trip_point_0_type", "passive\n");
  write("sys/class/thermal/thermal_zone0/trip_point_0_temp", "99000\n");
  write("sys/class/thermal/thermal_zone1/type", "soc-thermal\n");
  write("sys/class/thermal/thermal_zone1/temp", "75000\n");
  write("sys/class/thermal/thermal_zone1/trip_point_0_type", "critical\n");
  write("sys/class/thermal/thermal_zone1/trip_point_0_temp", "70000\n");
  write("sys/class/thermal/thermal_zone1/trip_point_1_type", "passive\n");
  write("sys/class/thermal/thermal_zone1/trip_point_1_temp", "85000\n");
  const auto sample = sampler().sample(at(1));
  EXPECT_EQ(sample.temperature_c, 75.0);
  EXPECT_EQ(sample.throttle_c, 85.0);
}

TEST_F(TelemetrySamplerTest, where_the_driver_tells_no_limit_the_catalogues_counts) {
  write("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n");
  write("sys/class/thermal/thermal_zone0/temp", "50000\n");
  EXPECT_FALSE(sampler().sample(at(1)).throttle_c);
  EXPECT_EQ(sampler({{}, 80.0}).sample(at(1)).throttle_c, 80.0);
}

TEST_F(TelemetrySamplerTest, radios_drives_and_disconnected_inputs_are_no_temperatures_of_the_machine) {
  write("sys/class/thermal/thermal_zone0/type", "iwlwifi_1\n");
  write("sys/class/thermal/thermal_zone0/temp", "70000\n");
  write("sys/class/thermal/thermal_zone1/type", "cpu-thermal\n");
  write("sys/class/thermal/thermal_zone1/temp", "-256000\n");
  write("sys/class/hwmon/hwmon0/name", "nvme\n");
  write("sys/class/hwmon/hwmon0/temp1_input", "60000\n");
  EXPECT_FALSE(sampler().sample(at(1)).temperature_c);
}

TEST_F(TelemetrySamplerTest, power_is_the_energy_between_two_samples_over_a_counter_that_wraps) {
  write("sys/class/powercap/intel-rapl:0/name", "package-0\n");
  write("sys/class/powercap/intel-rapl:0/max_energy_range_uj", "100000000\n");
  write("sys/class/powercap/intel-rapl:0/energy_uj", "90000000\n");
  write("sys/class/powercap/intel-rapl:0:0/name", "core\n");
  write("sys/class/powercap/intel-rapl:0:0/energy_uj", "1\n");
  auto one = sampler();
  EXPECT_FALSE(one.sample(at(0)).power_w);
  write("sys/class/powercap/intel-rapl:0/energy_uj", "10000000\n");
  EXPECT_NEAR(one.sample(at(2)).power_w.value(), 10.0, 1e-9);
}

TEST_F(TelemetrySamplerTest, a_discharging_battery_tells_the_power_of_the_whole_machine) {
  write("sys/class/power_supply/BAT0/type", "Battery\n");
  write("sys/class/power_supply/BAT0/capacity", "63\n");
  write("sys/class/power_supply/BAT0/status", "Discharging\n");
  write("sys/class/power_supply/BAT0/voltage_now", "11000000\n");
  write("sys/class/power_supply/BAT0/current_now", "2000000\n");
  auto one = sampler();
  auto sample = one.sample(at(0));
  EXPECT_EQ(sample.battery_percent, 63.0);
  EXPECT_EQ(sample.on_ac, false) << "no charger is told of";
  EXPECT_NEAR(sample.power_w.value(), 22.0, 1e-9);
  write("sys/class/power_supply/BAT0/status", "Charging\n");
  sample = one.sample(at(1));
  EXPECT_EQ(sample.on_ac, true);
  EXPECT_FALSE(sample.power_w);
}

TEST_F(TelemetrySamplerTest, throttling_of_the_pi_counts_each_time_it_begins) {
  const std::string bits = "sys/devices/platform/soc/soc:firmware/get_throttled";
  write(bits, "50000\n");
  auto one = sampler();
  EXPECT_EQ(one.sample(at(0)).throttle_events, 0U) << "since the start of the machine, and not now";
  write(bits, "50004\n");
  EXPECT_EQ(one.sample(at(1)).throttle_events, 1U);
  EXPECT_EQ(one.sample(at(2)).throttle_events, 1U);
  write(bits, "50000\n");
  EXPECT_EQ(one.sample(at(3)).throttle_events, 1U);
  write(bits, "50008\n");
  EXPECT_EQ(one.sample(at(4)).throttle_events, 2U);
}

TEST_F(TelemetrySamplerTest, control_groups_of_both_versions_tell_of_allocations_that_failed) {
  write("proc/self/cgroup", "0::/user/app\n");
  write("sys/fs/cgroup/user/app/memory.events", "low 0\nhigh 0\nmax 900\noom 2\noom_kill 1\noom_group_kill 0\n");
  write("sys/fs/cgroup/user/app/memory.pressure", "some avg10=12.50 avg60=3.00 avg300=1.00 total=7\nfull avg10=1.00\n");
  write("proc/pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
  auto sample = sampler().sample(at(0));
  EXPECT_EQ(sample.out_of_memory_events, 3U) << "reaching the limit alone is no failure";
  EXPECT_EQ(sample.memory_stall_percent, 12.5) << "the container's own";
  write("proc/self/cgroup", "5:memory:/app\n0::/\n");
  write("sys/fs/cgroup/memory/app/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n");
  EXPECT_EQ(sampler().sample(at(0)).out_of_memory_events, 4U);
}

TEST_F(TelemetrySamplerTest, memory_is_the_containers_where_it_is_tighter) {
  write("proc/meminfo", "MemTotal:  8388608 kB\nMemAvailable:  6291456 kB\nSwapTotal:  1000 kB\nSwapFree:  400 kB\n");
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/memory.max", "1073741824\n");
  write("sys/fs/cgroup/memory.current", "1000000000\n");
  const auto sample = sampler().sample(at(0));
  EXPECT_EQ(sample.memory_total_bytes, 1073741824U);
  EXPECT_EQ(sample.memory_available_bytes, 73741824U);
  EXPECT_EQ(sample.swap_used_bytes, 600U * 1024);
}

TEST_F(TelemetrySamplerTest, the_processors_share_is_that_between_two_samples) {
  write("proc/stat", "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1 2 3\n");
  auto one = sampler();
  EXPECT_FALSE(one.sample(at(0)).cpu_share);
  write("proc/stat", "cpu  150 0 125 900 25 0 0 0 0 0\ncpu0 1 2 3\n");
  EXPECT_NEAR(one.sample(at(1)).cpu_share.value(), 75.0 / 200, 1e-9);
}

TEST_F(TelemetrySamplerTest, a_battery_that_is_put_in_is_found_within_a_minute) {
  auto one = sampler();
  EXPECT_FALSE(one.sample(at(0)).battery_percent);
  write("sys/class/power_supply/BAT1/type", "Battery\n");
  write("sys/class/power_supply/BAT1/capacity", "40\n");
  EXPECT_FALSE(one.sample(at(59)).battery_percent);
  EXPECT_EQ(one.sample(at(61)).battery_percent, 40.0);
}

TEST_F(TelemetrySamplerTest, text_that_is_no_number_is_no_reading) {
  write("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n");
  write("sys/class/thermal/thermal_zone0/temp", "50000\n");
  write("proc/stat", "cpu  99999999999999999999999 x\n");
  write("proc/pressure/memory", "some avg10=\n");
  auto one = sampler();
  write("sys/class/thermal/thermal_zone0/temp", "N/A\n");
  const auto sample = one.sample(at(0));
  EXPECT_FALSE(sample.temperature_c || sample.cpu_share || sample.memory_stall_percent);
}

}  // namespace
}  // namespace hearth
