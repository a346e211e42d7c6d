#include "pipeline/live_transcription.h"

#include <algorithm>
#include <utility>

#include "audio/word_errors.h"

namespace hearth {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Audio is taken in steps of 10 ms, so that partial results come at the same places however it is cut into calls.
constexpr std::uint32_t kHopsPerSecond = 100;

std::string joined(const std::vector<std::string>& words, std::size_t n) {
  std::string text;
  for (std::size_t i = 0; i < n; ++i) text += (i == 0 ? "" : " ") + words[i];
  return text;
}

}  // namespace

LiveTranscription::LiveTranscription(Parts parts, const LiveOptions& options)
    : parts_(std::move(parts)),
      options_(options),
      facts_(parts_.recogniser.facts()),
      hop_(std::max(facts_.sample_rate_hz / kHopsPerSecond, 1U)) {
  parts_.workers.add(*this);
}

LiveTranscription::~LiveTranscription() {
  parts_.workers.remove(*this);
  leave_place();
}

double LiveTranscription::seconds_of(std::uint64_t n_samples) const {
  return static_cast<double>(n_samples) / facts_.sample_rate_hz;
}

double LiveTranscription::seconds() const { return seconds_of(parts_.cutter->end()); }

LiveCounts LiveTranscription::counts() const {
  const std::lock_guard lock(gate_);
  return counts_;
}

Status LiveTranscription::failure() const {
  const std::lock_guard lock(gate_);
  return error_ ? fail(*error_) : Status();
}

// Why a wait ended that should have gone on.
Status LiveTranscription::gave_up() const {
  const bool cancelled = parts_.bounds.cancel != nullptr && parts_.bounds.cancel->requested();
  return cancelled ? fail(ErrorCode::kCancelled, "transcribing was cancelled")
                   : fail(ErrorCode::kDeadlineExceeded, "transcribing took longer than was allowed");
}

Status LiveTranscription::push(std::span<const float> samples) {
  while (!samples.empty()) {
    const auto hop = samples.first(std::min(samples.size(), hop_));
    HEARTH_TRY(take(hop));
    samples = samples.subspan(hop.size());
  }
  return failure();
}

Status LiveTranscription::take(std::span<const float> hop) {
  ended_.clear();
  HEARTH_TRY(parts_.cutter->push(hop, ended_));
  for (auto& utterance : ended_) HEARTH_TRY(end_utterance(std::move(utterance)));
  // An engine that works as the audio comes gets it, whoever wants to know.
  return options_.partials || facts_.has_partials ? offer_draft() : Status();
}

Status LiveTranscription::finish() {
  ended_.clear();
  HEARTH_TRY(parts_.cutter->finish(ended_));
  for (auto& utterance : ended_) HEARTH_TRY(end_utterance(std::move(utterance)));
  if (!parts_.workers.wait_finals(*this, 0, parts_.bounds)) return gave_up();
  if (!parts_.workers.wait_draft(*this, parts_.bounds)) return gave_up();
  return failure();
}

Status LiveTranscription::end_utterance(Utterance utterance) {
  const auto at = SteadyClock::now();
  if (!parts_.workers.wait_finals(*this, std::max<std::size_t>(options_.finals_waiting_max, 1) - 1, parts_.bounds))
    return gave_up();
  HEARTH_TRY(failure());
  {
    const std::lock_guard lock(gate_);
    waiting_.push_back({std::move(utterance), at});
    draft_.reset();  // what it would tell is told by the final result
  }
  drafted_begin_.reset();
  drafts_lag_ = false;
  parts_.workers.want_final(*this);
  return {};
}

Status LiveTranscription::offer_draft() {
  const auto open = parts_.cutter->open();
  if (!open) return {};
  if (drafted_begin_ != open->begin) {
    drafted_begin_ = drafted_end_ = open->begin;
    drafts_lag_ = false;
  }
  if (drafts_lag_ || open->certain_end <= drafted_end_) return {};
  // In a pause all of it is worked on while it is awaited whether the utterance is over.
  const double every_s = facts_.has_partials ? options_.draft_every_s : options_.redraft_every_s;
  if (!open->may_be_over && seconds_of(open->certain_end - drafted_end_) < every_s) return {};
  Draft draft{.begin = open->begin};
  parts_.cutter->copy(facts_.has_partials ? drafted_end_ : open->begin, open->certain_end, draft.samples);
  draft.n_first = draft.samples.size();
  drafted_end_ = open->certain_end;
  return offer(std::move(draft));
}

// Where one waits already it is replaced, or added to: a partial result less.
Status LiveTranscription::offer(Draft draft) {
  if (!options_.may_drop_partials && !parts_.workers.wait_draft(*this, parts_.bounds)) return gave_up();
  {
    const std::lock_guard lock(gate_);
    const bool goes_on = draft_ && facts_.has_partials && draft_->begin == draft.begin;
    if (goes_on)
      draft_->samples.insert(draft_->samples.end(), draft.samples.begin(), draft.samples.end());
    else
      draft_ = std::move(draft);
    if (options_.may_drop_partials && facts_.has_partials &&
        seconds_of(draft_->samples.size() - draft_->n_first) > options_.draft_lag_max_s) {
      drafts_lag_ = true;
      draft_.reset();
      ++counts_.partials_dropped;
      return {};
    }
  }
  if (parts_.workers.want_draft(*this)) return {};
  const std::lock_guard lock(gate_);
  ++counts_.partials_dropped;
  return {};
}

void LiveTranscription::leave_place() {
  if (!drafting_begin_) return;
  drafting_begin_.reset();
  n_drafted_ = 0;
  parts_.workers.leave_drafting_place();
}

Result<Recognised> LiveTranscription::recognise_at_once(std::span<const float> samples) {
  HEARTH_ASSIGN(recognition, parts_.recogniser.begin(false));
  HEARTH_ASSIGN(so_far, recognition->accept(samples, parts_.bounds));
  return recognition->finish(parts_.bounds);
}

// Goes on with what was worked out while the utterance went on; the same comes out where nothing was.
Result<Recognised> LiveTranscription::recognise(const Utterance& utterance) {
  const std::span<const float> samples(utterance.samples);
  if (!facts_.has_partials) {
    if (guess_ && guess_->begin == utterance.begin && guess_->n_samples == samples.size())
      return std::move(guess_->heard);
    return recognise_at_once(samples);
  }
  HEARTH_TRY(begin_recognition());
  const std::size_t n_known = drafting_begin_ == utterance.begin ? n_drafted_ : 0;
  HEARTH_ASSIGN(so_far, recognition_->accept(samples.subspan(std::min(n_known, samples.size())), parts_.bounds));
  return recognition_->finish(parts_.bounds);
}

Status LiveTranscription::begin_recognition() {
  if (recognition_ != nullptr) return {};
  HEARTH_ASSIGN(recognition, parts_.recogniser.begin(true));
  recognition_ = std::move(recognition);
  return {};
}

void LiveTranscription::run_final() {
  Ended ended;
  {
    const std::lock_guard lock(gate_);
    ended = std::move(waiting_.front());
    waiting_.pop_front();
    if (error_) return;
  }
  auto heard = recognise(ended.utterance);
  leave_place();
  guess_.reset();
  const double delay_s = std::chrono::duration<double>(SteadyClock::now() - ended.at).count();
  {
    const std::lock_guard lock(gate_);
    if (!heard) {
      error_ = std::move(heard).error();
      return;
    }
    ++counts_.finals;
    counts_.delay_max_s = std::max(counts_.delay_max_s, delay_s);
  }
  for (auto& segment : heard->segments) shift_seconds(segment, seconds_of(ended.utterance.begin));
  LiveEvent event{.is_final = true, .text = transcript_text(heard->segments), .delay_s = delay_s};
  if (event.text.empty()) return withdraw();
  event.start_s = heard->segments.front().start_s;
  event.end_s = heard->segments.back().end_s;
  event.segments = std::move(heard->segments);
  event.language = std::move(heard->language);
  shown_.clear();
  parts_.receive(event);
}

Result<Recognised> LiveTranscription::recognise(const Draft& draft) {
  if (!facts_.has_partials) {
    HEARTH_ASSIGN(heard, recognise_at_once(draft.samples));
    guess_ = Guess{draft.begin, draft.samples.size(), heard};
    return heard;
  }
  HEARTH_TRY(begin_recognition());
  if (drafting_begin_ != draft.begin) {
    if (!parts_.workers.take_drafting_place()) {
      refused_begin_ = draft.begin;
      return Recognised{};
    }
    drafting_begin_ = draft.begin;
  }
  n_drafted_ += draft.samples.size();
  return recognition_->accept(draft.samples, parts_.bounds);
}

void LiveTranscription::run_draft() {
  Draft draft;
  {
    const std::lock_guard lock(gate_);
    if (!draft_ || error_) return;
    draft = std::move(*draft_);
    draft_.reset();
  }
  // An utterance whose beginning was not taken can't be joined later.
  auto heard = refused_begin_ == draft.begin ? Result<Recognised>(Recognised{}) : recognise(draft);
  if (!heard) {
    const std::lock_guard lock(gate_);
    error_ = std::move(heard).error();
    return;
  }
  if (refused_begin_ != draft.begin) return tell_partial(draft, *heard);
  refused_begin_ = draft.begin;
  const std::lock_guard lock(gate_);
  ++counts_.partials_dropped;
}

void LiveTranscription::tell_partial(const Draft& draft, const Recognised& heard) {
  if (!options_.partials) return;
  if (agreement_begin_ != draft.begin) agreement_.reset();
  agreement_begin_ = draft.begin;
  agreement_.push(plain_words(transcript_text(heard.segments)));
  LiveEvent event;
  event.text = joined(agreement_.words(), agreement_.words().size());
  if (event.text.empty() || event.text == shown_) return;
  event.stable_text = joined(agreement_.words(), agreement_.n_stable());
  event.start_s = seconds_of(draft.begin);
  const std::size_t n_heard = facts_.has_partials ? n_drafted_ : draft.samples.size();
  event.end_s = seconds_of(draft.begin + n_heard);
  event.language = heard.language;
  shown_ = event.text;
  {
    const std::lock_guard lock(gate_);
    ++counts_.partials;
  }
  parts_.receive(event);
}

// What was told last turned out to be nothing.
void LiveTranscription::withdraw() {
  if (shown_.empty()) return;
  shown_.clear();
  parts_.receive({});
}

}  // namespace hearth
