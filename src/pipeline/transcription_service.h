// Speech models as endpoints see them: a sound file in, segments of text out as they are understood.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "audio/transcript.h"
#include "base/call_bounds.h"
#include "hearth/result.h"

namespace hearth {

struct TranscriptionRequest {
  std::string model;                          // empty: the only one there is
  std::string sound;                          // the file's bytes
  std::string language;                       // code of ISO 639-1; empty: detected, or the model's only one
  std::string prompt;                         // text that came before
  bool translate = false;                     // into English
  std::shared_ptr<const CancelToken> cancel;  // null: can't be cancelled
};

struct TranscriptionEnd {
  std::string model;
  std::string language;  // as asked for or detected; may be empty
  double audio_s = 0;
  double processing_s = 0;
  std::string note;  // on what is odd about the file; may be empty
};

// Calls come in order, one at a time, on any thread; the last is `end` or `error`, once.
struct TranscriptionListener {
  std::function<void(const TranscriptSegment&)> segment;
  std::function<void(const TranscriptionEnd&)> end;
  std::function<void(const Error&)> error;
};

// Thread-safe.
class TranscriptionService {
 public:
  virtual ~TranscriptionService() = default;
  // Returns at once. kNotFound: no such model; kUnsupported: the bytes are no sound that is read, a language or a
  // translation that the model doesn't offer; kInvalidData; kDoesNotFit; kOverloaded; kCancelled; what loading gives.
  virtual void transcribe(TranscriptionRequest request, TranscriptionListener listener) = 0;
};

}  // namespace hearth
