// --transport: where a runtime lives.
#pragma once

#include <string>

#include "app/text_session.h"

namespace CLI {
class App;
}

namespace hearth::cli {

// Adds it to a command; `text` is what its help says.
void add_transport_flag(CLI::App& command, std::string& value, const std::string& text);

// What the flag's value stands for; the parser has let no other through.
[[nodiscard]] TransportChoice transport_of(const std::string& value);

}  // namespace hearth::cli
