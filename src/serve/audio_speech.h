// POST /v1/audio/speech, as OpenAI's API has it.
#pragma once

#include <vector>

#include "metrics/registry.h"
#include "pipeline/speech_service.h"
#include "serve/exchange.h"

namespace hearth::serve {

// Both outlive the routes and their requests. Counts hearth_speech_requests_total{model,outcome} and measures
// hearth_speech_first_audio_ms, hearth_speech_audio_seconds and hearth_speech_rtf by model.
[[nodiscard]] std::vector<Route> audio_speech_routes(SpeechService& service, MetricsRegistry& metrics);

}  // namespace hearth::serve
