#include "ort_library.h"

#include <dlfcn.h>

#include <filesystem>
#include <vector>

namespace hearth::onnxruntime {
namespace {

namespace fs = std::filesystem;

// The oldest level with all that this plugin calls (allocator statistics are asked for only where they are).
constexpr std::uint32_t kApiLevelMin = 18;

fs::path own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&ort_library), &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code ignored;
  return fs::weakly_canonical(info.dli_fname, ignored).parent_path();
}

// Beside the plugin as the build and an installation lay it, then the system's.
std::vector<std::string> candidates() {
  const auto bundle = own_folder().parent_path() / "onnxruntime";
  return {(bundle / "libonnxruntime.so.1").string(), (bundle / "libonnxruntime.dylib").string(), "libonnxruntime.so.1",
          "libonnxruntime.dylib"};
}

OrtLibrary open_library() {
  OrtLibrary found;
  for (const auto& path : candidates()) {
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) continue;
    const auto entry = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(handle, "OrtGetApiBase"));
    if (entry == nullptr) {
      found.reason = path + " is no ONNX Runtime";
      continue;
    }
    const OrtApiBase* base = entry();
    for (std::uint32_t level = ORT_API_VERSION; level >= kApiLevelMin; --level) {
      const OrtApi* api = base->GetApi(level);
      if (api == nullptr) continue;
      Ort::InitApi(api);
      return {base->GetVersionString(), path, level, ""};
    }
    found.reason = std::string("ONNX Runtime ") + base->GetVersionString() + " is older than 1.18";
  }
  if (found.reason.empty()) found.reason = "no libonnxruntime here";
  return found;
}

void write_line(const sdk::Host& host, OrtLoggingLevel level, const std::string& line) {
  const auto to = level >= ORT_LOGGING_LEVEL_ERROR     ? sdk::LogLevel::kError
                  : level == ORT_LOGGING_LEVEL_WARNING ? sdk::LogLevel::kWarn
                                                       : sdk::LogLevel::kDebug;
  host.log(to, "onnxruntime", line);
}

}  // namespace

const OrtLibrary& ort_library() {
  static const OrtLibrary kLibrary = open_library();
  return kLibrary;
}

Ort::Env& ort_environment(const sdk::Host& host) {
  if (ort_library().version.empty())
    throw sdk::Error(HEARTH_UNAVAILABLE, ort_library().reason + "; run ./dev setup or install ONNX Runtime");
  constexpr OrtLoggingFunction kLog = [](void* ctx, OrtLoggingLevel level, const char* category, const char*,
                                         const char*, const char* message) {
    write_line(*static_cast<const sdk::Host*>(ctx), level, std::string(category) + ": " + message);
  };
  // Never freed: sessions may outlive static destruction.
  static auto* const kEnvironment =
      new Ort::Env(ORT_LOGGING_LEVEL_ERROR, "hearth", kLog, const_cast<sdk::Host*>(&host));
  return *kEnvironment;
}

std::int32_t border_code(OrtErrorCode code) {
  switch (code) {
    case ORT_INVALID_ARGUMENT: return HEARTH_INVALID_ARGUMENT;
    case ORT_NO_SUCHFILE: return HEARTH_NOT_FOUND;
    case ORT_NO_MODEL:
    case ORT_INVALID_PROTOBUF:
    case ORT_INVALID_GRAPH: return HEARTH_INVALID_DATA;
    case ORT_NOT_IMPLEMENTED: return HEARTH_UNSUPPORTED;
    case ORT_EP_FAIL: return HEARTH_UNAVAILABLE;
    default: return HEARTH_INTERNAL;
  }
}

std::int32_t refusal_code(OrtErrorCode code) {
  return code == ORT_FAIL || code == ORT_RUNTIME_EXCEPTION ? HEARTH_UNSUPPORTED : border_code(code);
}

std::string plain_message(const std::string& message) {
  auto line = message.substr(0, message.find('\n'));
  // "/onnxruntime_src/…/file.cc:123 function text"
  if (const auto source = line.find(".cc:"); source != std::string::npos) {
    if (const auto space = line.find(' ', source); space != std::string::npos) line.erase(0, space + 1);
  }
  return line.substr(0, 400);
}

}  // namespace hearth::onnxruntime
