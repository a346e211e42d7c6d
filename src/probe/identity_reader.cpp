#include "probe/identity_reader.h"

#include <array>

#include "probe/cpu_reader.h"

namespace hearth {
namespace {

constexpr const char* kDmi = "sys/class/dmi/id/";

// What boards that carry no name of their own say instead.
bool is_placeholder(const std::string& text) {
  for (const char* none : {"", "To Be Filled By O.E.M.", "System Product Name", "System manufacturer", "Default string",
                           "Not Specified", "Not Applicable", "O.E.M.", "Unknown", "None"})
    if (text == none) return true;
  return false;
}

std::string dmi(const SystemTree& tree, const char* name) {
  auto text = tree.text(std::string(kDmi) + name).value_or(std::string());
  return is_placeholder(text) ? std::string() : text;
}

std::string unquoted(std::string text) {
  if (text.size() >= 2 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0])
    text = text.substr(1, text.size() - 2);
  return text;
}

std::string container_of(const SystemTree& tree) {
  const auto groups =
      tree.text("proc/self/cgroup").value_or(std::string()) + "\n" + tree.text("proc/1/cgroup").value_or(std::string());
  if (tree.has("var/run/secrets/kubernetes.io") || groups.find("kubepods") != std::string::npos) return "kubernetes";
  if (tree.has("run/.containerenv")) return "podman";
  if (tree.has(".dockerenv") || groups.find("/docker/") != std::string::npos) return "docker";
  if (groups.find("/lxc") != std::string::npos) return "lxc";
  const auto manager = tree.text("run/systemd/container").value_or(std::string());
  if (!manager.empty()) return manager;
  const auto version = lower_case(tree.text("proc/version").value_or(std::string()));
  return version.find("microsoft") != std::string::npos ? "wsl" : std::string();
}

std::string hypervisor_of(const SystemTree& tree) {
  constexpr std::array<std::pair<const char*, const char*>, 12> kMakers = {{{"qemu", "kvm"},
                                                                            {"kvm", "kvm"},
                                                                            {"google compute engine", "kvm"},
                                                                            {"amazon ec2", "kvm"},
                                                                            {"openstack", "kvm"},
                                                                            {"digitalocean", "kvm"},
                                                                            {"vmware", "vmware"},
                                                                            {"virtual machine", "hyperv"},
                                                                            {"virtualbox", "virtualbox"},
                                                                            {"xen", "xen"},
                                                                            {"parallels", "parallels"},
                                                                            {"bochs", "vm"}}};
  const auto entries = parse_cpuinfo(tree.text("proc/cpuinfo").value_or(std::string()));
  bool flagged = false;
  if (!entries.empty())
    if (const auto flags = entries[0].find("flags"); flags != entries[0].end())
      flagged = (" " + flags->second + " ").find(" hypervisor ") != std::string::npos;
  const auto type = tree.text("sys/hypervisor/type").value_or(std::string());
  const auto names =
      lower_case(dmi(tree, "sys_vendor") + " " + dmi(tree, "product_name") + " " + dmi(tree, "bios_vendor"));
  // Hosts of these makers exist too ("Google", "Amazon EC2" bare metal): the processor's flag decides where it can be
  // read, and it always can on x86.
  const bool x86 = !entries.empty() && entries[0].contains("flags");
  if (x86 && !flagged) return {};
  for (const auto& [word, name] : kMakers)
    if (names.find(word) != std::string::npos) return name;
  if (!type.empty()) return type;
  return flagged ? "vm" : std::string();
}

}  // namespace

MachineNames read_machine_names(const SystemTree& tree) {
  MachineNames names;
  names.board = tree.text("proc/device-tree/model").value_or(std::string());
  if (names.board.empty()) names.board = tree.text("sys/firmware/devicetree/base/model").value_or(std::string());
  if (!names.board.empty()) return names;
  const auto vendor = dmi(tree, "sys_vendor");
  // Lenovo puts a number into the product's name and the name into its version.
  auto product = vendor == "LENOVO" ? dmi(tree, "product_version") : dmi(tree, "product_name");
  if (product.empty()) product = dmi(tree, "product_name");
  if (product.empty()) product = dmi(tree, "board_name");
  const bool repeats = !vendor.empty() && lower_case(product).starts_with(lower_case(vendor));
  names.board = repeats || vendor.empty() ? product : product.empty() ? std::string() : vendor + " " + product;
  return names;
}

std::string read_virtualisation(const SystemTree& tree) {
  auto container = container_of(tree);
  return container.empty() ? hypervisor_of(tree) : container;
}

void read_identity(const SystemTree& tree, HardwareProfile& profile) {
  profile.architecture = cpu_architecture(parse_cpuinfo(tree.text("proc/cpuinfo").value_or(std::string())));
  const auto release = tree.text("etc/os-release").value_or(std::string());
  const auto kernel = tree.text("proc/sys/kernel/osrelease").value_or(std::string());
  if (!release.empty() || !kernel.empty() || tree.has("proc/meminfo")) profile.os = "linux";
  if (auto name = unquoted(value_of(release, "PRETTY_NAME")); !name.empty())
    profile.os_version = Fact<std::string>{name};
  if (!kernel.empty()) profile.kernel = Fact<std::string>{kernel};
  profile.virtualisation = read_virtualisation(tree);
  profile.name = read_machine_names(tree).board;
  if (profile.name.empty() && profile.cpu.model) profile.name = profile.cpu.model->value;
  if (profile.name.empty()) profile.name = "this machine";
}

}  // namespace hearth
