// The first steps with any model: which file, what is in it, which runtime.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/model_reference.h"
#include "domain/runtime_info.h"
#include "formats/gguf.h"
#include "hearth/result.h"
#include "plugin_host/registry.h"

namespace hearth {

// A context nobody asked for should not take the memory of 128k tokens.
inline constexpr std::uint32_t kDefaultContextMax = 4096;

struct ModelFile {
  ResolvedModel model;
  std::string format;              // as RuntimeInfo::formats names it
  std::optional<GgufFile> header;  // GGUF files only, checked and with weights
};

// Errors as resolve_model, detect_format and read_gguf give them.
[[nodiscard]] Result<ModelFile> open_model_file(const std::string& reference, const ModelStore& store,
                                                RuntimeRegistry& registry);

// What the model was trained on, at most kDefaultContextMax; 0 (the runtime's own) where the file doesn't tell.
[[nodiscard]] std::uint32_t default_context_length(const ModelFile& file);

struct ChosenRuntime {
  std::string name;
  RuntimeInfo info;
  int score = 0;
};

// The plugin of the highest score that reads `format` and has the capability ("text", "tensor"; empty: any), or the one
// named `wanted`; a plugin's own format, the first that it lists, counts 15 points more. kUnavailable with each one's
// reason.
[[nodiscard]] Result<ChosenRuntime> choose_runtime(RuntimeRegistry& registry, const std::string& wanted,
                                                   const std::string& format, const std::string& capability = {});

}  // namespace hearth
