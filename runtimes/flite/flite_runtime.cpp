// The Flite runtime: voices that need no download and no copyleft, small and quick, far behind neural ones.
#include "flite_voices.h"

namespace hearth::flite {

// Immutable once made.
class FliteRuntime final : public sdk::Runtime {
 public:
  explicit FliteRuntime(const sdk::Host& /*host*/) {}

  [[nodiscard]] sdk::Description describe() const override {
    return {.name = "flite",
            .version = "2.2",  // the library doesn't tell
            .formats = {HEARTH_FORMAT_BUILTIN},
            .capabilities = {HEARTH_CAP_SYNTHESIZE},
            .devices = {{.id = "cpu", .kind = "cpu", .description = "host processor"}}};
  }

  [[nodiscard]] sdk::Score score() const override { return {20, "Flite: a floor, far behind neural voices"}; }

  [[nodiscard]] sdk::MemoryItems estimate(const sdk::LoadOptions& load,
                                          const sdk::TextOptions& /*text*/) const override {
    check_path(load);
    return voice_memory();
  }

  [[nodiscard]] std::shared_ptr<sdk::Model> load(const sdk::LoadOptions& options,
                                                 const sdk::CallGuard& /*call*/) override {
    check_path(options);
    (void)sdk::choose_devices(options, describe().devices);
    return std::make_shared<FliteVoices>();
  }

 private:
  static void check_path(const sdk::LoadOptions& options) {
    if (options.path != HEARTH_FORMAT_BUILTIN)
      throw sdk::Error(HEARTH_UNSUPPORTED,
                       "Flite's voices are inside its library; name '" HEARTH_FORMAT_BUILTIN "', not " + options.path);
  }
};

}  // namespace hearth::flite

HEARTH_SDK_RUNTIME(hearth::flite::FliteRuntime)
