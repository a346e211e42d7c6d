// hearth plan.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/plan_maker.h"
#include "app/plan_text.h"
#include "cli/command.h"

namespace hearth::cli {
namespace {

constexpr int kColumns = 80;
constexpr double kBytesPerGiB = 1024.0 * 1024.0 * 1024.0;

struct PlanFlags {
  std::vector<std::string> words, tasks, models, uses;
  PlanRequest request;
  std::uint64_t context = 0;
  std::uint32_t gpus = 0;
  std::string precision, kv_type, power, quality = "balanced";
  double ttft_ms = 0, tok_s = 0, budget_gib = 0, memory_gib = 0;
  std::string out;
  bool report = false;
};

template <class T>
std::optional<T> given(T value) {
  return value != T{} ? std::optional<T>(value) : std::nullopt;
}

PlanOrder order_of(const PlanFlags& flags) {
  PlanOrder order;
  order.words = fmt::format("{}", fmt::join(flags.words, " "));
  order.models = flags.models;
  order.flags = flags.request;
  PlanRequest& request = order.flags;
  for (const auto& task : flags.tasks) request.wishes.push_back({task, "", false});
  request.uses = flags.uses;
  request.context_length = given(flags.context);
  request.accelerators = given(flags.gpus);
  request.precision = given(flags.precision);
  request.kv_type = given(flags.kv_type);
  request.slo_ttft_ms = given(flags.ttft_ms);
  request.slo_tok_s = given(flags.tok_s);
  if (flags.budget_gib > 0) request.budget_bytes = static_cast<std::uint64_t>(flags.budget_gib * kBytesPerGiB);
  if (flags.memory_gib > 0) request.memory_bytes = static_cast<std::uint64_t>(flags.memory_gib * kBytesPerGiB);
  if (!flags.power.empty()) request.power = flags.power == "battery" ? PlanPower::kBattery : PlanPower::kMains;
  if (flags.quality == "fast") request.quality = PlanQuality::kFast;
  if (flags.quality == "high") request.quality = PlanQuality::kHigh;
  return order;
}

// A plan that leaves a task unserved is printed and kept like any other; the status tells scripts.
int plan(const CommandContext& context, const PlanFlags& flags) {
  const Output out = context.output();
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  PlanOrder order = order_of(flags);
  order.flags.offline = order.flags.offline || context.environment.offline;
  auto made = plan_order(**app, order);
  if (!made) return out.report(made.error());
  if (auto kept = write_plan_folder(*made, current_plan_folder((*app)->home())); !kept) return out.report(kept.error());
  if (!flags.out.empty())
    if (auto written = write_plan_folder(*made, flags.out); !written) return out.report(written.error());
  if (out.json())
    out.print(plan_document(made->plan));
  else
    out.print(
        plan_text(made->plan, {kColumns, context.stdout_is_terminal && !context.environment.no_color, flags.report}));
  if (!flags.out.empty())
    out.note(fmt::format("Written to {}: plan.json, report.md, report.html and {} configuration files.", flags.out,
                         made->plan.configs.size()));
  return made->plan.approved() ? 0 : error_code_info(ErrorCode::kDoesNotFit).exit_status;
}

}  // namespace

void add_plan_command(CLI::App& program, CommandContext& context, Selection& selection) {
  CLI::App* command = program.add_subcommand(
      "plan", "what to run on a machine: models, precision, runtime, memory, speed, risks, configs");
  auto flags = std::make_shared<PlanFlags>();  // shared: CLI11 writes it, the body reads it, either may go first
  command->add_option("words", flags->words, "a wish in plain words: \"voice assistant on a Raspberry Pi 5, offline\"");
  command
      ->add_option("--task", flags->tasks, "chat, code, image_chat, vision, classify, segment, stt, tts, embed, rerank")
      ->delimiter(',');
  command->add_option("--device", flags->request.device,
                      "a device of the catalogue, a profile's file, or probe: this machine");
  command->add_option("-m,--model", flags->models, "a model of the catalogue or a file; for several tasks, several")
      ->delimiter(',');
  command
      ->add_option("--use", flags->uses,
                   "what chat is for: reasoning, maths, code, retrieval, ... (raises the floor of precision)")
      ->delimiter(',');
  command->add_option("--ctx", flags->context, "tokens for each user")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40U));
  command->add_option("--users", flags->request.users, "users at once")
      ->check(CLI::Range(1U, 4096U))
      ->capture_default_str();
  command->add_option("--precision", flags->precision, "of the weights: Q4_K_M, AWQ, FP8, ...");
  command->add_option("--kv-type", flags->kv_type, "of the KV cache: f16, q8_0, q4_0");
  command->add_option("--slo-ttft-ms", flags->ttft_ms, "time to the first token, at most")->check(CLI::PositiveNumber);
  command->add_option("--slo-tok-s", flags->tok_s, "tokens/s for each user, at least")->check(CLI::PositiveNumber);
  command->add_flag("--offline", flags->request.offline, "nothing remote is proposed, and configs fetch nothing");
  command->add_flag("--privacy", flags->request.privacy, "nothing leaves the device");
  command->add_flag("--commercial", flags->request.commercial, "only licences that allow commercial use");
  command->add_option("--power", flags->power, "battery or ac")->check(CLI::IsMember({"battery", "ac"}));
  command->add_option("--quality", flags->quality, "fast, balanced or high")
      ->check(CLI::IsMember({"fast", "balanced", "high"}))
      ->capture_default_str();
  command->add_option("--gpus", flags->gpus, "so many cards of the device's kind")->check(CLI::Range(1U, 64U));
  command->add_option("--budget-gib", flags->budget_gib, "memory the plan may take in all")->check(CLI::PositiveNumber);
  command->add_option("--memory-gib", flags->memory_gib, "the device has this much memory")->check(CLI::PositiveNumber);
  command->add_option("--out", flags->out, "folder for plan.json, the report and configuration files");
  command->add_flag("--report", flags->report, "print the whole report, not one screen of it");
  set_body(*command, context, selection, [flags](const CommandContext& ctx) { return plan(ctx, *flags); });
}

}  // namespace hearth::cli
