#include "app/served_transcription.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "app/model_recogniser.h"
#include "pipeline/utterances.h"

namespace hearth {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr double kWindowSecondsMax = 60;  // of models that take any

TranscribeOptions options_of(const TranscriptionRequest& request) {
  return {.translate = request.translate, .language = request.language, .prompt = request.prompt};
}

Result<TranscriptionEnd> transcribe_now(SpeechLoan& loan, const TranscriptionRequest& request,
                                        const TranscriptionListener& listener, const CallBounds& bounds) {
  const auto start = SteadyClock::now();
  const auto model = loan.model();
  ModelRecogniser recogniser(model, options_of(request));
  const auto& facts = recogniser.facts();
  HEARTH_ASSIGN(recognition, recogniser.begin(false));  // refuses a language before anything is decoded
  HEARTH_ASSIGN(reader, MonoReader::open(std::make_unique<MemoryInput>(std::as_bytes(std::span(request.sound))),
                                         facts.sample_rate_hz));
  const double window_s = facts.window_ms == 0 ? kWindowSecondsMax : facts.window_ms / 1000.0;
  const auto utterances = cut_utterances(*reader, std::min(window_s, kWindowSecondsMax));
  TranscriptionEnd end;
  end.model = loan.name();
  end.language = request.language;
  for (Utterance utterance;;) {
    HEARTH_ASSIGN(more, utterances->next(utterance));
    if (!more) break;
    HEARTH_ASSIGN(so_far, recognition->accept(utterance.samples, bounds));
    HEARTH_ASSIGN(heard, recognition->finish(bounds));
    const double shift_s = static_cast<double>(utterance.begin) / facts.sample_rate_hz;
    for (auto& segment : heard.segments) {
      shift_seconds(segment, shift_s);
      listener.segment(segment);
    }
    if (end.language.empty()) end.language = heard.language;
  }
  // A model of one language has no need to tell it.
  if (end.language.empty() && model->info().languages.size() == 1) end.language = model->info().languages.front();
  end.audio_s = reader->seconds_read();
  end.note = reader->info().note;
  end.processing_s = std::chrono::duration<double>(SteadyClock::now() - start).count();
  return end;
}

}  // namespace

class ServedTranscription::Work {
 public:
  Work(SpeechEngine& engine, MetricsRegistry& metrics, const ServedTranscriptionOptions& options)
      : engine_(engine), metrics_(metrics), queue_max_(options.queue_max) {
    for (unsigned i = 0; i < std::max(options.n_threads, 1U); ++i) threads_.emplace_back([this] { run(); });
  }
  ~Work() {
    std::deque<Job> left;
    {
      const std::lock_guard lock(gate_);
      closing_.request();
      left.swap(waiting_);
      changed_.notify_all();
    }
    for (auto& thread : threads_) thread.join();
    for (const auto& job : left)
      job.listener.error(Error(ErrorCode::kUnavailable, "the server is shutting down", "try again later"));
  }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  void add(TranscriptionRequest request, TranscriptionListener listener) {
    {
      const std::lock_guard lock(gate_);
      if (waiting_.size() < queue_max_ && !closing_.requested()) {
        waiting_.push_back({std::move(request), std::move(listener)});
        changed_.notify_one();
        return;
      }
    }
    listener.error(
        Error(ErrorCode::kOverloaded, fmt::format("{} recordings wait already", queue_max_), "try again later")
            .with("retry_after_s", "1"));
  }

 private:
  struct Job {
    TranscriptionRequest request;
    TranscriptionListener listener;
  };

  void run() {
    for (;;) {
      std::unique_lock lock(gate_);
      changed_.wait(lock, [this] { return closing_.requested() || !waiting_.empty(); });
      if (closing_.requested()) return;
      const Job job = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      work(job);
    }
  }

  void work(const Job& job) {
    const CallBounds bounds{.cancel = job.request.cancel.get()};
    auto loan = engine_.borrow(job.request.model, bounds);
    if (!loan) return job.listener.error(loan.error());
    const std::string label = metric_label("model", (*loan)->name());
    auto end = transcribe_now(**loan, job.request, job.listener, bounds);
    if (!end) {
      metrics_.counter("hearth_transcriptions_failed_total", "recordings that could not be transcribed", label).add();
      return job.listener.error(end.error());
    }
    (*loan)->answered();
    metrics_.counter("hearth_transcriptions_total", "recordings transcribed", label).add();
    metrics_.counter("hearth_transcribed_audio_ms_total", "audio of them", label)
        .add(static_cast<std::uint64_t>(end->audio_s * 1000));
    metrics_.histogram("hearth_transcription_seconds", "from a recording's start on its model to its end", label)
        .observe(end->processing_s);
    loan->reset();  // before the client is told: it may ask for the model's state next
    job.listener.end(*end);
  }

  SpeechEngine& engine_;
  MetricsRegistry& metrics_;
  const std::size_t queue_max_;
  std::mutex gate_;
  std::condition_variable changed_;
  std::deque<Job> waiting_;
  CancelToken closing_;
  std::vector<std::thread> threads_;
};

ServedTranscription::ServedTranscription(SpeechEngine& engine, MetricsRegistry& metrics,
                                         const ServedTranscriptionOptions& options)
    : work_(std::make_unique<Work>(engine, metrics, options)) {}

ServedTranscription::~ServedTranscription() = default;

void ServedTranscription::transcribe(TranscriptionRequest request, TranscriptionListener listener) {
  work_->add(std::move(request), std::move(listener));
}

}  // namespace hearth
