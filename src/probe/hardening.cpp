#include "probe/hardening.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/units.h"
#include "platform/access.h"
#include "platform/disk.h"
#include "platform/memory_control_group.h"
#include "platform/system_memory.h"
#include "probe/device_state_reader.h"
#include "probe/telemetry_sampler.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;
using Verdict = HardeningVerdict;

constexpr std::array<std::string_view, 4> kVerdictNames = {"good", "advice", "problem", "unknown"};
constexpr std::size_t kDescriptorsWanted = 4096;  // a client is two: its socket and its stream's wake-up
constexpr std::uint64_t kDiskLow = 2ULL << 30U;
constexpr fs::perms kOthers = fs::perms::group_all | fs::perms::others_all;

using Findings = std::vector<HardeningFinding>;

void add(Findings& out, HardeningFinding finding) { out.push_back(std::move(finding)); }

// "always [madvise] never": the chosen one stands in brackets.
std::string chosen(const std::string& text) {
  const auto open = text.find('[');
  const auto close = text.find(']', open);
  return open == std::string::npos || close == std::string::npos ? text : text.substr(open + 1, close - open - 1);
}

void check_clocks(const SystemTree& tree, Findings& out) {
  const auto policies = tree.numbered("sys/devices/system/cpu/cpufreq", "policy");
  if (policies.empty())
    return add(out, {"cpu-governor", "clock governor", Verdict::kUnknown,
                     "the kernel shows no clocks: a virtual machine or firmware decides", "", false});
  std::size_t slow = 0;
  std::string name;
  for (const auto& [number, policy] : policies) {
    const std::string folder = "sys/devices/system/cpu/cpufreq/" + policy + "/";
    const auto governor = tree.text(folder + "scaling_governor").value_or("");
    const auto driver = tree.text(folder + "scaling_driver").value_or("");
    if (name.empty() || governor == "powersave") name = governor;
    // "powersave" of these drivers means that the hardware chooses within all clocks; of others, the lowest clock.
    // Source: Documentation/admin-guide/pm/intel_pstate.rst and amd-pstate.rst.
    const bool hardware =
        driver == "intel_pstate" || driver.starts_with("amd-pstate-epp") || driver == "amd_pstate_epp";
    if (governor == "powersave" && !hardware) ++slow;
  }
  if (slow > 0)
    add(out, {"cpu-governor", "clock governor", Verdict::kProblem,
              fmt::format("{} of {} groups of cores stay at their lowest clock ('{}')", slow, policies.size(), name),
              "echo schedutil | sudo tee /sys/devices/system/cpu/cpufreq/policy*/scaling_governor", false});
  else
    add(out, {"cpu-governor", "clock governor", Verdict::kGood, "'" + name + "'", "", false});
  const auto profile = tree.text("sys/firmware/acpi/platform_profile");
  if (profile && (*profile == "low-power" || *profile == "quiet"))
    add(out, {"platform-profile", "power profile", Verdict::kAdvice, "'" + *profile + "' holds the clocks down",
              "powerprofilesctl set balanced", false});
}

void check_jetson(const SystemTree& tree, Findings& out) {
  if (!tree.has("etc/nvpmodel.conf")) return;
  const std::string mode = read_nvpmodel(tree);
  const bool full = mode.starts_with("MAXN");
  add(out, {"nvpmodel", "power mode (nvpmodel)", full ? Verdict::kGood : Verdict::kAdvice,
            mode.empty() ? "not told" : "'" + mode + "'",
            full ? ""
                 : "sudo nvpmodel -m 0 takes all cores and clocks, where power and cooling allow it; "
                   "sudo jetson_clocks holds them there",
            false});
}

void check_nvidia(const SystemTree& tree, Findings& out) {
  if (!tree.has("proc/driver/nvidia/version")) return;
  const bool kept = tree.has("run/nvidia-persistenced/socket") || tree.has("var/run/nvidia-persistenced/socket");
  add(out, {"gpu-persistence", "NVIDIA persistence", kept ? Verdict::kGood : Verdict::kAdvice,
            kept ? "nvidia-persistenced runs"
                 : "the driver lets a GPU go when nobody uses it: the next start takes "
                   "a second or more longer",
            kept ? "" : "sudo systemctl enable --now nvidia-persistenced", false});
}

void check_memory(const SystemTree& tree, Findings& out) {
  const std::string info = tree.text("proc/meminfo").value_or("");
  const auto kib = [&](const char* key) { return leading_integer(value_of(info, key)).value_or(-1); };
  if (info.empty()) return;
  const bool zram = !tree.numbered("sys/block", "zram").empty();
  const auto swap_kib = kib("SwapTotal");
  const auto swappiness = tree.integer("proc/sys/vm/swappiness").value_or(60);
  if (swap_kib <= 0)
    add(out, {"swap", "swap", Verdict::kAdvice, "there is none: the first shortage ends a process",
              "add compressed swap in memory: sudo apt-get install zram-tools", false});
  else if (!zram && swappiness > 100)
    add(out, {"swap", "swap", Verdict::kAdvice,
              fmt::format("{:.1f} GiB on a disk, swappiness {}", static_cast<double>(swap_kib) / (1 << 20), swappiness),
              "sudo sysctl vm.swappiness=10: swapping weights costs a read for each token", false});
  else
    add(out,
        {"swap", "swap", Verdict::kGood,
         fmt::format("{:.1f} GiB{}", static_cast<double>(swap_kib) / (1 << 20), zram ? ", compressed in memory" : ""),
         "", false});
  if (const auto pages = tree.text("sys/kernel/mm/transparent_hugepage/enabled")) {
    const std::string now = chosen(*pages);
    add(out, {"huge-pages", "huge pages", now == "never" ? Verdict::kAdvice : Verdict::kGood, "'" + now + "'",
              now == "never" ? "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled" : "", false});
  }
  add(out, {"memory-pressure", "memory pressure", tree.has("proc/pressure/memory") ? Verdict::kGood : Verdict::kAdvice,
            tree.has("proc/pressure/memory") ? "the kernel tells of stalls" : "the kernel tells of no stalls (PSI)",
            tree.has("proc/pressure/memory") ? "" : "start the kernel with psi=1", false});
}

// A container that may use fewer cores than it sees: threads beyond that wait for each other.
void check_cores(const SystemTree& tree, Findings& out) {
  const auto group = memory_control_group(tree.root());
  if (!group || group->version != 2) return;
  const auto quota = SystemTree(group->own_folder()).text("cpu.max");
  if (!quota || quota->starts_with("max")) return;
  const auto parts = split_text(*quota, ' ');
  const auto used = leading_integer(parts[0]);
  const auto period = parts.size() > 1 ? leading_integer(parts[1]) : std::nullopt;
  if (!used || !period || *period <= 0) return;
  const double cores = static_cast<double>(*used) / static_cast<double>(*period);
  const auto seen = tree.numbered("sys/devices/system/cpu", "cpu").size();
  add(out, {"thread-cap", "cores of the container",
            cores + 0.01 < static_cast<double>(seen) ? Verdict::kAdvice : Verdict::kGood,
            fmt::format("{:g} of {} cores", cores, seen),
            cores + 0.01 < static_cast<double>(seen)
                ? fmt::format("give whole cores instead of a share of all: --cpuset-cpus, or --threads {:.0f}",
                              std::max(1.0, cores))
                : "",
            false});
}

void check_sensors(const SystemTree& tree, Findings& out) {
  TelemetrySampler sampler(tree, {});
  const TelemetrySample sample = sampler.sample({});
  if (sample.temperature_c)
    add(out, {"sensors", "temperature", Verdict::kGood, fmt::format("{:.0f} degC", *sample.temperature_c), "", false});
  else
    add(out,
        {"sensors", "temperature", Verdict::kAdvice, "no sensor can be read: heat is noticed only when it slows down",
         "on a virtual machine nothing can be done; else load the driver: sudo sensors-detect", false});
  const std::string rapl = "sys/class/powercap/intel-rapl:0/energy_uj";
  if (tree.has(rapl))
    add(out, {"power-counter", "energy counter", tree.integer(rapl) ? Verdict::kGood : Verdict::kAdvice,
              tree.integer(rapl) ? "readable" : "only the administrator may read it: no energy for each token",
              tree.integer(rapl) ? "" : "sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj", false});
}

// A runtime that may not open the device works on the processor without a word.
void check_accelerators(const SystemTree& tree, Findings& out) {
  for (const char* folder : {"dev/dri", "dev/accel"})
    for (const auto& name : tree.names(folder)) {
      if (!name.starts_with("renderD") && !name.starts_with("accel")) continue;
      const bool may = may_write(tree.root() / folder / name);
      add(out, {"device-" + name, "accelerator " + name, may ? Verdict::kGood : Verdict::kProblem,
                may ? "you may use it" : "you may not use it, so that runtimes work on the processor",
                may ? "" : "sudo usermod -aG render $USER, then log in again", false});
    }
}

bool others_may(const fs::path& path) {
  std::error_code failed;
  const auto mode = fs::status(path, failed).permissions();
  return !failed && (mode & kOthers) != fs::perms::none;
}

void check_own_files(const HardeningScope& scope, Findings& out) {
  std::error_code ignored;
  const bool there = fs::is_directory(scope.home, ignored);
  const bool open = there && others_may(scope.home);
  add(out, {"home", "hearth's folder", !there || open ? Verdict::kProblem : Verdict::kGood,
            !there ? scope.home.string() + " is not there"
            : open ? "others may look into " + scope.home.string() + ", where prompts' caches lie"
                   : "only you may look into it",
            !there || open ? "hearth check --fix" : "", true});
  for (const auto& secret : scope.secrets) {
    if (!fs::exists(secret, ignored)) continue;
    const bool readable = others_may(secret);
    add(out, {"secret-" + secret.filename().string(), secret.filename().string(),
              readable ? Verdict::kProblem : Verdict::kGood, readable ? "others may read it" : "only you may read it",
              readable ? "hearth check --fix" : "", true});
  }
}

void check_limits(const HardeningScope& scope, Findings& out) {
  if (scope.descriptor_limit > 0)
    add(out,
        {"descriptors", "open files", scope.descriptor_limit < kDescriptorsWanted ? Verdict::kAdvice : Verdict::kGood,
         fmt::format("{} for this process", scope.descriptor_limit),
         scope.descriptor_limit < kDescriptorsWanted
             ? fmt::format("LimitNOFILE={} in the service, or ulimit -n", kDescriptorsWanted)
             : "",
         false});
  const auto space = disk_space(scope.home);
  if (!space) return;
  add(out, {"disk", "disk", space->free_bytes < kDiskLow ? Verdict::kProblem : Verdict::kGood,
            fmt::format("{:.1f} GiB are free", static_cast<double>(space->free_bytes) / static_cast<double>(kGiB)),
            space->free_bytes < kDiskLow ? "hearth models rm, or a larger disk" : "", false});
}

}  // namespace

std::string_view hardening_verdict_name(HardeningVerdict verdict) {
  return kVerdictNames[static_cast<std::size_t>(verdict)];
}

std::vector<HardeningFinding> check_hardening(const SystemTree& tree, const HardeningScope& scope) {
  Findings out;
  check_clocks(tree, out);
  check_jetson(tree, out);
  check_nvidia(tree, out);
  check_memory(tree, out);
  check_cores(tree, out);
  check_sensors(tree, out);
  check_accelerators(tree, out);
  check_limits(scope, out);
  check_own_files(scope, out);
  return out;
}

std::vector<HardeningFinding> fix_hardening(const SystemTree& tree, const HardeningScope& scope) {
  Findings before = check_hardening(tree, scope);
  std::erase_if(before, [](const HardeningFinding& each) { return !each.ours || each.verdict != Verdict::kProblem; });
  std::error_code failed;
  fs::create_directories(scope.home, failed);
  if (!failed) fs::permissions(scope.home, kOthers, fs::perm_options::remove, failed);
  std::string why = failed ? failed.message() : "";
  for (const auto& secret : scope.secrets) {
    std::error_code ignored;
    if (fs::exists(secret, ignored)) fs::permissions(secret, kOthers, fs::perm_options::remove, failed);
    if (failed) why = failed.message();
  }
  const Findings after = check_hardening(tree, scope);
  for (HardeningFinding& each : before) {
    const auto now = std::ranges::find(after, each.id, &HardeningFinding::id);
    if (now == after.end()) continue;
    each = *now;
    if (each.verdict == Verdict::kProblem) each.found += "; it couldn't be changed: " + why;
  }
  return before;
}

}  // namespace hearth
