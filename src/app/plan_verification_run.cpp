#include "app/plan_verification_run.h"

#include "app/machine_probe.h"
#include "app/plan_verification_input.h"

namespace hearth {

Result<VerifiedPlan> run_verification(HearthApp& app, const std::filesystem::path& given, const VerifyOptions& options,
                                      const CallBounds& bounds,
                                      const std::function<void(const std::string&)>& on_progress) {
  HEARTH_ASSIGN(input, open_plan(given, app.home()));
  ProbeRequest probe;
  probe.quick = true;
  probe.home = app.home();
  probe.data_folder = app.installation().data_folder;
  HEARTH_ASSIGN(machine, probe_machine(probe));
  std::vector<std::string> notices;
  if (auto same = check_machine(input.plan, machine); !same) {
    if (!options.force) return fail(std::move(same).error());
    notices.push_back(same.error().message);
  }
  VerifiedPlan out;
  out.ledger_file = app.home() / kLedgerFile;
  auto ledger = Ledger::open(out.ledger_file);
  if (!ledger) notices.push_back("nothing is recorded: " + to_string(ledger.error()));
  HEARTH_ASSIGN(server, running_server(app.home()));
  if (server && server->unix_socket.empty()) server.reset();  // it only starts: nothing to ask yet
  const VerifyHost host{app.session_host(), ledger ? &*ledger : nullptr,   machine_key(machine), on_progress, server,
                        app.home(),         app.installation().data_folder};
  HEARTH_ASSIGN(report, verify_plan(host, input.plan, options, bounds));
  out.report = std::move(report);
  if (ledger) notices.insert(notices.end(), ledger->notices().begin(), ledger->notices().end());
  out.report.notices.insert(out.report.notices.begin(), notices.begin(), notices.end());
  out.path = std::move(input.path);
  return out;
}

}  // namespace hearth
