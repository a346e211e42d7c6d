#include <dlfcn.h>
#include <ggml-backend.h>

#include <filesystem>

#include "whisper_library.h"

namespace hearth::whisper {

std::vector<std::string> backend_folders() {
  Dl_info info{};
  const auto* function = reinterpret_cast<const void*>(&ggml_backend_load_all_from_path);
  if (dladdr(function, &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code ignored;
  const auto folder = std::filesystem::weakly_canonical(info.dli_fname, ignored).parent_path();
  return {folder.string(), (folder.parent_path() / "bin").string()};
}

}  // namespace hearth::whisper
