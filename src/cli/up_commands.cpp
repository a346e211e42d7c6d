// hearth up, hearth down, hearth status: a plan as a running server.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/console.h"
#include "app/plan_verification_input.h"
#include "app/planned_models.h"
#include "app/server_client.h"
#include "app/server_control.h"
#include "cli/serving.h"
#include "cli/status_watch.h"

namespace hearth::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct UpFlags {
  ListenFlags listen;
  std::string plan;
  bool detach = false;
  std::uint64_t cache_ram_bytes = 512ULL << 20U;
  std::uint64_t cache_ssd_bytes = 4ULL << 30U;
};

int run_here(const CommandContext& context, HearthApp& app, const UpFlags& flags) {
  const Output out = context.output();
  auto input = open_plan(flags.plan, app.home());
  if (!input) return out.report(input.error());
  auto planned = planned_models(input->plan, app.store(), app.registry());
  if (!planned) return out.report(planned.error());
  for (const auto& notice : planned->notices) out.note(out.dim("note: " + notice));
  auto options = server_options(flags.listen, context.environment);
  if (!options) return out.report(options.error());
  for (auto& model : planned->models) {
    model.cache_ram_bytes = flags.cache_ram_bytes;
    model.cache_ssd_bytes = flags.cache_ssd_bytes;
  }
  options->models = std::move(planned->models);
  auto text = plan_text(input->path);
  if (!text) return out.report(text.error());
  options->plan_json = std::move(*text);
  return run_server(context, app, *options);
}

int detach(const CommandContext& context, HearthApp& app) {
  const Output out = context.output();
  auto started = start_server_detached(app.home(), context.arguments_without("--detach"));
  if (!started) return out.report(started.error());
  if (out.json())
    out.print_json({{"event", "ready"}, {"url", started->url}, {"pid", started->pid}});
  else
    out.print(fmt::format("Serving at {} (process {}); `hearth down` stops it, its log is {}\n", started->url,
                          started->pid, server_log(app.home()).string()));
  return 0;
}

int down(const CommandContext& context, double patience_s) {
  const Output out = context.output();
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  auto stopped = stop_server((*app)->home(), milliseconds(static_cast<std::int64_t>(patience_s * 1000)));
  if (!stopped) return out.report(stopped.error());
  if (out.json())
    out.print_json({{"event", "stopped"}, {"pid", stopped->pid}});
  else
    out.print(fmt::format("Stopped process {}.\n", stopped->pid));
  return 0;
}

void print_status(const Output& out, const RunningServer& server, const nlohmann::ordered_json& status) {
  out.print(fmt::format("{} (process {}, since {})\n", server.url, server.pid, server.started));
  for (const auto& model : status.value("models", nlohmann::ordered_json::array())) {
    out.print(fmt::format("  {:<28} {:<9} {:>9.1f} MB  rung {:<8} {} requests\n", model.value("name", ""),
                          model.value("state", ""), static_cast<double>(model.value("bytes", std::uint64_t{0})) / 1e6,
                          model.value("rung", ""), model.value("requests", 0)));
  }
  for (const auto& pool : status.value("pools", nlohmann::ordered_json::array())) {
    const std::string text = pool.dump();
    out.print("  pool " + text + "\n");
  }
}

Result<nlohmann::ordered_json> ask_status(HearthApp& app) {
  HEARTH_ASSIGN(server, require_server(app.home()));
  HEARTH_ASSIGN(answer, ask_server(server, "/v1/hearth/status", {}, milliseconds(5000)));
  auto document = nlohmann::ordered_json::parse(answer.body, nullptr, false);
  if (answer.status != 200 || !document.is_object())
    return fail(Error(ErrorCode::kUnavailable, fmt::format("the server answered with status {}", answer.status)));
  return document;
}

int status(const CommandContext& context) {
  const Output out = context.output();
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  auto server = require_server((*app)->home());
  if (!server) return out.report(server.error());
  auto document = ask_status(**app);
  if (!document) return out.report(document.error());
  if (out.json())
    out.print_json(*document);
  else
    print_status(out, *server, *document);
  return 0;
}

// Until Ctrl-C, or `times` times.
int watch_status(const CommandContext& context, std::uint32_t times) {
  const Output out = context.output();
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  const CancelToken cancel;
  const InterruptGuard guard(cancel);
  StatusWatch watch;
  for (std::uint32_t n = 1; !cancel.requested(); ++n) {
    auto document = ask_status(**app);
    if (!document) return out.report(document.error());
    if (out.json()) {
      out.print_json(*document);
    } else {
      if (context.stdout_is_terminal) out.print("\x1b[H\x1b[2J");  // Source: ECMA-48, CUP and ED
      out.print(watch.lines(*document));
    }
    if (n == times) break;
    for (int slept_ms = 0; slept_ms < 1000 && !cancel.requested(); slept_ms += 50)
      std::this_thread::sleep_for(milliseconds(50));
  }
  return 0;
}

}  // namespace

void add_up_commands(CLI::App& program, CommandContext& context, Selection& selection) {
  CLI::App* up = program.add_subcommand("up", "serve exactly what a plan says");
  auto flags = std::make_shared<UpFlags>();  // shared: CLI11 writes it, the body reads it, either may go first
  up->add_option("plan", flags->plan, "a plan's file or folder (default: the current plan)");
  up->add_flag("--detach", flags->detach, "go on in the background; returns when requests are answered");
  up->add_option("--cache-ram", flags->cache_ram_bytes, "bytes of RAM for computed prefixes, each model (0: none)")
      ->transform(CLI::AsSizeValue(false));
  up->add_option("--cache-ssd", flags->cache_ssd_bytes, "bytes on disk for computed prefixes (0: none)")
      ->transform(CLI::AsSizeValue(false));
  add_listen_flags(*up, flags->listen);
  set_body(*up, context, selection, [flags](const CommandContext& ctx) {
    auto app = ctx.make_app();
    if (!app) return ctx.output().report(app.error());
    return flags->detach ? detach(ctx, **app) : run_here(ctx, **app, *flags);
  });

  CLI::App* stop = program.add_subcommand("down", "stop the server of this home, after the requests under way");
  auto patience = std::make_shared<double>(60);
  stop->add_option("--patience-s", *patience, "how long to wait for it")->check(CLI::PositiveNumber);
  set_body(*stop, context, selection, [patience](const CommandContext& ctx) { return down(ctx, *patience); });

  CLI::App* show = program.add_subcommand("status", "what the server of this home holds and does");
  struct WatchFlags {
    bool watch = false;
    std::uint32_t times = 0;
  };
  auto watching = std::make_shared<WatchFlags>();
  show->add_flag("--watch", watching->watch, "every second until Ctrl-C, with plots of the last minute");
  show->add_option("--times", watching->times, "with --watch: so often (0: until Ctrl-C)");
  set_body(*show, context, selection, [watching](const CommandContext& ctx) {
    return watching->watch ? watch_status(ctx, watching->times) : status(ctx);
  });
}

}  // namespace hearth::cli
