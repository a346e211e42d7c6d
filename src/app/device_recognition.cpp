#include "app/device_recognition.h"

#include <algorithm>
#include <cmath>

namespace hearth {
namespace {

template <class T, class U>
void fill(Known<T>& into, const std::optional<U>& known) {
  if (!into && known) into = Fact<T>{static_cast<T>(*known), Provenance::kCatalogue};
}

// How far two sizes are apart, as a ratio above 1; a machine reports a little less than it is sold with.
double apart(std::uint64_t a, std::uint64_t b) {
  if (a == 0 || b == 0) return 1;
  const double ratio = static_cast<double>(a) / static_cast<double>(b);
  return std::max(ratio, 1 / ratio);
}

std::uint64_t memory_of(const HardwareProfile& profile) {
  return profile.memory.total_bytes ? profile.memory.total_bytes->value : 0;
}

bool has_accelerator(const HardwareProfile& profile, const CatalogAccelerator& wanted) {
  return std::any_of(profile.accelerators.begin(), profile.accelerators.end(), [&](const auto& each) {
    return each.kind == wanted.kind && each.name && each.name->value == wanted.name;
  });
}

// A kit is its board and the accelerator it adds; without that one it is just the board.
int kit_match(const HardwareProfile& profile, const CatalogDevice& device) {
  if (device.device_class != "accelerator_kit") return 0;
  const bool all = std::all_of(device.accelerators.begin(), device.accelerators.end(),
                               [&](const auto& each) { return each.kind == "gpu" || has_accelerator(profile, each); });
  return all ? 1 : -1;
}

const CatalogDevice* find_board(std::span<const CatalogDevice> devices, const HardwareProfile& profile) {
  const CatalogDevice* best = nullptr;
  int best_words = 0;
  for (const auto& device : devices) {
    int words = device.cpu.assumed ? 0 : board_match(device.name, profile.name);
    if (words == 0) continue;
    const int kit = kit_match(profile, device);
    if (kit < 0) continue;
    words += kit;
    const bool nearer =
        best != nullptr && words == best_words &&
        apart(memory_of(profile), device.memory.total_bytes) < apart(memory_of(profile), best->memory.total_bytes);
    if (words > best_words || nearer) {
      best = &device;
      best_words = words;
    }
  }
  return best;
}

bool is_virtual_machine(const std::string& virtualisation) {
  for (const char* kind : {"kvm", "vmware", "hyperv", "virtualbox", "xen", "parallels", "wsl", "vm"})
    if (virtualisation == kind) return true;
  return false;
}

const CatalogDevice* find_processor(std::span<const CatalogDevice> devices, const HardwareProfile& profile) {
  if (!profile.cpu.model || is_virtual_machine(profile.virtualisation)) return nullptr;
  const int packages = profile.cpu.packages ? profile.cpu.packages->value : 1;
  const CatalogDevice* best = nullptr;
  for (const auto& device : devices) {
    if (device.cpu.assumed || device.device_class == "accelerator_kit" ||
        !same_processor(device.cpu.model, profile.cpu.model->value, packages))
      continue;
    int cores = 0;
    for (const auto& kind : device.cpu.cores) cores += kind.count;
    if (profile.cpu.cores && profile.cpu.cores->value != cores) continue;
    if (best == nullptr ||
        apart(memory_of(profile), device.memory.total_bytes) < apart(memory_of(profile), best->memory.total_bytes))
      best = &device;
  }
  return best;
}

void add_compute(const CatalogAccelerator& from, ProfileAccelerator& into) {
  fill(into.max_working_set_bytes, from.max_working_set_bytes);
  fill(into.bandwidth_GBps, from.bandwidth_GBps);
  into.compute = from.compute;
  if (!into.compute_capability && !from.compute_capability.empty())
    into.compute_capability = Fact<std::string>{from.compute_capability, Provenance::kCatalogue};
  for (const auto& backend : from.backends)
    if (std::find(into.backends.begin(), into.backends.end(), backend) == into.backends.end())
      into.backends.push_back(backend);
}

// The record of a card, by name and memory.
const CatalogDevice* find_card(std::span<const CatalogDevice> devices, const ProfileAccelerator& gpu) {
  constexpr double kApartMax = 1.12;  // an 8 GB and a 12 GB card of one name are 1.5 apart
  if (gpu.kind != "gpu" || gpu.unified || !gpu.name) return nullptr;
  for (const auto& device : devices) {
    if (!device.cpu.assumed || device.accelerators.empty()) continue;
    const auto& card = device.accelerators[0];
    if (card.memory_bytes && same_card(card.name, gpu.name->value) &&
        (!gpu.memory_bytes || apart(gpu.memory_bytes->value, *card.memory_bytes) < kApartMax))
      return &device;
  }
  return nullptr;
}

// What a chip brings along: its integrated accelerators. Those the kernel doesn't show are not added.
void add_chip_accelerators(const CatalogDevice& device, HardwareProfile& profile) {
  for (const auto& known : device.accelerators)
    for (auto& found : profile.accelerators) {
      const bool same = known.kind == "gpu" ? found.unified && !known.memory_bytes
                                            : !found.name || found.name->value == known.name || known.kind == "dla";
      if (found.kind == known.kind && same) add_compute(known, found);
    }
}

// Whether the record's memory is the kind that is in the machine, as far as that can be told.
bool same_memory_kind(const CatalogDevice& device, HardwareProfile& profile) {
  if (!profile.memory.type) return true;
  const std::string& type = profile.memory.type->value;
  const std::string kind = type.substr(0, type.find_first_of("-, "));
  if (!device.memory.type.starts_with(kind)) return false;
  const bool one_of_two =
      type.find(", 1 module") != std::string::npos && device.memory.type.find("dual channel") != std::string::npos;
  if (one_of_two)
    profile.skipped.push_back({"memory bus bandwidth", "only one module is in, the catalogue's figure is for two"});
  return !one_of_two;
}

void add_memory(const CatalogDevice& device, HardwareProfile& profile) {
  if (!same_memory_kind(device, profile)) return;
  fill(profile.memory.bus_bandwidth_GBps, device.memory.bandwidth_GBps);
  if (!profile.memory.type && !device.memory.type.empty())
    profile.memory.type = Fact<std::string>{device.memory.type, Provenance::kCatalogue};
}

void add_classes(const CatalogDevice& device, HardwareProfile& profile) {
  profile.id = device.id;
  profile.device_class = device.device_class;
  profile.preset_class = device.preset_class;
  profile.os_reserve_bytes = {device.os_reserve_bytes, Provenance::kCatalogue};
}

void add_board(const CatalogDevice& device, HardwareProfile& profile) {
  add_classes(device, profile);
  profile.name = device.name;
  profile.unified_memory = device.unified_memory;
  profile.thermal = device.thermal;
  fill(profile.power.idle_w, device.power.idle_w);
  fill(profile.power.load_w, device.power.load_w);
  fill(profile.power.tdp_w, device.power.tdp_w);
  fill(profile.power.supply_w, device.power.supply_w);
  add_memory(device, profile);
  add_chip_accelerators(device, profile);
  for (const auto& known : device.accelerators)
    for (auto& found : profile.accelerators)
      if (device.device_class == "accelerator_kit" && found.kind == known.kind)
        fill(found.memory_bytes, known.memory_bytes);
}

// Of another machine with the same chip only the chip's own properties hold.
void add_processor(const CatalogDevice& device, HardwareProfile& profile) {
  if (profile.id.empty()) {
    add_classes(device, profile);
    if (profile.power.battery) profile.device_class = "laptop";
    profile.thermal.throttle_c = device.thermal.throttle_c;
    fill(profile.power.tdp_w, device.power.tdp_w);
  }
  add_memory(device, profile);
  add_chip_accelerators(device, profile);
}

void add_card(const CatalogDevice& device, ProfileAccelerator& gpu, HardwareProfile& profile) {
  const auto& card = device.accelerators[0];
  fill(gpu.memory_bytes, card.memory_bytes);
  add_compute(card, gpu);
  if (!profile.id.empty()) return;
  const auto reserve = profile.os_reserve_bytes;
  add_classes(device, profile);
  profile.os_reserve_bytes = reserve;  // the record's is that of a host it assumes
  profile.thermal = device.thermal;
  fill(profile.power.tdp_w, device.power.tdp_w);
}

}  // namespace

void recognise_device(std::span<const CatalogDevice> devices, HardwareProfile& profile) {
  if (const auto* board = find_board(devices, profile)) return add_board(*board, profile);
  for (auto& gpu : profile.accelerators)
    if (const auto* device = find_card(devices, gpu)) add_card(*device, gpu, profile);
  if (const auto* device = find_processor(devices, profile)) add_processor(*device, profile);
}

}  // namespace hearth
