// hearth ledger.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/ledger_html.h"
#include "app/ledger_json.h"
#include "app/ledger_text.h"
#include "app/ledger_view.h"
#include "cli/command.h"

namespace hearth::cli {
namespace {

struct LedgerFlags {
  std::string html;  // a file, or "-"
  std::string machine, kind;
  std::uint64_t limit = 0;  // 0: all
};

constexpr const char* kEmpty =
    "The ledger is empty: `hearth verify` measures the current plan on this machine and writes down what it finds.\n";

void print_table(const Output& out, const std::vector<LedgerComponent>& components) {
  out.print(fmt::format("{:<24}{:>8}{:>11}{:>16}{:>14}  {}\n", "figure", "records", "disturbed", "median |error|",
                        "median error", "trend"));
  std::string machine;
  for (const auto& c : components) {
    if (c.machine != machine) out.print(fmt::format("{}\n", c.machine));
    machine = c.machine;
    out.print(fmt::format("  {:<22}{:>8}{:>11}{:>16}{:>14}  {}", c.metric, c.n, c.disturbed,
                          c.median_abs_error ? percent_text(*c.median_abs_error) : "-",
                          c.median_error ? percent_text(*c.median_error) : "-", to_string(c.trend)));
    if (c.periods.size() > 1) {
      out.print(" (");
      for (std::size_t i = 0; i < c.periods.size(); ++i)
        out.print(fmt::format("{}{:.0f}", i == 0 ? "" : " → ", c.periods[i].median_abs_error * 100));
      out.print(" %)");
    }
    out.print("\n");
  }
}

int show(const CommandContext& context, const LedgerFlags& flags) {
  const Output out = context.output();
  if (out.json() && !flags.html.empty())
    return out.report(Error(ErrorCode::kInvalidArgument, "--json and --html are two forms of one answer", "give one"));
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  LedgerFilter filter;
  filter.machine = flags.machine;
  filter.kind = flags.kind;
  filter.newest = flags.limit;
  const auto view = view_ledger((*app)->home(), filter);
  if (!view) return out.report(view.error());
  const auto& records = view->records;
  for (const auto& notice : view->notices) out.note("note: " + notice);
  if (out.json()) {
    out.print_json(ledger_to_json(records, view->notices));
    return 0;
  }
  if (!flags.html.empty()) {
    const std::string page = ledger_html(records);
    if (flags.html == "-") {
      out.print(page);
      return 0;
    }
    if (auto done = write_ledger_page(flags.html, page); !done) return out.report(done.error());
    out.note(fmt::format("{} records in {}", records.size(), flags.html));
    return 0;
  }
  if (records.empty()) {
    const bool filtered = !flags.machine.empty() || !flags.kind.empty();
    out.print(filtered ? "The ledger has no record of that machine and kind.\n" : kEmpty);
    return 0;
  }
  print_table(out, view->components);
  return 0;
}

}  // namespace

void add_ledger_command(CLI::App& program, CommandContext& context, Selection& selection) {
  CLI::App* command = program.add_subcommand("ledger", "how well projections did on this machine: error by component");
  auto flags = std::make_shared<LedgerFlags>();  // shared: CLI11 writes it, the body reads it, either may go first
  command->add_option("--html", flags->html, "write a page with plots into this file; - is standard output");
  command->add_option("--limit", flags->limit, "only the newest so many records")->check(CLI::Range(1U, 1U << 30U));
  command->add_option("--machine", flags->machine, "only records of this machine");
  command->add_option("--kind", flags->kind, "only records of this kind")
      ->check(CLI::IsMember({"speed", "latency", "memory", "placement", "quality"}));
  set_body(*command, context, selection, [flags](const CommandContext& ctx) { return show(ctx, *flags); });
}

}  // namespace hearth::cli
