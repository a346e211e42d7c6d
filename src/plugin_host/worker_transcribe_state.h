// The worker's side of speech: streams of audio on loaded models.
#pragma once

#include <memory>
#include <mutex>

#include "hearth/abi/hearth_speech.h"
#include "plugin_host/worker_state.h"

namespace hearth {

struct StreamEntry {
  std::shared_ptr<ModelEntry> model;
  const hearth_transcribe* table;
  hearth_transcribe_stream* handle;
  std::mutex busy;  // one call at a time; a given-up one may still run when the next comes
  StreamEntry(std::shared_ptr<ModelEntry> m, const hearth_transcribe* t, hearth_transcribe_stream* h)
      : model(std::move(m)), table(t), handle(h) {}
  StreamEntry(const StreamEntry&) = delete;
  StreamEntry& operator=(const StreamEntry&) = delete;
  ~StreamEntry() { table->stream_free(handle); }
};

}  // namespace hearth
