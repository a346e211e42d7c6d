// Which operating system this is, by the name the catalogue's records use.
#pragma once

namespace hearth {

// "linux", "macos".
[[nodiscard]] const char* operating_system();

}  // namespace hearth
