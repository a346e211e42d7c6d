// hearth models [list | add | remove | verify].
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/model_import.h"
#include "app/starter_model.h"
#include "base/units.h"
#include "cli/command.h"

namespace hearth::cli {
namespace {

using nlohmann::ordered_json;

struct ModelFlags {
  std::string name;
  std::string file;
  bool replace = false;
};

ordered_json to_json(const StoredModel& model) {
  return {{"name", model.name},     {"bytes", model.bytes},       {"sha256", model.sha256},
          {"format", model.format}, {"licence", model.licence},   {"source", model.source},
          {"note", model.note},     {"added_at", model.added_at}, {"path", model.path.string()}};
}

Result<std::unique_ptr<HearthApp>> app_with_starter(const CommandContext& context) {
  HEARTH_ASSIGN(app, context.make_app());
  HEARTH_ASSIGN(starter, ensure_starter(app->store()));
  (void)starter;
  return app;
}

int list_models(const CommandContext& context) {
  const Output out = context.output();
  auto app = app_with_starter(context);
  if (!app) return out.report(app.error());
  std::vector<std::string> damaged;
  auto models = (*app)->store().list(&damaged);
  if (!models) return out.report(models.error());
  if (out.json()) {
    ordered_json list = ordered_json::array();
    for (const auto& model : *models) list.push_back(to_json(model));
    out.print_json({{"models", list}, {"damaged", damaged}});
    return 0;
  }
  out.print(fmt::format("{:<28} {:>10}  {:<8} {}\n", "NAME", "SIZE", "FORMAT", "LICENCE"));
  for (const auto& model : *models) {
    out.print(fmt::format("{:<28} {:>10}  {:<8} {}\n", model.name, format_bytes(model.bytes), model.format,
                          model.licence.empty() ? "unknown" : model.licence));
    if (!model.note.empty()) out.print(fmt::format("{:<28} {}\n", "", model.note));
  }
  for (const auto& name : damaged)
    out.note(fmt::format("The record of '{}' is damaged; `hearth models remove {}` clears it.", name, name));
  return 0;
}

int add(const CommandContext& context, const ModelFlags& flags) {
  const Output out = context.output();
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  auto added = import_model((*app)->store(), (*app)->registry(), {flags.file, flags.name, flags.replace});
  if (!added) return out.report(added.error());
  if (out.json())
    out.print_json(to_json(*added));
  else
    out.print(fmt::format("Stored {} ({}, {}).\n", added->name, format_bytes(added->bytes), added->format));
  return 0;
}

int remove(const CommandContext& context, const ModelFlags& flags) {
  const Output out = context.output();
  auto app = context.make_app();
  if (!app) return out.report(app.error());
  auto freed = (*app)->store().remove(flags.name);
  if (!freed) return out.report(freed.error());
  if (out.json())
    out.print_json({{"name", flags.name}, {"freed_bytes", *freed}});
  else
    out.print(fmt::format("Removed {}; {} freed.\n", flags.name, format_bytes(*freed)));
  return 0;
}

int verify(const CommandContext& context, const ModelFlags& flags) {
  const Output out = context.output();
  auto app = app_with_starter(context);
  if (!app) return out.report(app.error());
  auto model = (*app)->store().find(flags.name);
  if (!model) return out.report(model.error());
  if (auto intact = (*app)->store().verify(*model); !intact) return out.report(intact.error());
  if (out.json())
    out.print_json({{"name", model->name}, {"sha256", model->sha256}, {"intact", true}});
  else
    out.print(fmt::format("{} is intact (SHA-256 {}).\n", model->name, model->sha256));
  return 0;
}

}  // namespace

void add_models_command(CLI::App& program, CommandContext& context, Selection& selection) {
  CLI::App* models = program.add_subcommand("models", "the models stored on this machine");
  models->require_subcommand(0, 1);
  auto flags = std::make_shared<ModelFlags>();  // shared: CLI11 writes it, the body reads it, either may go first

  CLI::App* list_command = models->add_subcommand("list", "list them (the default)");
  set_body(*list_command, context, selection, list_models);
  CLI::App* add_command = models->add_subcommand("add", "copy a model file into the store");
  add_command->add_option("file", flags->file, "the model file")->required();
  add_command->add_option("--name", flags->name, "its name in the store (default: the file's name)");
  add_command->add_flag("--replace", flags->replace, "put it in place of a model of that name");
  set_body(*add_command, context, selection, [flags](const CommandContext& ctx) { return add(ctx, *flags); });
  CLI::App* remove_command =
      models->add_subcommand("remove", "remove a name, and its bytes when no other name has them");
  remove_command->add_option("name", flags->name)->required();
  set_body(*remove_command, context, selection, [flags](const CommandContext& ctx) { return remove(ctx, *flags); });
  CLI::App* verify_command = models->add_subcommand("verify", "read a model again and compare its hash");
  verify_command->add_option("name", flags->name)->required();
  set_body(*verify_command, context, selection, [flags](const CommandContext& ctx) { return verify(ctx, *flags); });

  models->add_flag("--json", context.json, "print one JSON document on standard output and nothing else");
  models->parse_complete_callback([&selection] { selection.body = list_models; });  // a subcommand's body replaces it
}

}  // namespace hearth::cli
