#include "pipeline/utterance_scribe.h"

#include <algorithm>
#include <utility>

#include "audio/resampler.h"

namespace hearth {

// The utterance that is being written. A model with a window gets what is longer in parts.
struct UtteranceScribe::Open {
  std::string id;
  CallBounds bounds;
  const std::function<void(const std::string&, const std::string&)>& more;
  std::unique_ptr<SpeechRecogniser> recogniser{};
  std::unique_ptr<SpeechRecognition> recognition{};
  std::unique_ptr<Resampler> resampler{};
  std::size_t n_in_window = 0;
  std::size_t n_samples = 0;
  std::string text{};
  std::optional<Error> error{};

  Status open(const Ports& ports) {
    HEARTH_ASSIGN(opened, ports.recogniser(bounds));
    recogniser = std::move(opened);
    HEARTH_ASSIGN(made, Resampler::create(kRateHz, recogniser->facts().sample_rate_hz));
    resampler = std::move(made);
    return {};
  }
  Status hear(std::span<const float> samples) {
    n_samples += samples.size();
    std::vector<float> resampled;
    HEARTH_TRY(resampler->process(samples, resampled));
    return accept(resampled);
  }
  Status accept(std::span<const float> samples) {
    const auto& facts = recogniser->facts();
    const std::size_t window = std::size_t{facts.window_ms} * facts.sample_rate_hz / 1000;
    while (!samples.empty()) {
      if (recognition == nullptr) {
        HEARTH_ASSIGN(begun, recogniser->begin(false));
        recognition = std::move(begun);
        n_in_window = 0;
      }
      const std::size_t n = window == 0 ? samples.size() : std::min(samples.size(), window - n_in_window);
      HEARTH_TRY(recognition->accept(samples.first(n), bounds));
      n_in_window += n;
      samples = samples.subspan(n);
      if (window > 0 && n_in_window == window) HEARTH_TRY(close_window());
    }
    return {};
  }
  Status close_window() {
    if (recognition == nullptr) return {};
    HEARTH_ASSIGN(heard, recognition->finish(bounds));
    recognition.reset();
    for (const auto& segment : heard.segments) {
      const auto first = segment.text.find_first_not_of(' ');
      if (first == std::string::npos) continue;
      const std::string said = (text.empty() ? "" : " ") + segment.text.substr(first);
      text += said;
      more(id, said);
    }
    return {};
  }
  Result<WrittenUtterance> finish() {
    if (error) return fail(std::move(*error));
    std::vector<float> rest;
    HEARTH_TRY(resampler->finish(rest));
    HEARTH_TRY(accept(rest));
    HEARTH_TRY(close_window());
    return WrittenUtterance{std::move(text), static_cast<double>(n_samples) / kRateHz};
  }
};

UtteranceScribe::UtteranceScribe(Ports ports) : ports_(std::move(ports)), thread_([this] { run(); }) {}

UtteranceScribe::~UtteranceScribe() {
  {
    const std::lock_guard lock(gate_);
    closing_ = true;
  }
  cancel_.request();
  changed_.notify_all();
  thread_.join();
}

void UtteranceScribe::begin(std::string id) { add({Step::Kind::kBegin, std::move(id), {}}); }
void UtteranceScribe::push(std::span<const float> samples) {
  add({Step::Kind::kAudio, {}, {samples.begin(), samples.end()}});
}
void UtteranceScribe::end() { add({Step::Kind::kEnd, {}, {}}); }
void UtteranceScribe::drop() { add({Step::Kind::kDrop, {}, {}}); }

void UtteranceScribe::add(Step step) {
  std::unique_lock lock(gate_);
  changed_.wait(lock, [&] { return closing_ || step.samples.empty() || n_waiting_ < kWaitingSamplesMax; });
  n_waiting_ += step.samples.size();
  waiting_.push_back(std::move(step));
  changed_.notify_all();
}

void UtteranceScribe::run() {
  std::unique_ptr<Open> open;
  for (;;) {
    std::unique_lock lock(gate_);
    changed_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
    if (closing_) return;
    Step step = std::move(waiting_.front());
    waiting_.pop_front();
    n_waiting_ -= step.samples.size();
    changed_.notify_all();
    lock.unlock();
    take(std::move(step), open);
  }
}

void UtteranceScribe::take(Step step, std::unique_ptr<Open>& open) {
  const auto note = [&open](const Status& status) {
    if (!status && !open->error) open->error = status.error();
  };
  switch (step.kind) {
    case Step::Kind::kBegin:
      open = std::make_unique<Open>(Open{std::move(step.id), {.cancel = &cancel_}, ports_.more});
      return note(open->open(ports_));
    case Step::Kind::kAudio:
      if (open != nullptr && !open->error) note(open->hear(step.samples));
      return;
    case Step::Kind::kEnd: {
      if (open == nullptr) return;
      const std::string id = open->id;
      auto written = open->finish();
      open.reset();  // before it is told: the model is free again
      if (!cancel_.requested()) ports_.done(id, std::move(written));
      return;
    }
    case Step::Kind::kDrop: open.reset();
  }
}

}  // namespace hearth
