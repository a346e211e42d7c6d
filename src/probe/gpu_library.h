// A vendor's library that may or may not be there, called through the few functions declared where they are used.
#pragma once

#include <initializer_list>

#include "platform/shared_library.h"
#include "probe/accelerator_reader.h"

namespace hearth {

// The first of `names` that the loader finds; an empty handle when there is none.
inline SharedLibrary open_first(std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (auto library = open_system_library(name)) return std::move(library).value();
  return SharedLibrary();
}

// Sets `function` to the library's symbol; false when it has none of that name.
template <class Function>
bool bind(const SharedLibrary& library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(find_symbol(library, name));
  return function != nullptr;
}

// The GPU that is meant: by its place on the bus, else by its kind, the n-th of the vendor's. Added when it is new.
FoundAccelerator& same_or_new_gpu(std::vector<FoundAccelerator>& gpus, const FoundAccelerator& seen, int n_of_vendor);

// Adds a backend that is not there yet.
void add_backend(ProfileAccelerator& gpu, const char* backend);

}  // namespace hearth
