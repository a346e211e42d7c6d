// hearth run speak.
#pragma once

#include "cli/command.h"

namespace hearth::cli {

// Of `run`.
void add_speak_command(CLI::App& run, CommandContext& context, Selection& selection);

}  // namespace hearth::cli
