#include "pipeline/speech_input.h"

#include <utility>

#include "pipeline/speech_probability.h"

namespace hearth {

Result<std::unique_ptr<SpeechInput>> SpeechInput::create(std::uint32_t rate_hz) {
  HEARTH_ASSIGN(resampler, Resampler::create(rate_hz, SpeechProbability::kSampleRateHz));
  return std::unique_ptr<SpeechInput>(new SpeechInput(std::move(resampler)));
}

Result<std::span<const float>> SpeechInput::convert(std::span<const float> samples) {
  out_.clear();
  HEARTH_TRY(resampler_->process(samples, out_));
  return std::span<const float>(out_);
}

}  // namespace hearth
