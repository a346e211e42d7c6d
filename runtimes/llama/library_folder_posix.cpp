#include <dlfcn.h>

#include "library_folder.h"

namespace hearth::llama {

std::filesystem::path folder_of_library_with(const void* function) {
  Dl_info info{};
  if (dladdr(function, &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code ignored;
  const auto real = std::filesystem::weakly_canonical(info.dli_fname, ignored);
  return real.parent_path();
}

}  // namespace hearth::llama
