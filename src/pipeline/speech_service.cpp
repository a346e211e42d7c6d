#include "pipeline/speech_service.h"

#include <fmt/format.h>

#include <algorithm>

#include "audio/audio_encoding.h"
#include "audio/resampler.h"

namespace hearth {
namespace {

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::size_t count_characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// One answer: frames in, bytes of the sound file to the listener. The listener hears of nothing before the first frame,
// so that an error before it is an answer of its own.
class Answer {
 public:
  Answer(SpeechListener& listener, SpeechHead head, AudioEncoding encoding, std::uint32_t rate_hz)
      : listener_(listener),
        head_(std::move(head)),
        encoding_(encoding),
        rate_hz_(rate_hz),
        output_([this](std::span<const std::byte> bytes) { return listener_.on_bytes(text_of(bytes)); }) {}

  [[nodiscard]] Status take(std::span<const float> frame) {
    if (encoder_ == nullptr) HEARTH_TRY(begin());
    resampled_.clear();
    HEARTH_TRY(resampler_->process(frame, resampled_));
    return encoder_->write(resampled_);
  }
  [[nodiscard]] Status finish() {
    resampled_.clear();
    HEARTH_TRY(resampler_->finish(resampled_));
    HEARTH_TRY(encoder_->write(resampled_));
    return encoder_->finish();
  }

 private:
  Status begin() {
    HEARTH_ASSIGN(resampler, Resampler::create(rate_hz_, head_.sample_rate_hz));
    resampler_ = std::move(resampler);
    listener_.on_begin(head_);
    HEARTH_ASSIGN(encoder, AudioEncoder::create(output_, head_.sample_rate_hz, encoding_));
    encoder_ = std::move(encoder);
    return {};
  }

  SpeechListener& listener_;
  SpeechHead head_;
  AudioEncoding encoding_;
  std::uint32_t rate_hz_;
  StreamedOutput output_;
  std::unique_ptr<Resampler> resampler_;
  std::unique_ptr<AudioEncoder> encoder_;
  std::vector<float> resampled_;
};

}  // namespace

QueuedSpeechService::QueuedSpeechService(std::vector<OfferedSpeaker> speakers, const SpeechServiceOptions& options)
    : speakers_(std::move(speakers)), options_(options) {
  for (std::size_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { work(); });
}

QueuedSpeechService::~QueuedSpeechService() {
  std::deque<Job> left;
  {
    const std::lock_guard lock(gate_);
    closing_ = true;
    left.swap(waiting_);
  }
  closed_.request();
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
  for (const auto& job : left) job.listener->on_error(Error(ErrorCode::kUnavailable, "the server is ending"));
}

Result<Speaker*> QueuedSpeechService::find(const std::string& model, std::string& name) const {
  for (const auto& each : speakers_) {
    const bool is_it = each.name == model || std::ranges::find(each.aliases, model) != each.aliases.end();
    if (!is_it && !(model.empty() && speakers_.size() == 1)) continue;
    name = each.name;
    return each.speaker.get();
  }
  std::string known;
  for (const auto& each : speakers_) known += (known.empty() ? "" : ", ") + each.name;
  return fail(ErrorCode::kNotFound, fmt::format("there is no voice model '{}' here", model.substr(0, 64)),
              known.empty() ? "start the server with one, such as -m speech=flite" : "those here are: " + known);
}

void QueuedSpeechService::speak(SpeechRequest request, std::shared_ptr<SpeechListener> listener) {
  std::string name;
  const auto fault = [&]() -> Status {
    HEARTH_TRY(find(request.model, name));
    if (!audio_encoding_named(request.format))
      return fail(ErrorCode::kUnsupported, fmt::format("speech is not written as '{}'", request.format.substr(0, 32)),
                  "take wav, flac, ogg, opus, mp3 or pcm");
    if (request.text.size() > options_.text_bytes_max)
      return fail(ErrorCode::kDoesNotFit,
                  fmt::format("the text to speak has {} bytes; a request may have {}", request.text.size(),
                              options_.text_bytes_max),
                  "send it in parts");
    const std::lock_guard lock(gate_);
    if (closing_) return fail(ErrorCode::kUnavailable, "the server is ending");
    if (waiting_.size() >= options_.queue)
      return fail(ErrorCode::kOverloaded, fmt::format("{} requests to speak wait already", waiting_.size()));
    waiting_.push_back({std::move(request), listener});
    return {};
  }();
  if (!fault) return listener->on_error(fault.error());
  changed_.notify_one();
}

void QueuedSpeechService::work() {
  std::unique_ptr<ScriptWriter> scripts;
  for (;;) {
    Job job;
    {
      std::unique_lock lock(gate_);
      changed_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    if (scripts == nullptr) {
      auto made = ScriptWriter::create();
      if (!made) {
        job.listener->on_error(made.error());
        continue;
      }
      scripts = std::move(*made);
    }
    run(job, *scripts);
  }
}

void QueuedSpeechService::run(const Job& job, ScriptWriter& scripts) const {
  const SpeechRequest& request = job.request;
  std::string name;
  const auto spoken = [&]() -> Result<SpeechEnd> {
    HEARTH_ASSIGN(speaker, find(request.model, name));
    const auto encoding = *audio_encoding_named(request.format);
    const std::uint32_t rate_hz = speaker->facts().sample_rate_hz;
    HEARTH_ASSIGN(lines, scripts.write(request.text, request.style, speaker->facts()));
    Answer answer(*job.listener, {name, std::string(audio_media_type(encoding)), encodable_rate(encoding, rate_hz)},
                  encoding, rate_hz);
    Status taken;
    const CallBounds bounds{.cancel = request.cancel.get()};
    WordingSpeaker words(*speaker, scripts.english());
    auto audio = speak_lines(words, lines, {}, bounds, [&](std::span<const float> frame) {
      if (closed_.requested())
        taken = fail(ErrorCode::kUnavailable, "the server is ending");
      else
        taken = answer.take(frame);
      return taken.has_value();
    });
    if (!taken) return fail(std::move(taken).error());
    if (!audio) return fail(std::move(audio).error());
    HEARTH_TRY(answer.finish());
    return SpeechEnd{static_cast<double>(audio->n_samples) / rate_hz, *audio, count_characters(request.text)};
  }();
  if (spoken)
    job.listener->on_end(*spoken);
  else
    job.listener->on_error(spoken.error());
}

}  // namespace hearth
