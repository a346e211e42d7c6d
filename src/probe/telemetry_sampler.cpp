#include "probe/telemetry_sampler.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "platform/disk.h"
#include "platform/system_memory.h"

namespace hearth {
namespace {

constexpr std::chrono::seconds kSearchEvery{60};
constexpr double kHottest_c = 150, kColdest_c = -40;  // outside: an input that isn't connected

// Bits of the Pi's firmware: 1 the clock is capped, 2 throttled, 3 the soft limit of temperature is in force. Source:
// Raspberry Pi documentation, vcgencmd get_throttled.
constexpr std::int64_t kFirmwareSlow = 0b1110;

// The number behind `word` at the start of a line.
std::optional<double> number_after(std::string_view text, std::string_view word) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.starts_with(word)) continue;
    line.remove_prefix(word.size());
    const auto digits = line.find_first_of("0123456789");
    if (digits == std::string_view::npos) return std::nullopt;
    double value = 0;
    const auto parsed = std::from_chars(line.data() + digits, line.data() + line.size(), value);
    return parsed.ec == std::errc() ? std::optional(value) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::int64_t> firmware_bits(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  std::int64_t bits = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), bits, 16);
  return parsed.ec == std::errc() ? std::optional(bits) : std::nullopt;
}

}  // namespace

TelemetrySampler::TelemetrySampler(SystemTree tree, TelemetryOptions options)
    : tree_(std::move(tree)), options_(std::move(options)) {
  discover();
}

TelemetrySample TelemetrySampler::sample(std::chrono::steady_clock::time_point at) {
  if (!discovered_) discovered_ = at;
  if (at - *discovered_ >= kSearchEvery) {
    discover();
    discovered_ = at;
  }
  TelemetrySample sample;
  sample.at = at;
  read_temperature(sample);
  read_throttling(sample);
  for (auto& [file, highest_khz] : clocks_)
    if (const auto khz = file.integer(); khz && *khz > 0)
      sample.clock_share =
          std::max(sample.clock_share.value_or(0), std::min(1.0, static_cast<double>(*khz) / highest_khz));
  read_supplies(sample);
  read_power(sample);
  read_memory(sample);
  read_processor(sample);
  if (!options_.disk_folder.empty())
    if (const auto space = disk_space(options_.disk_folder)) sample.disk_free_bytes = space->free_bytes;
  last_ = at;
  return sample;
}

// The sensor that is nearest to where it slows down; among those of which nobody knows that, the hottest.
void TelemetrySampler::read_temperature(TelemetrySample& sample) {
  std::optional<double> least_margin;
  for (Temperature& each : temperatures_) {
    const auto thousandths = each.file.integer();
    if (!thousandths || *thousandths == 0) continue;  // 0: a zone that is off
    const double now_c = static_cast<double>(*thousandths) / 1000;
    if (now_c < kColdest_c || now_c > kHottest_c) continue;
    const auto limit_c = each.throttle_c ? each.throttle_c : options_.throttle_c;
    if (limit_c && (!least_margin || *limit_c - now_c < *least_margin)) {
      least_margin = *limit_c - now_c;
      sample.temperature_c = now_c;
      sample.throttle_c = limit_c;
    } else if (!limit_c && !least_margin) {
      sample.temperature_c = std::max(sample.temperature_c.value_or(now_c), now_c);
    }
  }
}

void TelemetrySampler::read_throttling(TelemetrySample& sample) {
  std::optional<std::uint64_t> total;
  for (SampledFile& counter : throttle_counters_)
    if (const auto count = counter.integer(); count && *count >= 0)
      total = total.value_or(0) + static_cast<std::uint64_t>(*count);
  for (ThrottleFlag& flag : throttle_flags_) {
    const auto state = flag.firmware_bits ? firmware_bits(flag.file.text()) : flag.file.integer();
    if (!state) continue;
    const bool on = flag.firmware_bits ? (*state & kFirmwareSlow) != 0 : *state > 0;
    if (on && !flag.was_on) ++flags_raised_;
    flag.was_on = on;
    total = total.value_or(0);
  }
  if (total) sample.throttle_events = *total + flags_raised_;
}

void TelemetrySampler::read_supplies(TelemetrySample& sample) {
  for (SampledFile& each : mains_)
    if (const auto online = each.integer()) sample.on_ac = sample.on_ac.value_or(false) || *online > 0;
  double sum = 0;
  int n = 0;
  bool discharging = false;
  for (Battery& battery : batteries_) {
    if (const auto percent = battery.capacity.integer(); percent && *percent >= 0 && *percent <= 100) {
      sum += static_cast<double>(*percent);
      ++n;
    }
    discharging = discharging || battery.status.text().starts_with("Discharging");
  }
  if (n > 0) sample.battery_percent = sum / n;
  // A laptop that tells of no charger, or of one that is too weak to carry it.
  if (n > 0 && (discharging || !sample.on_ac)) sample.on_ac = !discharging;
}

std::optional<double> TelemetrySampler::battery_w() {
  std::optional<double> total;
  for (Battery& battery : batteries_) {
    if (!battery.status.text().starts_with("Discharging")) continue;
    if (const auto microwatts = battery.power_now.integer()) {
      total = total.value_or(0) + static_cast<double>(std::abs(*microwatts)) * 1e-6;
      continue;
    }
    const auto microvolts = battery.voltage_now.integer();
    const auto microamperes = battery.current_now.integer();
    if (microvolts && microamperes)
      total = total.value_or(0) +
              static_cast<double>(std::abs(*microvolts)) * 1e-6 * static_cast<double>(std::abs(*microamperes)) * 1e-6;
  }
  return total;
}

std::optional<double> TelemetrySampler::counted_w(double seconds) {
  std::optional<double> total;
  for (Energy& each : energies_) {
    const auto now_uj = each.file.integer();
    if (!now_uj) continue;
    if (each.last_uj && seconds > 0) {
      std::int64_t used_uj = *now_uj - *each.last_uj;
      if (used_uj < 0) used_uj += each.range_uj;  // it wrapped
      if (used_uj >= 0) total = total.value_or(0) + static_cast<double>(used_uj) * 1e-6 / seconds;
    }
    each.last_uj = now_uj;
  }
  return total;
}

// The whole machine's where something measures that; else the sum of the parts that tell.
void TelemetrySampler::read_power(TelemetrySample& sample) {
  const double seconds = last_ ? std::chrono::duration<double>(sample.at - *last_).count() : 0;
  auto parts_w = counted_w(seconds);
  for (Power& each : accelerators_)
    if (const auto microwatts = each.microwatts.integer(); microwatts && *microwatts >= 0)
      parts_w = parts_w.value_or(0) + static_cast<double>(*microwatts) * each.scale;
  sample.power_w = battery_w();
  if (!sample.power_w && board_) {
    const auto millivolts = board_->millivolts.integer();
    const auto milliampere = board_->milliampere.integer();
    if (millivolts && milliampere)
      sample.power_w = static_cast<double>(*millivolts) * static_cast<double>(*milliampere) * board_->scale;
  }
  if (!sample.power_w) sample.power_w = parts_w;
}

void TelemetrySampler::read_memory(TelemetrySample& sample) {
  if (const auto memory = system_memory(tree_.root())) {
    sample.memory_total_bytes = memory->limit_bytes.value_or(memory->total_bytes);
    sample.memory_available_bytes = memory->available_bytes;
  }
  const std::string_view info = meminfo_.text();
  const auto swap_total = number_after(info, "SwapTotal:");
  const auto swap_free = number_after(info, "SwapFree:");
  if (swap_total && swap_free && *swap_free <= *swap_total)
    sample.swap_used_bytes = static_cast<std::uint64_t>((*swap_total - *swap_free) * 1024);
  sample.memory_stall_percent = number_after(pressure_.text(), "some avg10=");
  // "max" isn't counted: reading a large file into a limited group's cache raises it all the time, and nothing fails.
  if (const auto oom = number_after(memory_events_.text(), "oom "))
    sample.out_of_memory_events =
        static_cast<std::uint64_t>(*oom + number_after(memory_events_.text(), "oom_kill ").value_or(0));
  if (const auto kills = number_after(oom_control_.text(), "oom_kill "))
    sample.out_of_memory_events = static_cast<std::uint64_t>(*kills);
  for (auto& [total, used] : vram_) {
    const auto total_bytes = total.integer();
    const auto used_bytes = used.integer();
    if (!total_bytes || !used_bytes || *used_bytes > *total_bytes) continue;
    sample.vram_total_bytes = sample.vram_total_bytes.value_or(0) + static_cast<std::uint64_t>(*total_bytes);
    sample.vram_free_bytes =
        sample.vram_free_bytes.value_or(0) + static_cast<std::uint64_t>(*total_bytes - *used_bytes);
  }
}

// "cpu  user nice system idle iowait irq softirq steal ...". Source: proc(5).
void TelemetrySampler::read_processor(TelemetrySample& sample) {
  std::string_view line = stat_.text();
  line = line.substr(0, line.find('\n'));
  if (!line.starts_with("cpu ")) return;
  line.remove_prefix(4);
  std::uint64_t all = 0;
  std::uint64_t idle = 0;
  constexpr int kColumns = 8;  // guests' time is in user's already
  for (int column = 0; column < kColumns; ++column) {
    const auto begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) break;
    line.remove_prefix(begin);
    std::uint64_t ticks = 0;
    const auto parsed = std::from_chars(line.data(), line.data() + line.size(), ticks);
    if (parsed.ec != std::errc()) return;
    line.remove_prefix(static_cast<std::size_t>(parsed.ptr - line.data()));
    all += ticks;
    if (column == 3 || column == 4) idle += ticks;
  }
  const std::uint64_t busy = all - idle;
  if (all_ticks_ && all > *all_ticks_ && busy >= *busy_ticks_)
    sample.cpu_share = static_cast<double>(busy - *busy_ticks_) / static_cast<double>(all - *all_ticks_);
  all_ticks_ = all;
  busy_ticks_ = busy;
}

}  // namespace hearth
