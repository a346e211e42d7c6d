#include <dlfcn.h>

#include <string>

#include "platform/file.h"
#include "platform/shared_library.h"

namespace hearth {

void SharedLibraryTraits::close(Type handle) { ::dlclose(handle); }

Result<SharedLibrary> open_shared_library(const std::filesystem::path& path) {
  HEARTH_ASSIGN(info, file_info(path));
  if (info.kind != FileKind::kRegular)
    return fail(ErrorCode::kInvalidData, "can't open library '" + path.string() + "': it is not a file",
                "give the path of a shared library");
  // Without a slash dlopen would search the system's folders instead of opening this file.
  const std::string absolute = std::filesystem::absolute(path).string();
  if (void* handle = ::dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)) return SharedLibrary(handle);
  const char* text = ::dlerror();
  const std::string reason = text == nullptr ? "no reason given" : text;
  const bool lacks_other = reason.find("cannot open shared object file") != std::string::npos ||
                           reason.find("Library not loaded") != std::string::npos;
  if (lacks_other)
    return fail(ErrorCode::kUnavailable, "can't open library '" + path.string() + "': " + reason,
                "install the library named in the message");
  return fail(ErrorCode::kInvalidData, "can't open library '" + path.string() + "': " + reason,
              "it is damaged, for another machine, or no shared library; install it again");
}

Result<SharedLibrary> open_system_library(const char* name) {
  if (void* handle = ::dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)) return SharedLibrary(handle);
  const char* text = ::dlerror();
  return fail(ErrorCode::kNotFound, "can't open library '" + std::string(name) + "': " + (text == nullptr ? "" : text),
              "install the driver that it belongs to");
}

void* find_symbol(const SharedLibrary& library, const char* name) { return ::dlsym(library.get(), name); }

}  // namespace hearth
