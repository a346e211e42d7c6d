// What was found, painted into its picture and written to a file.
#pragma once

#include <filesystem>
#include <string>

#include "app/picture_inputs.h"
#include "pipeline/vision_work.h"

namespace hearth {

// Paints into the work's own picture (decoded whole, RGB). `target` is the file where there is one picture and it is no
// folder; else a folder, made where need be, in which each gets its name ("frame-000012.jpg" of a stream). Returns the
// file. kInvalidArgument: a name whose ending is no format that is written. Errors of writing.
[[nodiscard]] Result<std::string> paint_result(const VisionRecipe& recipe, VisionWork& work,
                                               const std::filesystem::path& target, const PictureInput& input,
                                               bool only_one);

}  // namespace hearth
