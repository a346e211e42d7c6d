// hearth fit.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/model_fit.h"
#include "base/units.h"
#include "cli/command.h"

namespace hearth::cli {
namespace {

using nlohmann::ordered_json;

const std::map<std::string, Toggle> kToggles = {{"auto", Toggle::kAuto}, {"off", Toggle::kOff}, {"on", Toggle::kOn}};

ordered_json to_json(const FitReport& report) {
  ordered_json budgets = ordered_json::array();
  std::uint64_t budget_bytes = 0;
  for (const auto& budget : report.budgets) {
    budgets.push_back({{"pool", budget.pool}, {"bytes", budget.bytes}});
    budget_bytes += budget.bytes;
  }
  const std::uint64_t total = report.need.total_bytes();
  const std::uint64_t mapped = report.need.mapped_bytes();
  ordered_json out = {{"model", report.model},
                      {"precision", report.precision},
                      {"runtime", report.runtime},
                      {"basis", report.basis},
                      {"context_length", report.context_length},
                      {"users", report.users},
                      {"total_bytes", total},
                      {"components", report.need.by_component()},
                      {"mapped_bytes", mapped},
                      {"anonymous_bytes", total - mapped},
                      {"fits", report.fits},
                      {"budgets", std::move(budgets)},
                      {"budget_bytes", budget_bytes}};
  for (const char* component : {"kv_cache", "compute"})  // a model may need none of these; scripts look for them
    if (!out["components"].contains(component)) out["components"][component] = 0;
  if (report.precision.empty()) out.erase("precision");
  if (report.stored_weight_bytes) out["stored_weight_bytes"] = *report.stored_weight_bytes;
  if (report.fetched_bytes) out["fetched_bytes"] = *report.fetched_bytes;
  if (!report.notes.empty()) out["notes"] = report.notes;
  if (report.formula)
    out["formula"] = {{"total_bytes", report.formula->total_bytes()}, {"components", report.formula->by_component()}};
  return out;
}

void print_report(const Output& out, const FitReport& report) {
  out.print(fmt::format("{}{} on {}, {} tokens for each of {} user{} (by {})\n", report.model,
                        report.precision.empty() ? "" : " " + report.precision, report.runtime, report.context_length,
                        report.users, report.users == 1 ? "" : "s",
                        report.basis == fit_basis::kFormula ? "formula" : "the runtime's estimate"));
  for (const auto& [component, bytes] : report.need.by_component())
    out.print(fmt::format("  {:<18}{:>12}\n", component, format_bytes(bytes)));
  out.print(fmt::format("  {:<18}{:>12}  ({} of it file-mapped)\n", "total", format_bytes(report.need.total_bytes()),
                        format_bytes(report.need.mapped_bytes())));
  for (const auto& budget : report.budgets)
    out.print(fmt::format("  {:<18}{:>12} available\n", budget.pool, format_bytes(budget.bytes)));
  for (const auto& note : report.notes) out.print(note + ".\n");
  if (report.fetched_bytes) out.print(fmt::format("{} were fetched.\n", format_bytes(*report.fetched_bytes)));
  out.print(report.fits ? "It fits.\n" : "It does not fit.\n");
}

// A model that does not fit is an answer, not a fault: the report is printed, the status tells scripts.
int fit(const CommandContext& context, FitRequest request) {
  const Output out = context.output();
  request.offline = request.offline || context.environment.offline;
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  auto report = fit_model((*app)->session_host(), (*app)->installation().data_folder, request);
  if (!report) return out.report(report.error());
  if (out.json())
    out.print_json(to_json(*report));
  else
    print_report(out, *report);
  return report->fits ? 0 : error_code_info(ErrorCode::kDoesNotFit).exit_status;
}

}  // namespace

void add_fit_command(CLI::App& program, CommandContext& context, Selection& selection) {
  CLI::App* command =
      program.add_subcommand("fit", "memory by component for so many users and tokens, and whether it fits");
  auto request = std::make_shared<FitRequest>();  // shared: CLI11 writes it, the body reads it, either may go first
  command
      ->add_option("-m,--model", request->model,
                   "a model file or its https address, a name that `hearth models` lists, or a model of the catalogue")
      ->required();
  command->add_option("--precision", request->precision,
                      "of a model of the catalogue: Q4_K_M, Q8_0, FP16, ... (default: the floor for chat)");
  command->add_option("--runtime", request->runtime, "count for this runtime instead of the best-scoring one");
  command->add_option("--ctx", request->context_length, "tokens for each user (default: the model's, at most 4096)")
      ->check(CLI::Range(1U, 1U << 30U));
  command->add_option("--users", request->users, "users at once")->check(CLI::Range(1U, 4096U))->capture_default_str();
  command->add_option("--kv-type", request->kv_type, "precision of the KV cache: f16, q8_0, q4_0, ...")
      ->capture_default_str();
  command
      ->add_option_function<std::string>(
          "--flash-attention", [request](const std::string& word) { request->flash_attention = kToggles.at(word); })
      ->check(CLI::IsMember({"auto", "off", "on"}))
      ->default_str("auto");
  command->add_option("--micro-batch", request->micro_batch, "tokens one graph computes at most (default 512)")
      ->check(CLI::Range(1U, 65536U));
  command->add_flag("!--no-mmap", request->use_mmap, "read the weights into memory instead of mapping the file");
  command->add_flag("--offline", request->offline, "refuse addresses: nothing is fetched");
  set_body(*command, context, selection, [request](const CommandContext& ctx) { return fit(ctx, *request); });
}

}  // namespace hearth::cli
