// A Whisper model of whisper.cpp, and the states that were made for utterances on it.
#pragma once

#include <whisper.h>

#include <memory>
#include <mutex>
#include <vector>

#include "whisper_file.h"

namespace hearth::whisper {

struct ContextFree {
  void operator()(whisper_context* context) const { whisper_free(context); }
};
struct StateFree {
  void operator()(whisper_state* state) const { whisper_free_state(state); }
};
using State = std::unique_ptr<whisper_state, StateFree>;

// Thread-safe. Weights are shared, a state serves one utterance at a time and is kept for the next.
class WhisperModel final : public sdk::Model,
                           public sdk::TranscribeModel,
                           public std::enable_shared_from_this<WhisperModel> {
 public:
  // Throws INVALID_DATA when the library can't read the file.
  WhisperModel(const sdk::LoadOptions& options, const WhisperHeader& header);

  [[nodiscard]] sdk::MemoryItems placement() const override;
  [[nodiscard]] const sdk::TranscribeInfo& info() const override { return info_; }
  [[nodiscard]] std::unique_ptr<sdk::TranscribeStream> new_stream(const sdk::TranscribeOptions& options) override;

  [[nodiscard]] whisper_context* context() const { return context_.get(); }
  [[nodiscard]] int n_threads() const { return n_threads_; }
  // Throws OUT_OF_MEMORY.
  [[nodiscard]] State borrow();
  void give_back(State state);

 private:
  WhisperHeader header_;
  sdk::TranscribeInfo info_;
  std::unique_ptr<whisper_context, ContextFree> context_;
  int n_threads_ = 1;
  mutable std::mutex gate_;
  std::vector<State> idle_;
  std::uint64_t n_states_ = 0;
};

}  // namespace hearth::whisper
