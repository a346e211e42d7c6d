// What was found in a picture, as a line for programs and one for people.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "app/vision_run.h"

namespace hearth {

// {path, frame?, ...vision_json, resolution?, skip?, drawn?} or {path, frame?, skipped, ...}; the error is the caller's
// to add.
[[nodiscard]] nlohmann::ordered_json vision_line(const VisionResult& result, bool masks);
// "bus.jpg: 4 objects: bus 0.95, person 0.91 ... (12.3 ms)". Of a result without error.
[[nodiscard]] std::string vision_text(const VisionResult& result);

}  // namespace hearth
