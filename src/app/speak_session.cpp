#include "app/speak_session.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "app/sound_outputs.h"
#include "app/vocoder_session.h"
#include "audio/audio_encoding.h"
#include "audio/resampler.h"
#include "pipeline/speech_stream.h"
#include "platform/file.h"

namespace hearth {
namespace {

using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

// Samples brought to the rate of a file and written into it.
class SoundWriter {
 public:
  static Result<std::unique_ptr<SoundWriter>> create(ByteOutput& output, std::uint32_t rate_hz,
                                                     AudioEncoding encoding) {
    std::unique_ptr<SoundWriter> made(new SoundWriter());
    made->rate_hz_ = encodable_rate(encoding, rate_hz);
    HEARTH_ASSIGN(resampler, Resampler::create(rate_hz, made->rate_hz_));
    HEARTH_ASSIGN(encoder, AudioEncoder::create(output, made->rate_hz_, encoding));
    made->resampler_ = std::move(resampler);
    made->encoder_ = std::move(encoder);
    return made;
  }
  [[nodiscard]] std::uint32_t rate_hz() const { return rate_hz_; }
  [[nodiscard]] Status write(std::span<const float> samples) {
    resampled_.clear();
    HEARTH_TRY(resampler_->process(samples, resampled_));
    return encoder_->write(resampled_);
  }
  [[nodiscard]] Status finish() {
    resampled_.clear();
    HEARTH_TRY(resampler_->finish(resampled_));
    HEARTH_TRY(encoder_->write(resampled_));
    return encoder_->finish();
  }

 private:
  SoundWriter() = default;
  std::uint32_t rate_hz_ = 0;
  std::unique_ptr<Resampler> resampler_;
  std::unique_ptr<AudioEncoder> encoder_;
  std::vector<float> resampled_;
};

struct Destination {
  ByteOutput& output;
  AudioEncoding encoding;
};

Result<AudioEncoding> encoding_of(const SpeakOrder& order) {
  if (order.output.empty())
    return fail(ErrorCode::kInvalidArgument, "no file was named for the sound", "name one with -o, such as -o out.wav");
  if (const auto named = audio_encoding_named(order.format)) return *named;
  if (order.output == "-") return AudioEncoding::kWav;
  if (const auto named = audio_encoding_of_name(order.output)) return *named;
  return fail(ErrorCode::kInvalidArgument, "the ending of " + order.output + " names no sound format",
              "end it in .wav, .flac, .ogg, .opus, .mp3 or .pcm, or give --format");
}

Result<SpokenFile> speak_text(HearthApp& app, const SpeakOrder& order, const Destination& to,
                              const CallBounds& bounds) {
  HEARTH_ASSIGN(speaker, open_speaker(app.session_host(), order.speaker, bounds));
  HEARTH_ASSIGN(scripts, ScriptWriter::create());
  const auto start = SteadyClock::now();
  HEARTH_ASSIGN(lines, scripts->write(order.text, order.style, speaker->facts()));
  const std::uint32_t rate_hz = speaker->facts().sample_rate_hz;
  HEARTH_ASSIGN(writer, SoundWriter::create(to.output, rate_hz, to.encoding));
  Status written;
  WordingSpeaker words(*speaker, scripts->english());
  auto spoken = speak_lines(words, lines, {}, bounds, [&](std::span<const float> frame) {
    written = writer->write(frame);
    return written.has_value();
  });
  HEARTH_TRY(std::move(written));
  if (!spoken) return fail(std::move(spoken).error());
  HEARTH_TRY(writer->finish());
  SpokenFile file;
  file.audio_s = static_cast<double>(spoken->n_samples) / rate_hz;
  file.sample_rate_hz = writer->rate_hz();
  file.processing_s = seconds_since(start);
  file.first_frame_ms = spoken->first_frame_ms;
  file.n_sentences = spoken->n_lines;
  file.voice = order.style.voice.empty() ? speaker->facts().voices.front().id : order.style.voice;
  return file;
}

Result<SpokenFile> speak_features(HearthApp& app, const SpeakOrder& order, const Destination& to,
                                  const CallBounds& bounds) {
  if (order.speaker.model.empty())
    return fail(ErrorCode::kInvalidArgument, "features need a vocoder", "name one with -m, such as a HiFi-GAN");
  TensorModelSettings settings;
  settings.reference = order.speaker.model;
  settings.runtime = order.speaker.runtime;
  settings.load = order.speaker.load;
  settings.transport = order.speaker.transport;
  HEARTH_ASSIGN(session, VocoderSession::open(tensor_host_parts(app), settings, bounds));
  HEARTH_ASSIGN(features, session->read_features(order.features_file));
  const std::uint32_t rate_hz = session->vocoder().options().sample_rate_hz;
  HEARTH_ASSIGN(writer, SoundWriter::create(to.output, rate_hz, to.encoding));
  const auto start = SteadyClock::now();
  SpokenFile file;
  std::uint64_t n_samples = 0;
  Status written;
  Status made = session->vocoder().synthesise(features, bounds, [&](std::span<const float> part) {
    if (n_samples == 0) file.first_frame_ms = 1000 * seconds_since(start);
    n_samples += part.size();
    written = writer->write(part);
    return written.has_value();
  });
  HEARTH_TRY(std::move(written));
  HEARTH_TRY(std::move(made));
  HEARTH_TRY(writer->finish());
  file.audio_s = static_cast<double>(n_samples) / rate_hz;
  file.sample_rate_hz = writer->rate_hz();
  file.processing_s = seconds_since(start);
  return file;
}

Result<SpokenFile> speak_to(HearthApp& app, const SpeakOrder& order, const Destination& to, const CallBounds& bounds) {
  return order.features_file.empty() ? speak_text(app, order, to, bounds) : speak_features(app, order, to, bounds);
}

}  // namespace

Result<SpokenFile> speak_into_file(HearthApp& app, const SpeakOrder& order, std::FILE* pipe, const CallBounds& bounds) {
  HEARTH_ASSIGN(encoding, encoding_of(order));
  if (order.output == "-") {
    const auto output = sound_to_pipe(pipe);
    return speak_to(app, order, {*output, encoding}, bounds);
  }
  HEARTH_ASSIGN(file, SoundFile::create(order.output));
  HEARTH_ASSIGN(spoken, speak_to(app, order, {*file, encoding}, bounds));
  HEARTH_TRY(file->keep());
  return spoken;
}

Result<std::string> read_text_to_speak(const std::string& path, std::FILE* pipe) {
  if (path != "-") return read_file(path, kSpeechTextBytesMax + 1);
  std::string text;
  std::vector<char> chunk(std::size_t{64} << 10U);
  for (std::size_t n = 1; n > 0 && text.size() <= kSpeechTextBytesMax;) {
    n = std::fread(chunk.data(), 1, chunk.size(), pipe);
    text.append(chunk.data(), n);
  }
  return text;
}

std::vector<std::string> sound_format_names() {
  std::vector<std::string> names;
  for (const auto encoding : {AudioEncoding::kWav, AudioEncoding::kFlac, AudioEncoding::kOggVorbis,
                              AudioEncoding::kOggOpus, AudioEncoding::kMp3, AudioEncoding::kPcm})
    names.emplace_back(audio_encoding_name(encoding));
  return names;
}

}  // namespace hearth
