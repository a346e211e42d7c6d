// Units of systemd. Source: systemd.service(5), systemd.exec(5), systemd.resource-control(5).
#include <fmt/format.h>

#include "base/display_text.h"
#include "deploy/engines.h"
#include "deploy/quoting.h"

namespace hearth {

std::string unit_text(const ServiceUnit& unit) {
  std::string out = comment_lines(unit.notes, "#");
  out += fmt::format("[Unit]\nDescription={}\nAfter=network.target\n", systemd_value(one_line(unit.description)));
  if (!unit.needed_path.empty()) {
    const bool absolute = unit.needed_path.front() == '/';
    out += fmt::format("AssertPathExists={}{}\n", absolute ? "" : "/var/lib/hearth/", systemd_value(unit.needed_path));
  }
  out += "\n[Service]\nType=exec\nDynamicUser=yes\nStateDirectory=hearth\nWorkingDirectory=/var/lib/hearth\n";
  out += "Environment=HOME=/var/lib/hearth\n";
  for (const auto& [name, value] : unit.environment)
    out += fmt::format("Environment={}\n", systemd_quote(name + "=" + value));
  out += "ExecStart=" + unit.program;
  for (const auto& argument : unit.arguments)
    out += (argument.rfind("--", 0) == 0 ? " \\\n  " : " ") + systemd_quote(argument);
  out += "\nRestart=on-failure\nRestartSec=5\n";
  if (unit.memory_max_bytes > 0) out += fmt::format("MemoryMax={}\n", unit.memory_max_bytes);
  if (unit.locks_memory) out += "LimitMEMLOCK=infinity\n";
  if (unit.uses_devices) out += "SupplementaryGroups=video render\n";
  if (unit.offline) out += "IPAddressDeny=any\nIPAddressAllow=localhost\n";
  out += "NoNewPrivileges=yes\nProtectSystem=strict\nProtectHome=read-only\nPrivateTmp=yes\n";
  return out + "\n[Install]\nWantedBy=multi-user.target\n";
}

}  // namespace hearth
