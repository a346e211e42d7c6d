#include "probe/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/units.h"
#include "platform/cpu_count.h"
#include "platform/disk.h"
#include "platform/load_average.h"
#include "probe/cpu_reader.h"
#include "probe/device_state_reader.h"
#include "probe/matrix_choice.h"
#include "probe/memory_read.h"
#include "probe/samples.h"

namespace hearth {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kOperandBytes = 64U << 10U;  // of matrix_tile.h
constexpr milliseconds kMemoryTime{900};
constexpr milliseconds kMatrixTime{300};

struct Freed {
  void operator()(void* memory) const { std::free(memory); }
};
using Buffer = std::unique_ptr<std::byte, Freed>;

Buffer allocate(std::size_t bytes) {
  return Buffer(static_cast<std::byte*>(std::aligned_alloc(kAlignment, bytes / kAlignment * kAlignment)));
}

// What is left of the time for everything.
class TimeBudget {
 public:
  explicit TimeBudget(milliseconds time) : end_(std::chrono::steady_clock::now() + time) {}
  [[nodiscard]] bool has(milliseconds time) const { return std::chrono::steady_clock::now() + time <= end_; }

 private:
  std::chrono::steady_clock::time_point end_;
};

// Far more than the last-level caches hold together, so that hardly a byte comes from them; 0 when memory is too short.
std::uint64_t read_buffer_bytes(const HardwareProfile& profile) {
  std::uint64_t cache = 0;
  for (const auto& each : profile.cpu.caches)
    if (each.level >= 2) cache = std::max(cache, each.bytes * static_cast<std::uint64_t>(std::max(1, each.count)));
  std::uint64_t room = profile.memory.available_bytes ? profile.memory.available_bytes->value / 4 : 0;
  if (profile.limits.memory_bytes) room = std::min(room, profile.limits.memory_bytes->value / 4);
  const std::uint64_t bytes = std::min(std::clamp(4 * cache, 256 * kMiB, kGiB), room);
  return bytes >= std::max(2 * cache, 32 * kMiB) ? bytes : 0;
}

Known<double> read_bandwidth(unsigned threads, std::uint64_t bytes) {
  const std::size_t slice = bytes / threads / 4096 * 4096;
  std::vector<Buffer> buffers;
  for (unsigned i = 0; i < threads; ++i) {
    buffers.push_back(allocate(slice));
    if (buffers.back() == nullptr) return std::nullopt;
  }
  std::vector<std::uint64_t> sums(threads * 8);  // a cache line each
  TeamWork work;
  work.threads = threads;
  work.time_max = kMemoryTime;
  // Memory lies with the node of the thread that writes it first.
  work.prepare = [&](unsigned i) { std::memset(buffers[i].get(), static_cast<int>(i + 1), slice); };
  work.pass = [&](unsigned i) { sums[i * std::size_t{8}] += read_all(buffers[i].get(), slice); };
  std::vector<double> rates;
  for (const double seconds : time_team(work)) rates.push_back(static_cast<double>(slice) * threads / 1e9 / seconds);
  return summarise_samples(std::move(rates));
}

void measure_memory(const TimeBudget& budget, HardwareProfile& profile) {
  const char* const what = "memory read bandwidth";
  const std::uint64_t bytes = read_buffer_bytes(profile);
  if (bytes == 0) {
    profile.skipped.push_back({what, "too little free memory for a buffer well beyond the caches"});
    return;
  }
  if (!budget.has(4 * kMemoryTime)) {
    profile.skipped.push_back({what, "no time was left"});
    return;
  }
  profile.memory.read_bandwidth_one_thread_GBps = read_bandwidth(1, bytes);
  profile.memory.read_bandwidth_GBps = read_bandwidth(usable_cpu_count(), bytes);
  if (!profile.memory.read_bandwidth_GBps) profile.skipped.push_back({what, "no memory or threads could be had"});
}

// One as the type writes it, again and again: no rounding, no denormals, no overflow that slows anything.
Buffer operands(MatrixType type) {
  Buffer buffer = allocate(kOperandBytes);
  if (buffer == nullptr) return buffer;
  const std::uint32_t one = type == MatrixType::kF32    ? 0x3f800000U
                            : type == MatrixType::kBf16 ? 0x3f803f80U
                                                        : 0x01010101U;
  for (std::size_t at = 0; at < kOperandBytes; at += sizeof(one)) std::memcpy(buffer.get() + at, &one, sizeof(one));
  return buffer;
}

// 10^12 operations per second of all threads.
Known<double> matrix_rate(const MatrixChoice& choice, MatrixType type) {
  const Buffer data = operands(type);
  if (data == nullptr) return std::nullopt;
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.get());
  constexpr double kOperationsOfPass = 5e8;  // milliseconds on any core
  const long rounds = std::max(1L, static_cast<long>(kOperationsOfPass / choice.kernel.operations));
  TeamWork work;
  work.threads = usable_cpu_count();
  work.time_max = kMatrixTime;
  std::vector<float> results(work.threads * std::size_t{16});
  work.pass = [&](unsigned i) { results[i * std::size_t{16}] += choice.kernel.run(bytes, bytes, rounds); };
  std::vector<double> rates;
  for (const double seconds : time_team(work))
    rates.push_back(choice.kernel.operations * static_cast<double>(rounds) * work.threads / 1e12 / seconds);
  return summarise_samples(std::move(rates));
}

void measure_matrix(const TimeBudget& budget, HardwareProfile& profile) {
  struct Rate {
    MatrixType type;
    const char* name;
    Known<double>& into;
  };
  const std::vector<std::string> isa = profile.cpu.isa ? profile.cpu.isa->value : std::vector<std::string>();
  for (const Rate& rate : {Rate{MatrixType::kInt8, "int8 matrix rate", profile.cpu.int8_tops},
                           Rate{MatrixType::kBf16, "bf16 matrix rate", profile.cpu.bf16_tflops},
                           Rate{MatrixType::kF32, "f32 matrix rate", profile.cpu.f32_tflops}}) {
    const auto choice = choose_matrix_kernel(rate.type, isa);
    if (choice.kernel.run == nullptr)
      profile.skipped.push_back(
          {rate.name, fmt::format("the CPU has no instructions for it ({})", instructions_wanted(rate.type))});
    else if (!budget.has(2 * kMatrixTime))
      profile.skipped.push_back({rate.name, "no time was left"});
    else if (rate.into = matrix_rate(choice, rate.type); !rate.into)
      profile.skipped.push_back({rate.name, "no memory or threads could be had"});
  }
}

// The disk of the home folder; one the kernel doesn't name (overlay, network) gets an entry of its own.
ProfileStorage& home_disk(const SystemTree& tree, const std::filesystem::path& home, HardwareProfile& profile) {
  if (auto* disk = storage_of(tree, home, profile.storage)) return *disk;
  if (profile.storage.size() == 1) return profile.storage.front();
  ProfileStorage unnamed;
  unnamed.name = "home";
  unnamed.kind = "virtual";
  return *profile.storage.insert(profile.storage.end(), unnamed);
}

void measure_disk(const SystemTree& tree, const MeasureRequest& request, const TimeBudget& budget,
                  HardwareProfile& profile) {
  const char* const what = "disk speed";
  const DiskTrial trial{256 * kMiB};
  constexpr std::uint64_t kLeaveFreeBytes = kGiB;
  const auto space = disk_space(request.home);
  if (!space)
    profile.skipped.push_back({what, space.error().message});
  else if (space->free_bytes < trial.file_bytes + kLeaveFreeBytes)
    profile.skipped.push_back(
        {what, fmt::format("only {} are free in '{}'; measuring writes {} and leaves 1 GiB free",
                           format_bytes(space->free_bytes), request.home.string(), format_bytes(trial.file_bytes))});
  else if (!budget.has(trial.write_max + 2 * trial.sequential_max + 2 * trial.random_max))
    profile.skipped.push_back({what, "no time was left"});
  else if (auto speed = try_disk(request.home, trial); !speed)
    profile.skipped.push_back({what, speed.error().message});
  else {
    auto& disk = home_disk(tree, request.home, profile);
    disk.sequential_read_GBps = summarise_samples(std::move(speed->sequential_GBps));
    disk.random_read_4k_iops = summarise_samples(std::move(speed->random_4k_iops));
  }
}

}  // namespace

std::string measure_machine(const SystemTree& tree, const MeasureRequest& request, HardwareProfile& profile) {
  const TimeBudget budget(request.time_max);
  const double load = load_average_1min().value_or(0);
  const auto throttled_before = read_throttle_count(tree);
  measure_memory(budget, profile);
  measure_matrix(budget, profile);
  measure_disk(tree, request, budget, profile);
  std::string disturbed;
  if (load > usable_cpu_count() / 2.0)
    disturbed = fmt::format("other programs kept {:.1f} of {} CPUs busy", load, usable_cpu_count());
  if (const auto after = read_throttle_count(tree); after && throttled_before && *after > *throttled_before)
    disturbed = fmt::format("the CPU throttled {} times meanwhile", *after - *throttled_before);
  if (!disturbed.empty()) profile.skipped.push_back({"undisturbed measurement", disturbed});
  return disturbed;
}

}  // namespace hearth
