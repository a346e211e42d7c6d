// POST /v1/audio/transcriptions and /v1/audio/translations.
#pragma once

#include <vector>

#include "pipeline/transcription_service.h"
#include "serve/exchange.h"

namespace hearth::serve {

// The service outlives the routes and their requests.
[[nodiscard]] std::vector<Route> transcription_routes(TranscriptionService& service);

}  // namespace hearth::serve
