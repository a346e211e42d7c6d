// The runtime whisper: Whisper models in ggml's form, by whisper.cpp.
#include <ggml-backend.h>
#include <whisper.h>

#include <filesystem>
#include <mutex>
#include <string>

#include "hearth/sdk/plugin.h"
#include "whisper_library.h"
#include "whisper_model.h"
#include "whisper_stream.h"

namespace hearth::whisper {
namespace {

// Warnings and errors go to the host's log, the rest nowhere: the library prints all of it to standard error else.
void hand_to_host(ggml_log_level level, const char* text, void* host) {
  if (level != GGML_LOG_LEVEL_WARN && level != GGML_LOG_LEVEL_ERROR) return;
  std::string_view line = text;
  while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  static_cast<const sdk::Host*>(host)->log(
      level == GGML_LOG_LEVEL_ERROR ? sdk::LogLevel::kError : sdk::LogLevel::kDebug, "whisper", line);
}

// Not before a model is asked for: every command describes every runtime. ggml's registry is one for the process;
// where llama.cpp's plugin filled it there is nothing to do.
void load_backends() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU) != nullptr) return;
    for (const auto& folder : backend_folders()) {
      ggml_backend_load_all_from_path(folder.c_str());
      if (ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU) != nullptr) return;
    }
  });
}

}  // namespace

// Immutable once made. The library has one logger for the process; the last runtime made is told.
class WhisperRuntime final : public sdk::Runtime {
 public:
  explicit WhisperRuntime(const sdk::Host& host) { whisper_log_set(&hand_to_host, const_cast<sdk::Host*>(&host)); }

  [[nodiscard]] sdk::Description describe() const override {
    return {.name = "whisper",
            .version = whisper_version(),
            .formats = {"ggml"},
            .capabilities = {HEARTH_CAP_TRANSCRIBE},
            .devices = {{.id = "cpu", .kind = "cpu", .description = "host processor"}},
            .session_keys = WhisperStream::keys()};
  }

  [[nodiscard]] sdk::Score score() const override {
    load_backends();
    if (ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU) == nullptr)
      return {0, "ggml has no kernels for this processor", "install llama.cpp's libraries anew"};
    return {80, "whisper.cpp on the processor"};
  }

  [[nodiscard]] sdk::MemoryItems estimate(const sdk::LoadOptions& load,
                                          const sdk::TextOptions& /*text*/) const override {
    return memory_of(read_header(load.path), 1);
  }

  [[nodiscard]] std::shared_ptr<sdk::Model> load(const sdk::LoadOptions& options,
                                                 const sdk::CallGuard& /*call*/) override {
    (void)sdk::choose_devices(options, describe().devices);
    load_backends();
    return std::make_shared<WhisperModel>(options, read_header(options.path));
  }
};

}  // namespace hearth::whisper

HEARTH_SDK_RUNTIME(hearth::whisper::WhisperRuntime)
