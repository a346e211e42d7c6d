// The model the program carries, so that everything runs on a machine with no network. It only proves the path.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "hearth/result.h"
#include "store/model_store.h"

namespace hearth {

inline constexpr const char* kStarterName = "starter";
inline constexpr const char* kStarterNote =
    "tiny starter model: proves that this machine runs models, knows next to nothing";

// The GGUF file inside the program; lives as long as the program.
[[nodiscard]] std::span<const std::byte> starter_model_bytes();

// The starter in the store, put there if it is missing or another version's.
[[nodiscard]] Result<StoredModel> ensure_starter(const ModelStore& store);

}  // namespace hearth
