// A simulated hour as one drawing: temperature, rung, tokens a second and battery over time, governed and ungoverned.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "app/device_simulation.h"

namespace hearth {

// An SVG file by itself, with its own style for light and dark grounds; may stand inside an HTML page.
[[nodiscard]] std::string simulation_svg(const DeviceSimulation& simulation);

// One HTML page that loads nothing: the figures, the drawing, every step of the governor, sources of the model.
[[nodiscard]] std::string simulation_html(const DeviceSimulation& simulation);

// Replaces the file. Errors as of platform/file.h.
[[nodiscard]] Status write_simulation_file(const std::filesystem::path& file, std::string_view content);

}  // namespace hearth
