#include "app/transcribe_session.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <thread>

#include "app/model_opening.h"

namespace hearth {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr double kWindowSecondsMax = 60;  // of models that take any: what is held of a recording at once
// Sentences stay whole: pauses inside them are mostly shorter, and a language model wants to see them whole. Source:
// own sweep on the test media with the floor as one stream: 41.2 % of the words wrong with pauses of 500 ms, 41.9 %
// with 800 ms; with 500 ms and the whole utterance's mean, pads of 200 ms 43.2 %, of 400 ms 52.7 %.
constexpr std::uint32_t kPauseMs = 500;
constexpr std::uint32_t kPadMs = 200;
// A listener waits for the end of an utterance: shorter ones are told earlier. Source: our choice; models of the kind
// of Whisper were trained on 30 s.
constexpr double kLiveWindowSeconds = 20;
// After so long any short pause will do. Source: our choice.
constexpr double kLivePatienceSeconds = 10;

double window_s(const TranscribeInfo& info) {
  return info.window_ms == 0 ? kWindowSecondsMax : std::min(info.window_ms / 1000.0, kWindowSecondsMax);
}

constexpr const char* kDetectorName = "voice detector";

SpeechDetectionOptions speech_options(double longest_s) {
  SpeechDetectionOptions speech;
  speech.min_silence_ms = kPauseMs;
  speech.pad_ms = kPadMs;
  speech.max_speech_s = longest_s;
  return speech;
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
  if (!options.vad_model.empty()) HEARTH_TRY(session->open_detector(parts, options, bounds));
  session->workers_ = std::make_unique<SpeechWorkers>(std::max(std::thread::hardware_concurrency(), 1U));
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
  recogniser_ = std::make_unique<ModelRecogniser>(model_, options.transcribe);
  if (worker) (void)host.history.record_passed(key);  // a read-only home only means a worker the next time too
  return {};
}

Status TranscribeSession::open_detector(const TensorHostParts& parts, const TranscribeSessionOptions& options,
                                        const CallBounds& bounds) {
  if (model_->info().sample_rate_hz != VoiceDetector::kSampleRateHz)
    return fail(ErrorCode::kUnsupported, "the voice detector and the speech model take different sample rates",
                "leave the voice detector out");
  std::vector<TensorModelSettings> models(1);
  models[0].name = kDetectorName;
  models[0].reference = options.vad_model;
  models[0].tensor.n_threads = 1;  // a frame is too little work to share
  models[0].tensor.n_requests = std::max(options.streams, 1U);
  HEARTH_ASSIGN(host, TensorHost::create(parts, std::move(models)));
  detector_host_ = std::move(host);
  HEARTH_ASSIGN(detector, new_detector(bounds));  // refuses a graph that is none before anything is read
  return {};
}

Result<std::unique_ptr<VoiceDetector>> TranscribeSession::new_detector(const CallBounds& bounds) {
  HEARTH_ASSIGN(lane, detector_host_->engine().borrow(kDetectorName, bounds));
  return VoiceDetector::create(std::move(lane));
}

Result<std::unique_ptr<LiveListening>> TranscribeSession::listen(const LiveOptions& options,
                                                                 std::function<void(const LiveEvent&)> receive,
                                                                 const CallBounds& bounds) {
  const double longest_s = std::min(window_s(model_->info()), kLiveWindowSeconds);
  auto listening = std::make_unique<LiveListening>();
  std::unique_ptr<UtteranceCutter> cutter;
  if (detector_host_) {
    HEARTH_ASSIGN(detector, new_detector(bounds));
    listening->detector_ = std::move(detector);
    auto speech = speech_options(longest_s);
    speech.patience_s = std::min(longest_s, kLivePatienceSeconds);
    cutter = cut_by_voice(*listening->detector_, speech, bounds);
  } else {
    cutter = cut_by_window(longest_s, sample_rate_hz());
  }
  listening->live_ = std::make_unique<LiveTranscription>(
      LiveTranscription::Parts{*recogniser_, *workers_, std::move(cutter), std::move(receive), bounds}, options);
  return listening;
}

Result<TranscribedRecording> TranscribeSession::transcribe(std::unique_ptr<ByteInput> input, const CallBounds& bounds,
                                                           const std::function<void(double)>& progress) {
  const auto start = SteadyClock::now();
  const auto& info = model_->info();
  HEARTH_ASSIGN(reader, MonoReader::open(std::move(input), info.sample_rate_hz));
  std::unique_ptr<VoiceDetector> detector;
  if (detector_host_) {
    HEARTH_ASSIGN(borrowed, new_detector(bounds));
    detector = std::move(borrowed);
  }
  const auto utterances = detector == nullptr
                              ? cut_utterances(*reader, window_s(info))
                              : spoken_utterances(*reader, *detector, speech_options(window_s(info)), bounds);
  HEARTH_ASSIGN(stream, model_->new_stream(options_));
  Recognised all;
  std::uint64_t n_heard = 0;
  for (Utterance utterance;;) {
    HEARTH_ASSIGN(more, utterances->next(utterance));
    if (!more) break;
    const double shift_s = (static_cast<double>(utterance.begin) - static_cast<double>(n_heard)) / info.sample_rate_hz;
    HEARTH_ASSIGN(early, stream->accept(utterance.samples, bounds));
    append_final(all, std::move(early), shift_s);
    HEARTH_ASSIGN(rest, stream->finish(bounds));
    append_final(all, std::move(rest), shift_s);
    n_heard += utterance.samples.size();
    if (progress) progress(reader->seconds_read());
  }
  TranscribedRecording recording;
  recording.segments = std::move(all.segments);
  recording.language = std::move(all.language);
  recording.audio_s = reader->seconds_read();
  recording.spoken_s = static_cast<double>(n_heard) / info.sample_rate_hz;
  recording.n_clipped = reader->n_clipped();
  recording.note = reader->info().note;
  recording.processing_s = std::chrono::duration<double>(SteadyClock::now() - start).count();
  return recording;
}

}  // namespace hearth
