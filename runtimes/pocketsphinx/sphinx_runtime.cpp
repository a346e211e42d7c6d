// The PocketSphinx runtime: speech recognition that needs no download beyond the distribution's packages.
#include <sphinxbase/err.h>

#include <cstdarg>
#include <cstdio>

#include "sphinx_model.h"

namespace hearth::pocketsphinx {
namespace {

// Warnings and errors go to the host's log, the rest nowhere: the library prints all of it to standard error else.
[[gnu::format(printf, 3, 4)]] void hand_to_host(void* host, err_lvl_t level, const char* format, ...) {
  if (level < ERR_WARN) return;
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof(line), format, arguments);
  va_end(arguments);
  std::string_view text = line;
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  static_cast<const sdk::Host*>(host)->log(level == ERR_WARN ? sdk::LogLevel::kDebug : sdk::LogLevel::kError,
                                           "pocketsphinx", text);
}

}  // namespace

// Immutable once made. The library has one logger for the process; the last runtime made is told.
class SphinxRuntime final : public sdk::Runtime {
 public:
  explicit SphinxRuntime(const sdk::Host& host) {
    err_set_logfp(nullptr);
    err_set_callback(&hand_to_host, const_cast<sdk::Host*>(&host));
  }

  [[nodiscard]] sdk::Description describe() const override {
    return {.name = "pocketsphinx",
            .version = "0.8",  // the library doesn't tell; its 5prealpha releases call themselves so
            .formats = {"lm.bin"},
            .capabilities = {HEARTH_CAP_TRANSCRIBE},
            .devices = {{.id = "cpu", .kind = "cpu", .description = "host processor"}}};
  }

  [[nodiscard]] sdk::Score score() const override { return {20, "PocketSphinx: a floor, far behind neural models"}; }

  [[nodiscard]] sdk::MemoryItems estimate(const sdk::LoadOptions& load,
                                          const sdk::TextOptions& /*text*/) const override {
    return decoder_memory(find_parts(load.path), 1);
  }

  [[nodiscard]] std::shared_ptr<sdk::Model> load(const sdk::LoadOptions& options,
                                                 const sdk::CallGuard& /*call*/) override {
    (void)sdk::choose_devices(options, describe().devices);
    return std::make_shared<SphinxModel>(find_parts(options.path));
  }
};

}  // namespace hearth::pocketsphinx

HEARTH_SDK_RUNTIME(hearth::pocketsphinx::SphinxRuntime)
