#include "whisper_model.h"

#include <string>

#include "hearth/sdk/cpu_budget.h"
#include "whisper_stream.h"

namespace hearth::whisper {
namespace {

// What the encoder was made for; the host cuts longer speech in its pauses.
constexpr std::uint32_t kWindowMs = 30'000;

std::string all_languages() {
  std::string codes;
  for (int id = 0; id <= whisper_lang_max_id(); ++id) codes += (id == 0 ? "" : ",") + std::string(whisper_lang_str(id));
  return codes;
}

}  // namespace

WhisperModel::WhisperModel(const sdk::LoadOptions& options, const WhisperHeader& header)
    : header_(header), n_threads_(static_cast<int>(options.n_threads != 0 ? options.n_threads : sdk::cpu_budget())) {
  whisper_context_params parameters = whisper_context_default_params();
  parameters.use_gpu = false;  // the only device it offers is the processor
  context_.reset(whisper_init_from_file_with_params_no_state(options.path.c_str(), parameters));
  if (!context_)
    throw sdk::Error(HEARTH_INVALID_DATA, "whisper.cpp can't read " + options.path + "; get the whole file anew");
  const bool multilingual = whisper_is_multilingual(context_.get()) != 0;
  info_.sample_rate_hz = WHISPER_SAMPLE_RATE;
  info_.has_words = true;
  info_.can_translate = multilingual;
  info_.window_ms = kWindowMs;
  info_.languages = multilingual ? all_languages() : "en";
}

sdk::MemoryItems WhisperModel::placement() const {
  const std::lock_guard lock(gate_);
  return memory_of(header_, n_states_);
}

std::unique_ptr<sdk::TranscribeStream> WhisperModel::new_stream(const sdk::TranscribeOptions& options) {
  return std::make_unique<WhisperStream>(shared_from_this(), options);
}

State WhisperModel::borrow() {
  {
    const std::lock_guard lock(gate_);
    if (!idle_.empty()) {
      State state = std::move(idle_.back());
      idle_.pop_back();
      return state;
    }
  }
  State state(whisper_init_state(context_.get()));
  if (!state)
    throw sdk::Error(HEARTH_OUT_OF_MEMORY, "there is no memory for one more utterance; end another stream first");
  const std::lock_guard lock(gate_);
  ++n_states_;
  return state;
}

void WhisperModel::give_back(State state) {
  const std::lock_guard lock(gate_);
  idle_.push_back(std::move(state));
}

}  // namespace hearth::whisper
