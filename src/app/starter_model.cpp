#include "app/starter_model.h"

#include "store/sha256.h"

// Assembled in by starter_blob.S: the bytes between the two labels.
extern "C" {
extern const std::byte hearth_starter_begin[];
extern const std::byte hearth_starter_end[];
}

namespace hearth {

std::span<const std::byte> starter_model_bytes() {
  return {hearth_starter_begin, static_cast<std::size_t>(hearth_starter_end - hearth_starter_begin)};
}

Result<StoredModel> ensure_starter(const ModelStore& store) {
  Sha256 hash;
  hash.update(starter_model_bytes());
  auto found = store.find(kStarterName);
  if (found && found->sha256 == hash.finish()) return found;
  return store.put(kStarterName, starter_model_bytes(),
                   {"gguf", "Apache-2.0", "carried by this program", kStarterNote});
}

}  // namespace hearth
