// Brings a model file into the store.
#pragma once

#include <string>

#include "hearth/result.h"
#include "plugin_host/registry.h"
#include "store/model_store.h"

namespace hearth {

struct ModelImport {
  std::string file;
  std::string name;      // empty: the file's name without its suffix
  bool replace = false;  // put it in place of a model of that name
};

// Copies the file in with format and licence read from the file, which
// is checked first: nothing unreadable enters the store. Errors as open_model_file and ModelStore::add_file give them.
[[nodiscard]] Result<StoredModel> import_model(const ModelStore& store, RuntimeRegistry& registry,
                                               const ModelImport& import);

}  // namespace hearth
