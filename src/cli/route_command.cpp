// hearth route: where a request would go and why; many at once; learning from a user's own examples; what was learnt.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/route_command_work.h"
#include "cli/command.h"

namespace hearth::cli {
namespace {

struct RouteFlags {
  RouteOrder order;
  std::string security = "open", quality;
  std::string rows, out;
  std::string learn_file;
  bool undo = false;
};

// The order with what was given as words; CLI11 has checked them.
RouteOrder order_of(const RouteFlags& flags) {
  RouteOrder order = flags.order;
  for (std::size_t i = 0; i < kSecurityNames.size(); ++i)
    if (kSecurityNames[i] == flags.security) order.security = static_cast<SecurityLevel>(i);
  for (std::size_t i = 0; i < kQualityNames.size(); ++i)
    if (kQualityNames[i] == flags.quality) order.quality = static_cast<QualityWish>(i);
  return order;
}

int route_rows_of(const Output& out, HearthApp& app, const RouteFlags& flags) {
  auto done = route_rows(app, order_of(flags), flags.rows, flags.out);
  if (!done) return out.report(done.error());
  if (out.json())
    out.print_json({{"rows", done->n_rows}, {"out", flags.out}, {"p50_us", done->p50_us}, {"p99_us", done->p99_us}});
  else
    out.print(fmt::format("Routed {} rows into {}: half within {:.0f} us, 99 % within {:.0f} us.\n", done->n_rows,
                          flags.out, done->p50_us, done->p99_us));
  return 0;
}

int route(const CommandContext& context, const RouteFlags& flags) {
  const Output out = context.output();
  if (!flags.rows.empty() && flags.out.empty())
    return out.report(Error(ErrorCode::kInvalidArgument, "--rows needs a file for the result", "add --out FILE"));
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  if (!flags.rows.empty()) return route_rows_of(out, **app, flags);
  if (flags.order.text.empty() && flags.order.images.empty() && flags.order.audio.empty())
    return out.report(Error(ErrorCode::kInvalidArgument, "there is nothing to route",
                            "try `hearth route \"Summarize this page\"`, or `hearth route --help`"));
  auto explained = explain_route(**app, order_of(flags));
  if (!explained) return out.report(explained.error());
  if (!explained->notice.empty()) out.note(out.dim("note: " + explained->notice));
  if (out.json())
    out.print_json(explained->document);
  else
    out.print(explained->text);
  return 0;
}

int learn(const CommandContext& context, const RouteFlags& flags) {
  const Output out = context.output();
  if (flags.undo != flags.learn_file.empty())
    return out.report(Error(ErrorCode::kInvalidArgument,
                            flags.undo ? "--undo takes no file" : "there is no file to learn from",
                            "give a file of rows with \"text\" and \"label\", or --undo"));
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  auto learnt = flags.undo ? undo_learning(**app) : learn_examples(**app, flags.learn_file);
  if (!learnt) return out.report(learnt.error());
  if (out.json())
    out.print_json(learnt->document);
  else
    out.print(learnt->text);
  return 0;
}

int report(const CommandContext& context, const RouteFlags& flags) {
  const Output out = context.output();
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  auto told = route_report(**app, order_of(flags));
  if (!told) return out.report(told.error());
  if (out.json())
    out.print_json(told->document);
  else
    out.print(told->text);
  return 0;
}

void add_flags(CLI::App& command, RouteFlags& flags) {
  RouteOrder& order = flags.order;
  command.add_option("text", order.text, "the request; - reads it from standard input");
  command.add_option("--image", order.images, "a picture that comes with it")->delimiter(',');
  command.add_option("--audio", order.audio, "a recording that comes with it")->delimiter(',');
  command.add_flag("--speak", order.audio_wanted, "the answer is to be heard");
  command.add_flag("--tools", order.has_tools, "tools come with it");
  command.add_flag("--json-schema", order.has_json_schema, "the answer is held to a JSON Schema");
  command.add_option("--max-tokens", order.max_tokens, "most tokens of the answer");
  command.add_option("--security", flags.security, "open, private (stays on this machine) or airgap (its CPU engines)")
      ->check(CLI::IsMember({"open", "private", "airgap"}))
      ->capture_default_str();
  command.add_option("--quality", flags.quality, "fast, balanced or best")
      ->check(CLI::IsMember({"fast", "balanced", "best"}));
  command.add_option("--slo-ms", order.slo_ms, "the whole answer is wanted within this")
      ->check(CLI::Range(1U, 86'400'000U));
  command.add_option("--session", order.session, "the conversation's name: it stays where it is where that is free");
  command.add_option("--state", order.state_file, "the machine's state as JSON, instead of this machine's now");
  command.add_option("--plan", order.plan, "the plan whose models are targets (default: the current one)");
  command.add_option("--policy", order.policy, "a routing policy: a name or a .json file")->capture_default_str();
  command.add_flag("!--no-bandit", order.learnt, "decide by rules alone");
  command.add_option("--rows", flags.rows,
                     "route each line of this file: text, has_image, has_audio, has_tools, n_chars");
  command.add_option("--out", flags.out, "where the lines go with intent, confidence, stage, target, ... added");
}

}  // namespace

void add_route_command(CLI::App& program, CommandContext& context, Selection& selection) {
  CLI::App* command = program.add_subcommand("route", "say where a request would go, and why");
  auto flags = std::make_shared<RouteFlags>();  // shared: CLI11 writes it, the body reads it, either may go first
  add_flags(*command, *flags);
  set_body(*command, context, selection, [flags](const CommandContext& ctx) { return route(ctx, *flags); });
  CLI::App* teach = command->add_subcommand("learn", "retrain on this machine from your own examples");
  teach->add_option("file", flags->learn_file, "lines of JSON with \"text\" and \"label\"");
  teach->add_flag("--undo", flags->undo, "forget what was learnt last");
  set_body(*teach, context, selection, [flags](const CommandContext& ctx) { return learn(ctx, *flags); });
  CLI::App* tell = command->add_subcommand("report", "what came of the routes on this machine");
  set_body(*tell, context, selection, [flags](const CommandContext& ctx) { return report(ctx, *flags); });
}

}  // namespace hearth::cli
