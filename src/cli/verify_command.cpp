// hearth verify.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/console.h"
#include "app/ledger_json.h"
#include "app/ledger_text.h"
#include "app/plan_verification_run.h"
#include "cli/command.h"

namespace hearth::cli {
namespace {

using nlohmann::ordered_json;

struct VerifyFlags {
  std::string plan;
  VerifyOptions options;
  double timeout_s = 0;
};

template <class T>
void put(ordered_json& out, const char* name, const std::optional<T>& value) {
  if (value) out[name] = *value;
}

void put(ordered_json& out, const char* name, const std::string& text) {
  if (!text.empty()) out[name] = text;
}

ordered_json to_json(const VerifyCheck& check) {
  ordered_json out = {{"name", check.name}};
  put(out, "task", check.task);
  put(out, "metric", check.metric);
  put(out, "unit", check.unit);
  put(out, "projected", check.projected);
  put(out, "low", check.low);
  put(out, "high", check.high);
  put(out, "measured", check.measured);
  put(out, "error", check.error);
  put(out, "spread", check.spread);
  if (check.n > 0) out["n"] = check.n;
  put(out, "pass", check.pass);
  if (check.disturbed) out["disturbed"] = true;
  put(out, "note", check.note);
  put(out, "skipped", check.skipped);
  return out;
}

ordered_json to_json(const VerifiedPlan& verified) {
  const auto& report = verified.report;
  ordered_json checks = ordered_json::array();
  std::size_t skipped = 0;
  for (const auto& check : report.checks) {
    checks.push_back(to_json(check));
    if (!check.skipped.empty()) ++skipped;
  }
  return {{"plan", verified.path.string()},
          {"machine", report.machine},
          {"conditions", conditions_to_json(report.conditions)},
          {"checks", std::move(checks)},
          {"passed", report.passed()},
          {"failed", report.failed()},
          {"skipped", skipped},
          {"pass", report.pass()},
          {"ledger", {{"path", verified.ledger_file.string()}, {"recorded", report.recorded}}},
          {"notices", report.notices}};
}

std::string bounds_text(const VerifyCheck& check) {
  if (!check.projected) return "-";
  std::string text = figure_text(*check.projected, check.unit);
  const bool spelled = check.unit == "bytes" || check.unit == "share";  // written with a unit that depends on the size
  if (check.low && check.high && *check.low == 0)
    return text + fmt::format(" (at most {})", figure_text(*check.high, check.unit));
  if (check.low && check.high)
    text += fmt::format(" ({}–{})", figure_text(*check.low, spelled ? check.unit : ""),
                        figure_text(*check.high, spelled ? check.unit : ""));
  return text;
}

std::string verdict(const VerifyCheck& check) {
  if (!check.pass) return "measured";
  if (!*check.pass) return "FAIL";
  return "pass";
}

std::string conditions_text(const LedgerConditions& c) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (c.temperature_c) add(fmt::format("{:.0f} °C", *c.temperature_c));
  if (!c.power.empty()) add(c.power == "ac" ? "on mains" : "on battery");
  if (c.load && c.load_after) add(fmt::format("load {:.1f} before, {:.1f} after", *c.load, *c.load_after));
  if (c.other_cpu_share)
    add(fmt::format("other programs took up to {:.0f} % of the processors", *c.other_cpu_share * 100));
  return text;
}

// Blanks up to a width counted in characters: the texts hold dashes and degree signs.
std::string padded(const std::string& text, std::size_t width) {
  std::size_t characters = 0;
  for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return text + std::string(characters < width ? width - characters : 1, ' ');
}

void print_report(const Output& out, const VerifiedPlan& verified) {
  const auto& report = verified.report;
  out.print(padded("check", 26) + padded("projected (low–high)", 38) + padded("measured", 16) + padded("error", 10) +
            "result\n");
  for (const auto& check : report.checks) {
    if (!check.skipped.empty()) {
      out.print(padded(check.name, 26) + "skipped: " + check.skipped + "\n");
      continue;
    }
    out.print(padded(check.name, 26) + padded(bounds_text(check), 38) +
              padded(check.measured ? figure_text(*check.measured, check.unit) : "-", 16) +
              padded(check.error ? percent_text(*check.error) : "-", 10) + verdict(check) +
              (check.note.empty() ? "" : "  " + check.note) + "\n");
  }
  for (const auto& notice : report.notices) out.note("note: " + notice);
  if (const auto text = conditions_text(report.conditions); !text.empty()) out.note(out.dim("conditions: " + text));
  out.note(out.dim(fmt::format("{} records in {}", report.recorded, verified.ledger_file.string())));
  out.print(report.pass() ? fmt::format("The plan holds: {} checks passed.\n", report.passed())
                          : fmt::format("The plan does not hold: {} of {} checks are outside its bounds.\n",
                                        report.failed(), report.failed() + report.passed()));
}

int verify(const CommandContext& context, const VerifyFlags& flags) {
  const Output out = context.output();
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  const CancelToken cancel;
  const InterruptGuard guard(cancel);
  CallBounds bounds;
  bounds.cancel = &cancel;
  if (flags.timeout_s > 0)
    bounds.deadline =
        std::chrono::steady_clock::now() +
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(flags.timeout_s));
  const auto verified = run_verification(**app, flags.plan, flags.options, bounds,
                                         [&out](const std::string& what) { out.note(out.dim(what)); });
  if (!verified) return out.report(verified.error());
  if (out.json())
    out.print_json(to_json(*verified));
  else
    print_report(out, *verified);
  return verified->report.pass() ? 0 : error_code_info(ErrorCode::kVerificationFailed).exit_status;
}

}  // namespace

void add_verify_command(CLI::App& program, CommandContext& context, Selection& selection) {
  CLI::App* command = program.add_subcommand("verify", "measure what a plan promises on this machine and compare");
  auto flags = std::make_shared<VerifyFlags>();  // shared: CLI11 writes it, the body reads it, either may go first
  command->add_option("plan", flags->plan, "a plan.json, or the folder that holds it (default: the current plan)");
  command
      ->add_option("--seconds", flags->options.sustained_s, "decode so long for the sustained speed; 0 leaves it out")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  command->add_option("--repeats", flags->options.repeats, "undisturbed samples of each figure")
      ->check(CLI::Range(1U, 1000U))
      ->capture_default_str();
  command
      ->add_option("--tolerance", flags->options.tolerance,
                   "share by which a figure may leave the plan's bounds: 0.1 is a tenth")
      ->check(CLI::Range(0.0, 10.0))
      ->capture_default_str();
  command->add_flag("--force", flags->options.force, "go on although the plan is for another machine or file");
  command->add_option("--timeout-s", flags->timeout_s, "give up after so many seconds")->check(CLI::PositiveNumber);
  set_body(*command, context, selection, [flags](const CommandContext& ctx) { return verify(ctx, *flags); });
}

}  // namespace hearth::cli
