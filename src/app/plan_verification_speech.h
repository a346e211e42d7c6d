// Measures a model that hears or speaks as a plan wants it run.
#pragma once

#include <filesystem>

#include "app/plan_verification_measuring.h"

namespace hearth {

// Whether the choice is a model of speech that can be measured: its runtime transcribes or speaks.
[[nodiscard]] bool runs_speech(const PlanChoice& choice, RuntimeRegistry& registry);

// Loads the file and measures load_ms, rtf and bytes by component. Of models that hear also first_word_ms, from the
// sound's being there to the first words, and wer: what they hear is spoken by the voice that needs no download, so
// that it is known what was said. Of models that speak also first_audio_ms. Errors of loading and of the model;
// kUnavailable: no voice is here that could speak to a model that hears.
[[nodiscard]] Result<MeasuredChoice> measure_speech_choice(const SessionHost& host, const PlanChoice& choice,
                                                           const std::filesystem::path& file,
                                                           const MeasuringOptions& options, const CallBounds& bounds);

}  // namespace hearth
