// What the sampler reads of each recorded machine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/recorded_machine.h"
#include "probe/telemetry_sampler.h"

namespace hearth::test {
namespace {

TelemetrySample sample_of(const std::string& name, const Distort& distort = nullptr) {
  const RecordedMachine machine(name, distort);
  TelemetrySampler sampler(SystemTree(machine.root()), {});
  return sampler.sample({});
}

TEST(Telemetry, of_a_raspberry_pi) {
  const auto s = sample_of("raspberry-pi-5-8gb");
  EXPECT_EQ(s.temperature_c, 52.35);
  EXPECT_EQ(s.throttle_events, 0U);
  EXPECT_FALSE(s.power_w || s.battery_percent);
  EXPECT_EQ(s.memory_total_bytes, 8245312ULL * 1024);
}

TEST(Telemetry, of_a_jetson_with_its_rails) {
  const auto s = sample_of("jetson-orin-nano-8gb");
  EXPECT_EQ(s.temperature_c, 48.187);
  EXPECT_NEAR(s.power_w.value(), 5.032 * 0.984, 1e-9);
}

TEST(Telemetry, of_a_laptop_on_battery) {
  const auto s = sample_of("laptop-i7-1360p-on-battery");
  EXPECT_EQ(s.temperature_c, 61.0);
  EXPECT_EQ(s.battery_percent, 63.0);
  EXPECT_EQ(s.on_ac, false);
  EXPECT_NEAR(s.power_w.value(), 7.421, 1e-9);
  EXPECT_GT(s.throttle_events.value(), 0U);
}

TEST(Telemetry, of_a_desktop_with_a_graphics_card) {
  const auto s = sample_of("ryzen-7950x-rx-7900-xtx");
  EXPECT_EQ(s.temperature_c, 44.125);
  EXPECT_NEAR(s.power_w.value(), 34.0, 1e-9) << "the card's; the processor's needs a second sample";
}

TEST(Telemetry, of_every_machine_holds_only_what_can_be) {
  for (const auto& name : recorded_machines()) {
    const auto s = sample_of(name);
    EXPECT_TRUE(s.memory_total_bytes.has_value()) << name;
    EXPECT_LE(s.memory_available_bytes.value_or(0), s.memory_total_bytes.value_or(0)) << name;
    if (s.temperature_c) EXPECT_TRUE(*s.temperature_c > 0 && *s.temperature_c < 120) << name;
    if (s.clock_share) EXPECT_TRUE(*s.clock_share > 0 && *s.clock_share <= 1) << name;
  }
}

TEST(Telemetry, of_a_machine_whose_files_hold_garbage_is_empty_and_nothing_fails) {
  for (const auto& name : recorded_machines()) {
    const auto s = sample_of(name, [](const std::string& path, const std::string& content) {
      return path.ends_with("/type") || path.ends_with("/name") ? content : std::string("\xff\x01 garbage");
    });
    EXPECT_FALSE(s.temperature_c || s.power_w || s.battery_percent || s.memory_total_bytes) << name;
  }
}

}  // namespace
}  // namespace hearth::test
