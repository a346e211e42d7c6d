// Requests of the transcription endpoints: forms with a sound file, as OpenAI's clients send them.
#pragma once

#include <cstdint>
#include <string>

#include "hearth/result.h"
#include "pipeline/transcription_service.h"
#include "serve/exchange.h"

namespace hearth::serve {

enum class TranscriptForm : std::uint8_t { kJson, kText, kSrt, kVerboseJson, kVtt };

struct TranscriptionAsk {
  TranscriptionRequest request;
  TranscriptForm form = TranscriptForm::kJson;
  bool words = false;    // of verbose_json
  bool segments = true;  // likewise
  bool stream = false;
  Headers headers;  // of the answer
};

// multipart/form-data with file, model, language, prompt, response_format, timestamp_granularities[], stream,
// temperature and more that has no effect here and is named in x-hearth-ignored. kInvalidArgument and kUnsupported name
// the field. The file's bytes are not looked at.
[[nodiscard]] Result<TranscriptionAsk> read_transcription_request(const HttpRequest& http, bool translate);

// The JSON Schema of the form's fields.
[[nodiscard]] std::string transcription_request_schema();

}  // namespace hearth::serve
