// hearth airgap.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/airgap_proof.h"
#include "cli/command.h"

namespace hearth::cli {
namespace {

int prove(const CommandContext& context) {
  const Output out = context.output();
  const auto proof = prove_airgap();
  if (!proof) return out.report(proof.error());
  const int status = proof->pass() ? 0 : error_code_info(ErrorCode::kVerificationFailed).exit_status;
  if (out.json()) {
    out.print_json(airgap_to_json(*proof));
    return status;
  }
  for (const AirgapStep& each : proof->steps) {
    const bool good = each.refused.empty() && each.fault.empty();
    out.print(fmt::format("{:<6} {:<34} {:>6.1f} s  {:>6} calls looked at\n", good ? "clean" : "FAILED", each.what,
                          each.seconds, each.n_calls));
    for (const WatchedCall& call : each.refused)
      out.print(fmt::format("       {} of {} (process {}) to {}\n", call.call, call.process, call.pid, call.to));
    if (!each.fault.empty()) out.print("       " + each.fault + "\n");
  }
  if (!proof->own_network)
    out.note("the system gave no network namespace: the calls were watched and refused, in the machine's own network");
  out.print(proof->pass() ? "Nothing tried to leave this machine.\n" : "The airgap is not proved.\n");
  return status;
}

}  // namespace

void add_airgap_command(CLI::App& program, CommandContext& context, Selection& selection) {
  CLI::App* airgap = program.add_subcommand("airgap", "that nothing leaves this machine");
  airgap->require_subcommand(1);
  CLI::App* command = airgap->add_subcommand(
      "prove",
      "plan, pull, run and serve with every socket watched by the kernel; status 7 where one leaves the machine");
  set_body(*command, context, selection, [](const CommandContext& ctx) { return prove(ctx); });
}

}  // namespace hearth::cli
