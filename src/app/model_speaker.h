// A voice model brought up: which runtime, which file or voices inside a library, and speaking with it.
#pragma once

#include <memory>
#include <string>

#include "app/text_session.h"
#include "base/call_bounds.h"
#include "pipeline/speaker.h"
#include "plugin_host/registry.h"

namespace hearth {

struct SpeakerSettings {
  std::string model;  // a file, a name in the store, or a runtime whose voices are in its library; empty: the best such
  std::string runtime;  // empty: the best-scoring one
  LoadOptions load;     // path is filled in
  TransportChoice transport = TransportChoice::kAuto;
};

// Whether `reference` names a runtime here that brings voices along ("flite", "espeak"), and no file.
[[nodiscard]] bool names_builtin_voices(RuntimeRegistry& registry, const std::string& reference);

// kUnavailable: no runtime here speaks, with how to install one; errors of open_model_file, choose_runtime and loading;
// kUnsupported: the model doesn't speak.
[[nodiscard]] Result<std::unique_ptr<Speaker>> open_speaker(const SessionHost& host, const SpeakerSettings& settings,
                                                            const CallBounds& bounds);

}  // namespace hearth
