// Turns what a user gives with -m into a file.
#pragma once

#include <filesystem>
#include <string>

#include "hearth/result.h"
#include "store/model_store.h"

namespace hearth {

struct ResolvedModel {
  std::string name;  // the store name, or the file's name
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  std::string note;  // what the user should know of it; may be empty
};

// A file that exists, else a name in the store; "starter" always works. Text with a path separator or a known model
// suffix is taken for a file only. kNotFound, kPermissionDenied, kInvalidData (a folder, an empty file).
[[nodiscard]] Result<ResolvedModel> resolve_model(const std::string& reference, const ModelStore& store);

}  // namespace hearth
