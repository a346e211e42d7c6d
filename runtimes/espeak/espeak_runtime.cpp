// The eSpeak NG runtime: voices for more than a hundred languages from rules, small and quick.
#include "espeak_voices.h"

namespace hearth::espeak {

// Immutable once made.
class EspeakRuntime final : public sdk::Runtime {
 public:
  explicit EspeakRuntime(const sdk::Host& /*host*/) {}

  [[nodiscard]] sdk::Description describe() const override {
    return {.name = "espeak",
            .version = library_version(),
            .formats = {HEARTH_FORMAT_BUILTIN},
            .capabilities = {HEARTH_CAP_SYNTHESIZE},
            .devices = {{.id = "cpu", .kind = "cpu", .description = "host processor"}}};
  }

  [[nodiscard]] sdk::Score score() const override { return {15, "eSpeak NG: many languages, a voice from rules"}; }

  [[nodiscard]] sdk::MemoryItems estimate(const sdk::LoadOptions& load,
                                          const sdk::TextOptions& /*text*/) const override {
    check_path(load);
    return voice_memory();
  }

  [[nodiscard]] std::shared_ptr<sdk::Model> load(const sdk::LoadOptions& options,
                                                 const sdk::CallGuard& /*call*/) override {
    check_path(options);
    (void)sdk::choose_devices(options, describe().devices);
    return std::make_shared<EspeakVoices>();
  }

 private:
  static void check_path(const sdk::LoadOptions& options) {
    if (options.path != HEARTH_FORMAT_BUILTIN)
      throw sdk::Error(HEARTH_UNSUPPORTED, "eSpeak NG's voices come with its library; name '" HEARTH_FORMAT_BUILTIN
                                           "', not " +
                                               options.path);
  }
};

}  // namespace hearth::espeak

HEARTH_SDK_RUNTIME(hearth::espeak::EspeakRuntime)
