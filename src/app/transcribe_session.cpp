#include "app/transcribe_session.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>

#include "app/model_opening.h"

namespace hearth {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr double kWindowSecondsMax = 60;  // of models that take any: what is held of a recording at once
// Sentences stay whole: pauses inside them are mostly shorter, and a language model wants to see them whole. Source:
// our choice, not a sweep. On the test media the floor errs by 40.5 % of the words so, and by 35.8 % without a
// detector.
constexpr std::uint32_t kPauseMs = 500;
constexpr std::uint32_t kPadMs = 200;

double window_s(const TranscribeInfo& info) {
  return info.window_ms == 0 ? kWindowSecondsMax : std::min(info.window_ms / 1000.0, kWindowSecondsMax);
}

void append(TranscribedRecording& to, std::vector<SpokenSegment> spoken, double shift_s) {
  for (auto& from : spoken) {
    if (!from.is_final) continue;
    TranscriptSegment segment{from.start_s + shift_s, from.end_s + shift_s, std::move(from.text), from.confidence, {}};
    for (auto& word : from.words)
      segment.words.push_back({std::move(word.text), word.start_s + shift_s, word.end_s + shift_s, word.confidence});
    to.segments.push_back(std::move(segment));
    if (to.language.empty()) to.language = std::move(from.language);
  }
}

}  // namespace

Result<std::string> find_speech_floor() {
  // Source: Filesystem Hierarchy Standard 3.0, section 4.11: data of packages, local ones first.
  static constexpr std::array<const char*, 2> kDataFolders = {"/usr/local/share", "/usr/share"};
  for (const char* folder : kDataFolders) {
    const auto path = std::filesystem::path(folder) / "pocketsphinx/model/en-us/en-us.lm.bin";
    std::error_code absent;
    if (std::filesystem::exists(path, absent)) return path.string();
  }
  return fail(ErrorCode::kNotFound, "no speech model was named, and none is installed that needs no download",
              "give one with -m, or install the package pocketsphinx-en-us");
}

Result<std::unique_ptr<TranscribeSession>> TranscribeSession::open(const TensorHostParts& parts,
                                                                   const TranscribeSessionOptions& options,
                                                                   const CallBounds& bounds) {
  std::unique_ptr<TranscribeSession> session(new TranscribeSession());
  session->options_ = options.transcribe;
  HEARTH_TRY(session->open_model(parts.session, options, bounds));
  if (!options.vad_model.empty()) HEARTH_TRY(session->open_detector(parts, options.vad_model, bounds));
  return session;
}

Status TranscribeSession::open_model(const SessionHost& host, const TranscribeSessionOptions& options,
                                     const CallBounds& bounds) {
  std::string reference = options.model;
  if (reference.empty()) {
    HEARTH_ASSIGN(floor, find_speech_floor());
    reference = std::move(floor);
  }
  HEARTH_ASSIGN(file, open_model_file(reference, host.store, host.registry));
  HEARTH_ASSIGN(chosen, choose_runtime(host.registry, options.runtime, file.format, HEARTH_CAP_TRANSCRIBE));
  HEARTH_ASSIGN(key, LoadHistory::key(file.model.path, chosen.name, chosen.info.version));
  const bool worker = options.transport == TransportChoice::kWorker ||
                      (options.transport == TransportChoice::kAuto && !host.history.passed(key));
  HEARTH_ASSIGN(runtime, host.registry.open(chosen.name, worker ? Transport::kWorker : Transport::kInProcess));
  LoadOptions load = options.load;
  load.path = file.model.path.string();
  HEARTH_ASSIGN(loaded, runtime->load(load, bounds));
  HEARTH_ASSIGN(model, TranscribeModel::from(loaded));
  HEARTH_ASSIGN(stream, model->new_stream(options.transcribe));  // refuses a language before anything is read
  stream.reset();
  resolved_ = std::move(file.model);
  runtime_info_ = std::move(chosen.info);
  model_ = std::move(model);
  if (worker) (void)host.history.record_passed(key);  // a read-only home only means a worker the next time too
  return {};
}

Status TranscribeSession::open_detector(const TensorHostParts& parts, const std::string& reference,
                                        const CallBounds& bounds) {
  if (model_->info().sample_rate_hz != VoiceDetector::kSampleRateHz)
    return fail(ErrorCode::kUnsupported, "the voice detector and the speech model take different sample rates",
                "leave the voice detector out");
  std::vector<TensorModelSettings> models(1);
  models[0].name = "voice detector";
  models[0].reference = reference;
  models[0].tensor.n_threads = 1;  // a frame is too little work to share
  HEARTH_ASSIGN(host, TensorHost::create(parts, std::move(models)));
  HEARTH_ASSIGN(lane, host->engine().borrow("voice detector", bounds));
  HEARTH_ASSIGN(detector, VoiceDetector::create(std::move(lane)));
  detector_host_ = std::move(host);
  detector_ = std::move(detector);
  return {};
}

Result<TranscribedRecording> TranscribeSession::transcribe(std::unique_ptr<ByteInput> input, const CallBounds& bounds,
                                                           const std::function<void(double)>& progress) {
  const auto start = SteadyClock::now();
  const auto& info = model_->info();
  HEARTH_ASSIGN(reader, MonoReader::open(std::move(input), info.sample_rate_hz));
  SpeechDetectionOptions speech;
  speech.min_silence_ms = kPauseMs;
  speech.pad_ms = kPadMs;
  speech.max_speech_s = window_s(info);
  const auto utterances = detector_ == nullptr ? cut_utterances(*reader, window_s(info))
                                               : spoken_utterances(*reader, *detector_, speech, bounds);
  HEARTH_ASSIGN(stream, model_->new_stream(options_));
  TranscribedRecording recording;
  std::uint64_t n_heard = 0;
  for (Utterance utterance;;) {
    HEARTH_ASSIGN(more, utterances->next(utterance));
    if (!more) break;
    const double shift_s = (static_cast<double>(utterance.begin) - static_cast<double>(n_heard)) / info.sample_rate_hz;
    HEARTH_ASSIGN(early, stream->accept(utterance.samples, bounds));
    append(recording, std::move(early), shift_s);
    HEARTH_ASSIGN(rest, stream->finish(bounds));
    append(recording, std::move(rest), shift_s);
    n_heard += utterance.samples.size();
    if (progress) progress(reader->seconds_read());
  }
  recording.audio_s = reader->seconds_read();
  recording.spoken_s = static_cast<double>(n_heard) / info.sample_rate_hz;
  recording.n_clipped = reader->n_clipped();
  recording.note = reader->info().note;
  recording.processing_s = std::chrono::duration<double>(SteadyClock::now() - start).count();
  return recording;
}

}  // namespace hearth
