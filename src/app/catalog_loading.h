// The catalogue and the fitted speeds of this installation, read from its data folder.
#pragma once

#include <filesystem>

#include "catalog/catalog.h"
#include "estimate/speed_model.h"
#include "hearth/result.h"

namespace hearth {

// InvalidData or NotFound naming the file. The records were checked when they were installed: their schemas are not
// applied again.
[[nodiscard]] Result<Catalog> load_catalog(const std::filesystem::path& data_folder);

[[nodiscard]] Result<SpeedModel> load_speed_model(const std::filesystem::path& data_folder);

}  // namespace hearth
