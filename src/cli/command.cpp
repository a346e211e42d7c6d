#include "cli/command.h"

#include <CLI/CLI.hpp>

namespace hearth::cli {

Result<std::unique_ptr<HearthApp>> CommandContext::make_app() const {
  HEARTH_ASSIGN(installation, Installation::locate());
  return HearthApp::create(environment, installation, verbose ? LogLevel::kDebug : LogLevel::kError);
}

void set_body(CLI::App& command, CommandContext& context, Selection& selection, CommandBody body) {
  command.add_flag("--json", context.json, "print one JSON document on standard output and nothing else");
  command.final_callback([&selection, body = std::move(body)] { selection.body = body; });
}

}  // namespace hearth::cli
