#include "app/model_opening.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/model_format.h"
#include "plugin_host/worker_only.h"

namespace hearth {

namespace {

// A runtime does best by the format that it lists first, which it is made for; the others it converts. Source: own
// measurement on two AVX-512 cores, YOLOX-nano in ONNX: ONNX Runtime 103 images/s, OpenVINO 90.
constexpr int kOwnFormatWeight = 15;

bool runs_apart(const RuntimeRegistry& registry, const std::string& name) {
  const auto library = registry.library(name);
  return library && is_worker_only(*library);
}

std::vector<std::string> known_formats(RuntimeRegistry& registry) {
  std::vector<std::string> formats;
  for (const auto& name : registry.names()) {
    if (runs_apart(registry, name)) continue;  // a process for each; none of them reads files of a kind of its own
    auto runtime = registry.open(name, Transport::kInProcess);
    auto info = runtime ? (*runtime)->describe() : Result<RuntimeInfo>(fail(runtime.error()));
    if (info) formats.insert(formats.end(), info->formats.begin(), info->formats.end());
  }
  return formats;
}

// The runtime of the highest weight so far, and why others were none.
struct Choice {
  RuntimeRegistry& registry;
  const std::string& format;
  const std::string& capability;
  std::optional<ChosenRuntime> best = {};
  std::string reasons = {};

  void note(const std::string& name, const std::string& reason) {
    reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", name, reason);
  }
  Status consider(const std::string& name) {
    auto runtime = registry.open(name, Transport::kInProcess);
    if (!runtime) {
      note(name, runtime.error().message);
      return {};
    }
    HEARTH_ASSIGN(info, (*runtime)->describe());
    if (std::ranges::find(info.formats, format) == info.formats.end()) return {};
    if (!capability.empty() && std::ranges::find(info.capabilities, capability) == info.capabilities.end()) return {};
    HEARTH_ASSIGN(score, (*runtime)->score());
    if (score.score <= 0) {
      note(name, score.reason);
      return {};
    }
    const int weight = score.score + (info.formats.front() == format ? kOwnFormatWeight : 0);
    if (!best || weight > best->score) best = ChosenRuntime{name, std::move(info), weight};
    return {};
  }
};

}  // namespace

Result<ModelFile> open_model_file(const std::string& reference, const ModelStore& store, RuntimeRegistry& registry) {
  ModelFile file;
  HEARTH_ASSIGN(model, resolve_model(reference, store));
  file.model = std::move(model);
  HEARTH_ASSIGN(format, detect_format(file.model.path, known_formats(registry)));
  file.format = std::move(format);
  if (file.format != "gguf") return file;
  HEARTH_ASSIGN(header, read_gguf(file.model.path));
  if (header.tensors.empty())
    return fail(ErrorCode::kInvalidData, file.model.path.string() + " holds a vocabulary but no weights",
                "download the whole model");
  file.header = std::move(header);
  return file;
}

std::uint32_t default_context_length(const ModelFile& file) {
  if (!file.header) return 0;
  const auto trained =
      file.header->find_uint(file.header->architecture() + ".context_length").value_or(kDefaultContextMax);
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(trained, 1, kDefaultContextMax));
}

Result<ChosenRuntime> choose_runtime(RuntimeRegistry& registry, const std::string& wanted, const std::string& format,
                                     const std::string& capability) {
  Choice choice{registry, format, capability};
  std::vector<std::string> apart;
  for (const auto& name : registry.names()) {
    if (!wanted.empty() && name != wanted) continue;
    if (wanted.empty() && runs_apart(registry, name))
      apart.push_back(name);
    else
      HEARTH_TRY(choice.consider(name));
  }
  // Asked last, since each starts a process.
  for (const auto& name : apart)
    if (!choice.best) HEARTH_TRY(choice.consider(name));
  if (choice.best) return std::move(*choice.best);
  const std::string& reasons = choice.reasons;
  const std::string who =
      wanted.empty() ? std::string("no runtime") : fmt::format("the runtime '{}' is not one that", wanted);
  return fail(
      ErrorCode::kUnavailable,
      fmt::format("{} on this machine can run {} files{}", who, format, reasons.empty() ? "" : " (" + reasons + ")"),
      "`hearth runtimes` lists what is here and how to install what is not");
}

}  // namespace hearth
