#include "app/model_reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/starter_model.h"
#include "platform/file.h"

namespace hearth {
namespace {

bool looks_like_a_file(const std::string& reference) {
  constexpr std::array kSuffixes = {".gguf", ".onnx", ".tflite", ".xml", ".safetensors", ".json"};
  if (reference.find('/') != std::string::npos) return true;
  return std::any_of(kSuffixes.begin(), kSuffixes.end(), [&](const char* s) { return reference.ends_with(s); });
}

Result<ResolvedModel> check_file(const std::string& reference) {
  HEARTH_ASSIGN(info, file_info(reference));
  if (info.kind == FileKind::kFolder)
    return fail(ErrorCode::kInvalidData, fmt::format("{} is a folder, not a model file", reference),
                "name the model file inside it");
  if (info.kind == FileKind::kOther)
    return fail(ErrorCode::kInvalidData, fmt::format("{} is a device, pipe or socket, not a model file", reference),
                "save the model to a file and name that");
  if (info.size_bytes == 0)
    return fail(ErrorCode::kInvalidData, fmt::format("{} is empty", reference), "download or copy the model again");
  HEARTH_ASSIGN(opened, ReadableFile::open(reference));  // a file we may not read is said here, not inside a runtime
  const std::filesystem::path path(reference);
  return ResolvedModel{path.filename().string(), path, opened.size_bytes(), {}};
}

}  // namespace

Result<ResolvedModel> resolve_model(const std::string& reference, const ModelStore& store) {
  if (reference.empty())
    return fail(ErrorCode::kInvalidArgument, "the model name is empty", "give a file or a name with -m");
  if (looks_like_a_file(reference) || file_info(reference)) {
    auto file = check_file(reference);
    if (!file && file.error().code == ErrorCode::kNotFound)
      return fail(ErrorCode::kNotFound, fmt::format("there is no model file {}", reference),
                  "check the path, or give a name that `hearth models` lists");
    return file;
  }
  HEARTH_ASSIGN(model, reference == kStarterName ? ensure_starter(store) : store.find(reference));
  return ResolvedModel{model.name, model.path, model.bytes, model.note};
}

}  // namespace hearth
