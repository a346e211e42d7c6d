#include "app/machine_probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/device_recognition.h"
#include "app/hearth_app.h"
#include "base/units.h"
#include "documents/profile_json.h"
#include "platform/file.h"
#include "probe/machine_reader.h"
#include "probe/measure.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kRecordBytesMax = 4 * kMiB;

Result<SystemTree> open_tree(const ProbeRequest& request) {
  HEARTH_ASSIGN(info, file_info(request.sysroot));
  if (info.kind != FileKind::kFolder)
    return fail(ErrorCode::kInvalidData, "can't probe '" + request.sysroot.string() + "': it is not a folder",
                "give the folder that holds a machine's proc and sys");
  std::error_code failed;
  const auto canonical = fs::canonical(request.sysroot, failed);
  return SystemTree(failed ? request.sysroot : canonical);
}

Status check_flags(const ProbeRequest& request, const SystemTree& tree) {
  if (request.quick && request.fresh)
    return fail(ErrorCode::kInvalidArgument, "--quick measures nothing and --fresh measures again", "give one of them");
  if (request.fresh && !tree.live())
    return fail(ErrorCode::kInvalidArgument, "a recorded tree can't be measured",
                "leave --fresh out, or probe this machine without --sysroot");
  return {};
}

// The devices of the catalogue, which is all that recognition needs.
Result<Catalog> load_devices(const fs::path& data_folder) {
  std::vector<CatalogFile> files;
  HEARTH_ASSIGN(names, list_folder(data_folder / "devices"));
  for (const auto& name : names) {
    if (!name.ends_with(".json")) continue;
    HEARTH_ASSIGN(text, read_file(data_folder / "devices" / name, kRecordBytesMax));
    files.push_back({"devices/" + name, std::move(text)});
  }
  return Catalog::load(files, CatalogCheck::kTrusted);
}

// FNV-1a, 64 bits: names a file, guards nothing. Source: draft-eastlake-fnv.
std::uint64_t fingerprint(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3U;
  return hash;
}

// What must be the same for measurements to hold: this machine, its processor, memory and kernel, and the code that
// measured. Nothing that changes with a restart.
fs::path memory_of_measurements(const SystemTree& tree, const HardwareProfile& profile, const fs::path& home) {
  std::string key = tree.text("etc/machine-id").value_or(std::string());
  if (key.empty()) key = tree.text("proc/device-tree/serial-number").value_or(std::string());
  key += "\n" + (profile.cpu.model ? profile.cpu.model->value : std::string());
  key += "\n" + std::to_string(profile.memory.total_bytes ? profile.memory.total_bytes->value : 0);
  key += "\n" + (profile.kernel ? profile.kernel->value : std::string());
  key += "\n" + std::to_string(profile.limits.cpu_cores ? profile.limits.cpu_cores->value : 0);
  key += "\n" + std::string(build_version());
  return home / "probe" / fmt::format("measured-{:016x}.json", fingerprint(key));
}

void move_measured(Known<double>& from, Known<double>& into) {
  if (from && from->provenance == Provenance::kMeasured) into = from;
}

// The measured values of one profile into another one of the same machine.
void copy_measurements(HardwareProfile& from, HardwareProfile& into) {
  move_measured(from.memory.read_bandwidth_GBps, into.memory.read_bandwidth_GBps);
  move_measured(from.memory.read_bandwidth_one_thread_GBps, into.memory.read_bandwidth_one_thread_GBps);
  move_measured(from.cpu.f32_tflops, into.cpu.f32_tflops);
  move_measured(from.cpu.bf16_tflops, into.cpu.bf16_tflops);
  move_measured(from.cpu.int8_tops, into.cpu.int8_tops);
  for (auto& disk : from.storage) {
    const auto same = [&](const auto& each) { return each.name == disk.name; };
    auto at = std::find_if(into.storage.begin(), into.storage.end(), same);
    if (at == into.storage.end()) {
      ProfileStorage named;
      named.name = disk.name;
      named.kind = disk.kind;
      at = into.storage.insert(at, std::move(named));
    }
    move_measured(disk.sequential_read_GBps, at->sequential_read_GBps);
    move_measured(disk.random_read_4k_iops, at->random_read_4k_iops);
  }
  into.skipped.insert(into.skipped.end(), from.skipped.begin(), from.skipped.end());
}

// Damaged or foreign text is as good as none: it is measured anew.
bool recall(const fs::path& file, HardwareProfile& profile) {
  const auto text = read_file(file, kRecordBytesMax);
  if (!text) return false;
  auto remembered = read_profile(*text);
  if (!remembered || !remembered->memory.read_bandwidth_GBps) return false;
  copy_measurements(*remembered, profile);
  return true;
}

// Only what was measured: the rest is read every time.
void remember(const fs::path& file, HardwareProfile measured, std::size_t skipped_before) {
  HardwareProfile kept;
  measured.skipped.erase(measured.skipped.begin(),
                         measured.skipped.begin() + static_cast<std::ptrdiff_t>(skipped_before));
  std::erase_if(measured.storage, [](const auto& disk) { return !disk.sequential_read_GBps; });
  copy_measurements(measured, kept);
  kept.os_reserve_bytes.provenance = Provenance::kAssumed;
  // A home that can't be written to costs the next probe some seconds and nothing else.
  if (ensure_folder(file.parent_path())) static_cast<void>(write_file_atomic(file, write_profile(kept)));
}

void measure_or_recall(const SystemTree& tree, const ProbeRequest& request, HardwareProfile& profile) {
  if (!tree.live()) {
    profile.skipped.push_back({"measurements", "a recorded tree is read, not measured"});
    return;
  }
  const auto file = memory_of_measurements(tree, profile, request.home);
  if (!request.fresh && recall(file, profile)) return;
  if (request.quick) {
    profile.skipped.push_back({"measurements", "--quick was given and none are remembered; `hearth probe` measures"});
    return;
  }
  const std::size_t skipped_before = profile.skipped.size();
  MeasureRequest measure;
  measure.home = request.home;
  static_cast<void>(ensure_folder(request.home));
  // Values taken while something else disturbed are shown and forgotten.
  if (measure_machine(tree, measure, profile).empty()) remember(file, profile, skipped_before);
}

}  // namespace

nlohmann::ordered_json probe_document(const HardwareProfile& profile) { return profile_to_json(profile); }

Result<HardwareProfile> probe_machine(const ProbeRequest& request) {
  HEARTH_ASSIGN(tree, open_tree(request));
  HEARTH_TRY(check_flags(request, tree));
  HEARTH_ASSIGN(profile, read_machine(tree, request.home));
  if (request.catalog != nullptr) {
    recognise_device(request.catalog->devices(), profile);
  } else {
    HEARTH_ASSIGN(catalog, load_devices(request.data_folder));
    recognise_device(catalog.devices(), profile);
  }
  measure_or_recall(tree, request, profile);
  return profile;
}

}  // namespace hearth
