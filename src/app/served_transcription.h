// Transcription for the server's endpoints, over the speech models it offers.
#pragma once

#include <cstddef>
#include <memory>

#include "engine/speech_engine.h"
#include "metrics/registry.h"
#include "pipeline/transcription_service.h"

namespace hearth {

struct ServedTranscriptionOptions {
  unsigned n_threads = 2;      // recordings transcribed at once; the models' own threads come on top
  std::size_t queue_max = 64;  // recordings that may wait
};

// Thread-safe. The engine and the metrics outlive it.
class ServedTranscription final : public TranscriptionService {
 public:
  ServedTranscription(SpeechEngine& engine, MetricsRegistry& metrics, const ServedTranscriptionOptions& options = {});
  // Waits for what runs, refuses what waits.
  ~ServedTranscription() override;
  ServedTranscription(const ServedTranscription&) = delete;
  ServedTranscription& operator=(const ServedTranscription&) = delete;

  void transcribe(TranscriptionRequest request, TranscriptionListener listener) override;

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace hearth
