#include "app/model_import.h"

#include "app/model_opening.h"
#include "app/starter_model.h"

namespace hearth {

Result<StoredModel> import_model(const ModelStore& store, RuntimeRegistry& registry, const ModelImport& import) {
  // Only files are imported: a bare word must not be taken for a stored name.
  const bool bare = import.file.find('/') == std::string::npos;
  HEARTH_ASSIGN(opened, open_model_file(bare ? "./" + import.file : import.file, store, registry));
  const std::string name = import.name.empty() ? opened.model.path.stem().string() : import.name;
  if (name == kStarterName)
    return fail(ErrorCode::kInvalidArgument, "'starter' is the name of the model this program carries",
                "choose another --name");
  ModelOrigin origin{opened.format, {}, "added from " + opened.model.path.filename().string(), {}};
  if (opened.header) origin.licence = opened.header->find_text("general.license");
  return store.add_file(name, opened.model.path, origin, import.replace);
}

}  // namespace hearth
