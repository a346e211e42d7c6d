#include "app/input_paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "platform/file.h"
#include "platform/path_pattern.h"

namespace hearth {
namespace {

bool is_of(const InputKind& kind, const std::string& name) {
  std::string lower = name;
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::any_of(kind.endings, [&](std::string_view ending) { return lower.ends_with(ending); });
}

Result<std::vector<std::string>> files_of_folder(const std::string& folder, const InputKind& kind) {
  HEARTH_ASSIGN(names, list_folder(folder));
  std::vector<std::string> paths;
  for (const auto& name : names)
    if (is_of(kind, name)) paths.push_back((std::filesystem::path(folder) / name).string());
  if (paths.empty())
    return fail(ErrorCode::kNotFound, fmt::format("the folder {} holds no {}", folder, kind.name),
                std::string(kind.hint));
  return paths;
}

}  // namespace

Result<std::vector<std::string>> expand_input_paths(const std::vector<std::string>& arguments, const InputKind& kind) {
  std::vector<std::string> paths;
  for (const auto& argument : arguments) {
    const auto info = file_info(argument);
    if (info && info->kind == FileKind::kFolder) {
      HEARTH_ASSIGN(more, files_of_folder(argument, kind));
      paths.insert(paths.end(), more.begin(), more.end());
    } else if (!info && argument.find_first_of("*?[") != std::string::npos) {
      HEARTH_ASSIGN(more, matching_paths(argument));
      if (more.empty()) return fail(ErrorCode::kNotFound, fmt::format("nothing matches {}", argument));
      paths.insert(paths.end(), more.begin(), more.end());
    } else {
      paths.push_back(argument);
    }
  }
  return paths;
}

}  // namespace hearth
