// What is read from each recorded machine, field by field.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/units.h"
#include "probe/recorded_machine.h"

namespace hearth::test {
namespace {

using ::testing::Contains;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

HardwareProfile probe(const std::string& name) {
  auto profile = RecordedMachine(name).probe();
  if (!profile) throw std::runtime_error(to_string(profile.error()));
  return std::move(profile).value();
}

// The value of a fact that must be known and come from `provenance`.
template <class T>
T value(const Known<T>& known, Provenance provenance = Provenance::kSystem) {
  EXPECT_TRUE(known.has_value());
  if (!known) return T();
  EXPECT_EQ(known->provenance, provenance);
  return known->value;
}

const ProfileSensor* sensor(const HardwareProfile& profile, const std::string& kind, const std::string& name) {
  for (const auto& each : profile.sensors)
    if (each.kind == kind && each.name == name) return &each;
  return nullptr;
}

double reading(const HardwareProfile& profile, const std::string& kind, const std::string& name) {
  const auto* found = sensor(profile, kind, name);
  EXPECT_NE(found, nullptr) << kind << " " << name;
  return found != nullptr && found->value ? found->value->value : -1;
}

ProfileCores cores(const char* kind, int count, int threads, double ghz) { return {kind, count, threads, ghz}; }

TEST(RecordedMachine, raspberry_pi_5_is_known_by_its_device_tree_and_memory) {
  const auto p = probe("raspberry-pi-5-8gb");
  EXPECT_EQ(p.id, "pi5-8gb");
  EXPECT_EQ(p.device_class, "single_board");
  EXPECT_EQ(p.preset_class, "raspberry-pi-5");
  EXPECT_EQ(p.architecture, "aarch64");
  EXPECT_EQ(p.os, "linux");
  EXPECT_EQ(value(p.os_version), "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(value(p.kernel), "6.6.51+rpt-rpi-2712");
  EXPECT_EQ(p.virtualisation, "");
  EXPECT_EQ(value(p.cpu.vendor), "ARM");
  EXPECT_EQ(value(p.cpu.model), "Broadcom BCM2712");
  EXPECT_EQ(value(p.cpu.cores), 4);
  EXPECT_EQ(value(p.cpu.threads), 4);
  EXPECT_EQ(value(p.cpu.packages), 1);
  EXPECT_THAT(p.cpu.kinds, ElementsAre(cores("Cortex-A76", 4, 1, 2.4)));
  EXPECT_THAT(value(p.cpu.isa), ElementsAre("aarch64", "neon", "fp16", "dotprod"));
  EXPECT_THAT(p.cpu.caches,
              ElementsAre(ProfileCache{1, "data", 64 * kKiB, 1, 4}, ProfileCache{1, "instruction", 64 * kKiB, 1, 4},
                          ProfileCache{2, "unified", 512 * kKiB, 1, 4}, ProfileCache{3, "unified", 2 * kMiB, 4, 1}));
  EXPECT_EQ(value(p.memory.total_bytes), 8245312 * kKiB);
  EXPECT_EQ(value(p.memory.available_bytes), 7340032 * kKiB);
  EXPECT_EQ(value(p.memory.type, Provenance::kCatalogue), "LPDDR4X-4267");
  EXPECT_EQ(value(p.memory.bus_bandwidth_GBps, Provenance::kCatalogue), 17.1);
  EXPECT_FALSE(p.memory.read_bandwidth_GBps.has_value());
  EXPECT_TRUE(p.unified_memory);
  ASSERT_EQ(p.accelerators.size(), 1U);
  EXPECT_EQ(p.accelerators[0].id, "gpu0");
  EXPECT_EQ(value(p.accelerators[0].name), "VideoCore VII");
  EXPECT_TRUE(p.accelerators[0].unified);
  EXPECT_FALSE(p.accelerators[0].memory_bytes.has_value());
  ASSERT_EQ(p.storage.size(), 1U);
  EXPECT_EQ(p.storage[0].kind, "sd");
  EXPECT_EQ(value(p.storage[0].model), "SN64G");
  EXPECT_EQ(value(p.storage[0].total_bytes), 124735488ULL * 512);
  EXPECT_EQ(reading(p, "temperature", "cpu-thermal"), 52.35);
  EXPECT_EQ(reading(p, "fan", "pwmfan fan1"), 2913);
  EXPECT_EQ(reading(p, "voltage", "rp1_adc in1"), 1.462);
  EXPECT_EQ(reading(p, "throttle", "rpi_volt under-voltage"), 0);
  EXPECT_EQ(reading(p, "throttle", "firmware bits"), 0x50000);
  EXPECT_EQ(p.power.mode, "ondemand");
  EXPECT_FALSE(p.power.battery);
  EXPECT_FALSE(p.power.on_ac.has_value());
  EXPECT_EQ(value(p.power.load_w, Provenance::kCatalogue), 12.0);
  EXPECT_EQ(p.thermal.throttle_c, 80);
  EXPECT_EQ(p.os_reserve_bytes.provenance, Provenance::kCatalogue);
  EXPECT_EQ(p.os_reserve_bytes.value, 644245094U);
  EXPECT_EQ(p.limits.source, "cgroup v2");
  EXPECT_FALSE(p.limits.memory_bytes.has_value());
  EXPECT_FALSE(p.limits.cpu_cores.has_value());
}

TEST(RecordedMachine, jetson_orin_nano_has_its_gpu_from_the_device_tree_and_its_power_mode) {
  const auto p = probe("jetson-orin-nano-8gb");
  EXPECT_EQ(p.id, "jetson-orin-nano-8gb");
  EXPECT_EQ(p.preset_class, "jetson-orin-nano");
  EXPECT_EQ(value(p.cpu.model), "NVIDIA Tegra234");
  EXPECT_THAT(p.cpu.kinds, ElementsAre(cores("Cortex-A78AE", 6, 1, 1.5104)));
  EXPECT_THAT(value(p.cpu.isa), ElementsAre("aarch64", "neon", "fp16", "dotprod"));
  EXPECT_THAT(p.cpu.caches, Contains(ProfileCache{3, "unified", 2 * kMiB, 4, 1}));
  EXPECT_THAT(p.cpu.caches, Contains(ProfileCache{3, "unified", 2 * kMiB, 2, 1}));
  ASSERT_EQ(p.accelerators.size(), 1U);
  const auto& gpu = p.accelerators[0];
  EXPECT_EQ(value(gpu.name), "Jetson Ampere GPU");
  EXPECT_EQ(value(gpu.driver), "L4T R36, REVISION: 4.3");
  EXPECT_EQ(value(gpu.compute_capability, Provenance::kCatalogue), "8.7");
  EXPECT_EQ(gpu.compute.int8_tops, 20);
  EXPECT_THAT(gpu.backends, ElementsAre("cuda", "tensorrt"));
  EXPECT_TRUE(gpu.unified);
  EXPECT_TRUE(p.unified_memory);
  EXPECT_EQ(value(p.memory.bus_bandwidth_GBps, Provenance::kCatalogue), 68.0);
  ASSERT_EQ(p.storage.size(), 1U);  // neither the flash nor the compressed memory
  EXPECT_EQ(p.storage[0].kind, "nvme");
  EXPECT_EQ(reading(p, "power", "ina3221 VDD_IN"), 5.032 * 0.984);
  EXPECT_EQ(reading(p, "fan", "pwm_tach fan1"), 1542);
  EXPECT_EQ(sensor(p, "temperature", "cv0-thermal"), nullptr);  // that part is off
  ASSERT_NE(sensor(p, "power_mode", "nvpmodel"), nullptr);
  EXPECT_EQ(sensor(p, "power_mode", "nvpmodel")->text, "15W");
  EXPECT_EQ(p.power.mode, "15W");
}

TEST(RecordedMachine, nuc_has_three_kinds_of_cores_and_an_npu) {
  const auto p = probe("nuc-14-core-ultra-155h");
  EXPECT_EQ(p.id, "nuc-14-ultra-7-155h-32gb");
  EXPECT_EQ(p.name, "ASUSTeK COMPUTER INC. NUC14RVH-B");
  EXPECT_EQ(value(p.cpu.vendor), "Intel");
  EXPECT_EQ(value(p.cpu.cores), 16);
  EXPECT_EQ(value(p.cpu.threads), 22);
  EXPECT_THAT(p.cpu.kinds, ElementsAre(cores("performance", 6, 2, 4.8), cores("efficiency", 8, 1, 3.8),
                                       cores("low-power efficiency", 2, 1, 2.5)));
  EXPECT_THAT(value(p.cpu.isa), ElementsAre("x86_64", "avx", "avx2", "avx_vnni"));
  EXPECT_THAT(p.cpu.caches, Contains(ProfileCache{3, "unified", 24 * kMiB, 20, 1}));
  ASSERT_EQ(p.accelerators.size(), 2U);
  EXPECT_EQ(value(p.accelerators[0].name), "Intel Arc Graphics");
  EXPECT_EQ(value(p.accelerators[0].driver), "i915");
  EXPECT_TRUE(p.accelerators[0].unified);
  EXPECT_EQ(p.accelerators[0].compute.fp32_tflops, 4.6);
  EXPECT_EQ(p.accelerators[1].id, "npu0");
  EXPECT_EQ(value(p.accelerators[1].name), "Intel NPU");
  EXPECT_EQ(p.accelerators[1].compute.int8_tops, 11);
  EXPECT_THAT(p.accelerators[1].backends, ElementsAre("openvino"));
  EXPECT_EQ(reading(p, "energy", "rapl package-0"), 72837.465011);
  EXPECT_EQ(reading(p, "temperature", "x86_pkg_temp"), 47);
  EXPECT_EQ(reading(p, "throttle", "cpu"), 0);
  EXPECT_EQ(p.power.mode, "balanced");
  EXPECT_EQ(value(p.power.tdp_w, Provenance::kCatalogue), 28);
  EXPECT_FALSE(p.power.idle_w.has_value());  // of the record's own box, not of every one with that chip
  EXPECT_EQ(value(p.memory.bus_bandwidth_GBps, Provenance::kCatalogue), 89.6);
}

TEST(RecordedMachine, laptop_runs_on_its_battery) {
  const auto p = probe("laptop-i7-1360p-on-battery");
  EXPECT_EQ(p.name, "LENOVO ThinkPad X1 Carbon Gen 11");
  EXPECT_EQ(p.device_class, "laptop");
  EXPECT_THAT(p.cpu.kinds, ElementsAre(cores("performance", 4, 2, 5.0), cores("efficiency", 8, 1, 3.7)));
  EXPECT_TRUE(p.power.battery);
  EXPECT_FALSE(value(p.power.on_ac));
  EXPECT_EQ(value(p.power.battery_percent), 63);
  EXPECT_EQ(p.power.mode, "low-power");
  EXPECT_EQ(reading(p, "battery", "BAT0"), 63);
  EXPECT_EQ(reading(p, "power", "BAT0"), 7.421);
  EXPECT_EQ(reading(p, "ac", "AC"), 0);
  EXPECT_EQ(sensor(p, "battery", "hidpp_battery_0"), nullptr);  // a mouse
  EXPECT_EQ(reading(p, "fan", "thinkpad fan1"), 2617);
  EXPECT_EQ(sensor(p, "fan", "thinkpad fan2"), nullptr);  // reads 65535: there is none
  EXPECT_EQ(reading(p, "throttle", "cpu"), 48);
  ASSERT_EQ(p.accelerators.size(), 1U);
  EXPECT_FALSE(p.accelerators[0].name.has_value());  // no list of PCI devices here
}

TEST(RecordedMachine, ryzen_has_a_card_with_its_own_memory_and_graphics_without) {
  const auto p = probe("ryzen-7950x-rx-7900-xtx");
  EXPECT_EQ(p.id, "rx-7900-xtx-desktop");
  EXPECT_EQ(p.name, "ROG STRIX X670E-E GAMING WIFI");
  EXPECT_EQ(value(p.cpu.vendor), "AMD");
  EXPECT_THAT(p.cpu.kinds, ElementsAre(cores("core", 16, 2, 5.881)));
  EXPECT_THAT(value(p.cpu.isa), ElementsAre("x86_64", "avx", "avx2", "avx512", "avx512_vnni", "avx512_bf16"));
  EXPECT_THAT(p.cpu.caches, Contains(ProfileCache{3, "unified", 32 * kMiB, 16, 2}));
  EXPECT_EQ(value(p.memory.type), "DDR5-5600, 2 modules");
  EXPECT_THAT(value(p.memory.bus_bandwidth_GBps, Provenance::kCatalogue), DoubleNear(83.2, 0.01));
  EXPECT_FALSE(p.unified_memory);
  ASSERT_EQ(p.accelerators.size(), 2U);
  const auto& card = p.accelerators[0];
  EXPECT_EQ(value(card.name), "AMD Radeon RX 7900 XTX");
  EXPECT_FALSE(card.unified);
  EXPECT_EQ(value(card.memory_bytes), 25753026560U);
  EXPECT_EQ(value(card.free_bytes), 25753026560U - 1073741824U);
  EXPECT_EQ(value(card.bandwidth_GBps, Provenance::kCatalogue), 960.0);
  EXPECT_THAT(card.backends, Contains("rocm"));
  const auto& inside = p.accelerators[1];
  EXPECT_TRUE(inside.unified);
  EXPECT_FALSE(inside.memory_bytes.has_value());
  EXPECT_EQ(value(inside.max_working_set_bytes), 536870912U + 33314979840U);
  ASSERT_EQ(p.storage.size(), 3U);
  EXPECT_EQ(p.storage[0].kind, "nvme");
  EXPECT_EQ(p.storage[1].kind, "hdd");
  EXPECT_EQ(value(p.storage[1].model), "WDC WD80EFAX-68K");
  EXPECT_EQ(p.storage[2].kind, "usb");
  EXPECT_EQ(reading(p, "power", "amdgpu power1"), 34);
  EXPECT_EQ(reading(p, "fan", "amdgpu fan1"), 0);
  EXPECT_EQ(reading(p, "temperature", "k10temp Tctl"), 44.125);
}

TEST(RecordedMachine, dual_xeon_has_two_nodes_with_distances_and_amx) {
  const auto p = probe("dual-xeon-8480");
  EXPECT_EQ(p.id, "xeon-platinum-8480-2s-512gb");
  EXPECT_EQ(value(p.cpu.packages), 2);
  EXPECT_EQ(value(p.cpu.cores), 112);
  EXPECT_EQ(value(p.cpu.threads), 224);
  EXPECT_THAT(p.cpu.kinds, ElementsAre(cores("core", 112, 2, 3.8)));
  EXPECT_THAT(value(p.cpu.isa), ElementsAre("x86_64", "avx", "avx2", "avx_vnni", "avx512", "avx512_vnni", "avx512_bf16",
                                            "amx_int8", "amx_bf16"));
  EXPECT_THAT(p.cpu.numa, ElementsAre(ProfileNumaNode{0, 263620036 * kKiB, "0-55,112-167", {10, 21}},
                                      ProfileNumaNode{1, 264489184 * kKiB, "56-111,168-223", {21, 10}}));
  EXPECT_THAT(p.cpu.caches, ElementsAre(ProfileCache{3, "unified", 105 * kMiB, 112, 2}));
  EXPECT_EQ(value(p.memory.type), "DDR5 registered");
  EXPECT_EQ(value(p.memory.bus_bandwidth_GBps, Provenance::kCatalogue), 614.4);
  EXPECT_THAT(p.accelerators, IsEmpty());  // the display controller computes nothing
  EXPECT_EQ(reading(p, "energy", "rapl package-1"), 119345.678901);
}

TEST(RecordedMachine, container_has_the_tightest_limit_of_all_groups_above) {
  const auto p = probe("container-cgroup-v2");
  EXPECT_EQ(p.virtualisation, "kubernetes");
  EXPECT_EQ(p.limits.source, "cgroup v2");
  EXPECT_EQ(value(p.limits.cpu_cores), 2.5);
  EXPECT_EQ(value(p.limits.memory_bytes), 6 * kGiB);  // the parent's, below the group's own 8 GiB
  EXPECT_EQ(value(p.limits.swap_bytes), 0U);
  EXPECT_EQ(value(p.memory.total_bytes), 131841148 * kKiB);
  EXPECT_EQ(p.id, "");
  EXPECT_EQ(p.os_reserve_bytes.provenance, Provenance::kAssumed);
  EXPECT_EQ(p.os_reserve_bytes.value, 4 * kGiB);
  EXPECT_THAT(p.storage, IsEmpty());
  EXPECT_THAT(p.sensors, IsEmpty());
  ASSERT_FALSE(p.skipped.empty());
  EXPECT_THAT(p.skipped[0].reason, HasSubstr("no sensor is readable"));
}

TEST(RecordedMachine, container_of_version_1_groups_reads_its_own_mount) {
  const auto p = probe("container-cgroup-v1");
  EXPECT_EQ(p.virtualisation, "docker");
  EXPECT_EQ(p.limits.source, "cgroup v1");
  EXPECT_EQ(value(p.limits.cpu_cores), 1.5);
  EXPECT_EQ(value(p.limits.memory_bytes), 2 * kGiB);
  EXPECT_EQ(value(p.limits.swap_bytes), 1 * kGiB);
  EXPECT_EQ(value(p.cpu.cores), 4);
}

TEST(RecordedMachine, virtual_machine_is_not_taken_for_the_server_it_is_a_part_of) {
  const auto p = probe("kvm-vm-rtx-4090");
  EXPECT_EQ(p.virtualisation, "kvm");
  EXPECT_EQ(p.id, "rtx-4090");
  EXPECT_EQ(p.os_reserve_bytes.provenance, Provenance::kAssumed);  // the record's host is another machine
  EXPECT_FALSE(p.memory.bus_bandwidth_GBps.has_value());
  ASSERT_EQ(p.accelerators.size(), 1U);
  const auto& gpu = p.accelerators[0];
  EXPECT_EQ(gpu.vendor, "nvidia");
  EXPECT_EQ(value(gpu.name), "NVIDIA GeForce RTX 4090");
  EXPECT_EQ(value(gpu.driver), "nvidia 550.127.05");
  EXPECT_EQ(value(gpu.memory_bytes, Provenance::kCatalogue), 24 * kGiB);
  EXPECT_FALSE(gpu.free_bytes.has_value());
  EXPECT_EQ(value(gpu.bandwidth_GBps, Provenance::kCatalogue), 1008.0);
  EXPECT_EQ(value(gpu.compute_capability, Provenance::kCatalogue), "8.9");
  EXPECT_FALSE(p.unified_memory);
  ASSERT_EQ(p.storage.size(), 1U);
  EXPECT_EQ(p.storage[0].kind, "virtual");
}

TEST(RecordedMachine, big_and_little_cores_are_told_apart_fastest_first) {
  const auto p = probe("rock-5b-16gb");
  EXPECT_EQ(p.id, "rock-5b-16gb");
  EXPECT_EQ(value(p.cpu.model), "Rockchip RK3588");
  EXPECT_THAT(p.cpu.kinds, ElementsAre(cores("Cortex-A76", 4, 1, 2.4), cores("Cortex-A55", 4, 1, 1.8)));
  ASSERT_EQ(p.accelerators.size(), 2U);
  EXPECT_EQ(value(p.accelerators[0].name), "Mali-G610");
  EXPECT_EQ(p.accelerators[1].id, "tpu0");
  EXPECT_EQ(value(p.accelerators[1].name), "Edge TPU");
  ASSERT_EQ(p.storage.size(), 1U);
  EXPECT_EQ(p.storage[0].kind, "emmc");
}

}  // namespace
}  // namespace hearth::test
