#include "audio/mono_reader.h"

#include <fmt/format.h>

namespace hearth {
namespace {

constexpr std::size_t kBlockFrames = 8192;  // half a second at 16 kHz; any size gives the same samples

}  // namespace

MonoReader::MonoReader(std::unique_ptr<AudioReader> reader, std::unique_ptr<Resampler> resampler,
                       std::uint32_t sample_rate_hz)
    : reader_(std::move(reader)),
      mixer_(reader_->info().n_channels, reader_->info().sample_rate_hz),
      resampler_(std::move(resampler)),
      sample_rate_hz_(sample_rate_hz),
      interleaved_(kBlockFrames * reader_->info().n_channels) {}

Result<std::unique_ptr<MonoReader>> MonoReader::open(std::unique_ptr<ByteInput> input, std::uint32_t sample_rate_hz,
                                                     const AudioLimits& limits) {
  HEARTH_ASSIGN(reader, AudioReader::open(std::move(input), limits));
  HEARTH_ASSIGN(resampler, Resampler::create(reader->info().sample_rate_hz, sample_rate_hz));
  return std::unique_ptr<MonoReader>(new MonoReader(std::move(reader), std::move(resampler), sample_rate_hz));
}

Status MonoReader::next(std::vector<float>& block) {
  block.clear();
  while (block.empty() && !at_end_) {
    HEARTH_ASSIGN(n_frames, reader_->read(interleaved_));
    if (n_frames == 0) {
      at_end_ = true;
      return resampler_->finish(block);
    }
    HEARTH_TRY(mixer_.mix(std::span(interleaved_).first(n_frames * info().n_channels), mono_));
    HEARTH_TRY(resampler_->process(mono_, block));
  }
  return {};
}

Result<std::vector<float>> read_mono(std::unique_ptr<ByteInput> input, double seconds_max,
                                     std::uint32_t sample_rate_hz) {
  HEARTH_ASSIGN(reader, MonoReader::open(std::move(input), sample_rate_hz));
  std::vector<float> all;
  for (std::vector<float> block;;) {
    HEARTH_TRY(reader->next(block));
    if (block.empty()) return all;
    all.insert(all.end(), block.begin(), block.end());
    if (static_cast<double>(all.size()) > seconds_max * sample_rate_hz)
      return fail(ErrorCode::kDoesNotFit, fmt::format("the sound file lasts longer than {} s", seconds_max),
                  "cut it into shorter files");
  }
}

}  // namespace hearth
