// The files that a command's arguments name.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/result.h"

namespace hearth {

// What a folder is looked through for.
struct InputKind {
  std::span<const std::string_view> endings;  // of file names, in lower case
  std::string_view name;                      // "pictures"
  std::string_view hint;                      // says the endings
};

// In the order of `arguments`: a folder stands for the files of the kind in it, sorted; a pattern with *, ? or [ that
// is no file for what it matches. A file that is not there stays in, so that it is told as a failed item. kNotFound: a
// folder without such files, a pattern that matches nothing.
[[nodiscard]] Result<std::vector<std::string>> expand_input_paths(const std::vector<std::string>& arguments,
                                                                  const InputKind& kind);

}  // namespace hearth
