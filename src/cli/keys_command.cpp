// hearth keys add: a new API key for `serve --keys`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/api_key_file.h"
#include "cli/command.h"

namespace hearth::cli {
namespace {

struct KeyFlags {
  std::string name;
  std::string file;
  ApiKeyLimits limits;
};

int add_key(const CommandContext& context, const KeyFlags& flags) {
  const Output out = context.output();
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  const std::filesystem::path file =
      flags.file.empty() ? (*app)->home() / "api_keys" : std::filesystem::path(flags.file);
  auto clear = add_api_key(file, flags.name, flags.limits);
  if (!clear) return out.report(clear.error());
  if (out.json()) {
    out.print_json({{"name", flags.name}, {"key", *clear}, {"file", file.string()}});
  } else {
    out.print(*clear + "\n");
    out.note(out.dim(fmt::format("This is shown once. Its hash is in {}; use it with `hearth serve --keys {}`.",
                                 file.string(), file.string())));
  }
  return 0;
}

}  // namespace

void add_keys_command(CLI::App& program, CommandContext& context, Selection& selection) {
  CLI::App* keys = program.add_subcommand("keys", "API keys of the server");
  keys->require_subcommand(0, 1);
  CLI::App* add = keys->add_subcommand("add", "make a key, print it once, keep its hash");
  auto flags = std::make_shared<KeyFlags>();  // shared: CLI11 writes it, the body reads it, either may go first
  add->add_option("name", flags->name, "whose key it is")->required();
  add->add_option("--file", flags->file, "the key file (default: api_keys in the home folder)");
  add->add_option("--requests-per-minute", flags->limits.requests_per_minute, "0: no limit");
  add->add_option("--concurrent", flags->limits.concurrent_requests, "requests at once; 0: no limit");
  add->add_option("--tokens-per-minute", flags->limits.tokens_per_minute, "0: no limit");
  add->add_option("--priority", flags->limits.priority, "interactive, normal or background")
      ->check(CLI::IsMember({"interactive", "normal", "background"}));
  set_body(*add, context, selection, [flags](const CommandContext& ctx) { return add_key(ctx, *flags); });
}

}  // namespace hearth::cli
