#include "sphinx_stream.h"

#include <sphinxbase/cmn.h>
#include <sphinxbase/feat.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace hearth::pocketsphinx {
namespace {

using std::chrono::nanoseconds;

// Source: the decoder's frames, -frate, whose default is 100 a second.
constexpr nanoseconds kFrame = std::chrono::milliseconds(10);
// The search goes on in steps of 0.1 s, each with the mean at its end: so it doesn't depend on how the input was cut.
constexpr std::size_t kStepsPerSecond = 10;
// Source: own measurement on the test media: words wrong 31.8 % with 1 s, 35.8 % with the mean over each whole file.
constexpr std::uint64_t kFramesToBegin = 100;

nanoseconds time_of(std::uint64_t n_samples, std::uint32_t sample_rate_hz) {
  return nanoseconds(static_cast<std::int64_t>(n_samples * 1'000'000'000ULL / sample_rate_hz));
}

// Silence and noises are words of the decoder's own: <s>, <sil>, [NOISE], ++COUGH++.
bool is_filler(std::string_view word) {
  return word.empty() || word.front() == '<' || word.front() == '[' || word.starts_with("++");
}

// "read(2)" is the second way to say "read".
std::string without_variant(std::string_view word) {
  if (word.ends_with(')'))
    if (const auto open = word.rfind('('); open != std::string_view::npos && open > 0) word = word.substr(0, open);
  return std::string(word);
}

}  // namespace

HeldDecoder::~HeldDecoder() {
  // The decoder's utterance has to be ended before it can begin another.
  if (in_utterance_) (void)ps_end_utt(search());
  model_.give_back(std::move(decoder_));
}

void HeldDecoder::begin() {
  if (in_utterance_) end();
  // A stream anew each time, so that no estimate of noise is left of what came before.
  if (ps_start_stream(search()) < 0 || ps_start_utt(search()) < 0)
    throw sdk::Error(HEARTH_INTERNAL, "PocketSphinx begins no utterance");
  in_utterance_ = true;
}

void HeldDecoder::set_mean(const std::array<mfcc_t, CepstralMean::kSize>& mean) {
  cmn_t* normaliser = ps_get_feat(search())->cmn_struct;
  cmn_live_set(normaliser, mean.data());
  // The library would put its own mean in the place of this one once it has counted enough frames, and counts on over
  // utterances.
  normaliser->nframe = CMN_WIN;
}

void HeldDecoder::process(std::span<const std::int16_t> samples) {
  if (ps_process_raw(search(), samples.data(), samples.size(), FALSE, FALSE) < 0)
    throw sdk::Error(HEARTH_INTERNAL, "PocketSphinx gave the utterance up");
}

void HeldDecoder::end() {
  in_utterance_ = false;
  if (ps_end_utt(search()) < 0) throw sdk::Error(HEARTH_INTERNAL, "PocketSphinx gave the utterance up");
}

void SphinxStream::accept(std::span<const float> samples, const sdk::CallGuard& call,
                          const sdk::SegmentReceiver& receive) {
  const auto& info = model_->info();
  const std::size_t n_max = std::size_t{info.window_ms} * info.sample_rate_hz / 1000;
  if (samples.size() > n_max - utterance_.size())
    throw sdk::Error(HEARTH_INVALID_ARGUMENT, "the utterance is longer than the " +
                                                  std::to_string(info.window_ms / 1000) +
                                                  " s that this model takes at once; end it in a pause");
  for (const float value : samples)
    utterance_.push_back(static_cast<std::int16_t>(std::lround(std::clamp(value, -1.0F, 1.0F) * 32767.0F)));
  const std::size_t n_before = n_searched_;
  take_steps(call);
  if (partials_ && n_searched_ > n_before) tell_partial(receive);
}

void SphinxStream::take_steps(const sdk::CallGuard& call) {
  const std::size_t step = model_->info().sample_rate_hz / kStepsPerSecond;
  while (utterance_.size() - n_taken_ >= step) take_step(std::span(utterance_).subspan(n_taken_, step), call);
}

void SphinxStream::take_step(std::span<const std::int16_t> step, const sdk::CallGuard& call) {
  call.check("transcribing");
  if (!decoder_) begin_utterance();
  if (!mean_.push(step)) throw sdk::Error(HEARTH_INTERNAL, "PocketSphinx makes no features of the audio");
  n_taken_ += step.size();
  if (mean_.n_frames() >= n_frames_anew_) return search_anew(call);
  if (!searching_) return;
  decoder_->set_mean(mean_.value());
  decoder_->process(step);
  n_searched_ = n_taken_;
}

void SphinxStream::begin_utterance() {
  decoder_ = std::make_unique<HeldDecoder>(*model_);
  if (!mean_.begin(decoder_->front_end()))
    throw sdk::Error(HEARTH_UNSUPPORTED, "this acoustic model has features of another kind than are known here");
  n_frames_anew_ = kFramesToBegin;
}

// All that was taken, in parts that let the call be stopped.
void SphinxStream::search_anew(const sdk::CallGuard& call) {
  decoder_->begin();
  searching_ = true;
  n_frames_anew_ = 2 * mean_.n_frames();
  const std::size_t part = model_->info().sample_rate_hz;
  for (n_searched_ = 0; n_searched_ < n_taken_;) {
    call.check("transcribing");
    const auto next = std::span(utterance_).subspan(n_searched_, std::min(part, n_taken_ - n_searched_));
    decoder_->set_mean(mean_.value());
    decoder_->process(next);
    n_searched_ += next.size();
  }
}

void SphinxStream::tell_partial(const sdk::SegmentReceiver& receive) const {
  int32 score = 0;
  const char* text = ps_get_hyp(decoder_->search(), &score);
  if (text == nullptr || *text == '\0') return;
  const std::uint32_t rate = model_->info().sample_rate_hz;
  receive({.is_final = false,
           .start = time_of(n_before_, rate),
           .end = time_of(n_before_ + n_searched_, rate),
           .text = text});
}

void SphinxStream::begin_next() {
  decoder_.reset();
  n_before_ += utterance_.size();
  utterance_.clear();
  n_taken_ = n_searched_ = 0;
  searching_ = false;
}

void SphinxStream::finish(const sdk::CallGuard& call, const sdk::SegmentReceiver& receive) {
  // Samples that are all alike hold no sound; the decoder would find a word even there.
  if (std::ranges::adjacent_find(utterance_, std::not_equal_to<>()) == utterance_.end()) return begin_next();
  if (const auto rest = std::span(utterance_).subspan(n_taken_); !rest.empty()) take_step(rest, call);
  if (!mean_.finish()) throw sdk::Error(HEARTH_INTERNAL, "PocketSphinx makes no features of the audio");
  if (!searching_) search_anew(call);  // shorter than what the search waits for
  decoder_->end();
  const auto segment = result();
  begin_next();
  if (!segment.words.empty()) receive(segment);
}

sdk::SpokenSegment SphinxStream::result() const {
  ps_decoder_t* decoder = decoder_->search();
  const std::uint32_t rate = model_->info().sample_rate_hz;
  const nanoseconds start = time_of(n_before_, rate);
  const nanoseconds end = time_of(n_before_ + utterance_.size(), rate);
  logmath_t* logarithms = ps_get_logmath(decoder);
  const auto probability = [&](int value) { return std::clamp(logmath_exp(logarithms, value), 0.0, 1.0); };
  sdk::SpokenSegment segment;
  for (ps_seg_t* at = ps_seg_iter(decoder); at != nullptr; at = ps_seg_next(at)) {
    const std::string_view word = ps_seg_word(at);
    if (is_filler(word)) continue;
    int first = 0;
    int last = 0;
    ps_seg_frames(at, &first, &last);
    segment.words.push_back({without_variant(word), std::min(start + first * kFrame, end),
                             std::min(start + (last + 1) * kFrame, end),
                             probability(ps_seg_prob(at, nullptr, nullptr, nullptr))});
  }
  for (const auto& word : segment.words) segment.text += (segment.text.empty() ? "" : " ") + word.text;
  if (segment.words.empty()) return segment;
  segment.start = segment.words.front().start;
  segment.end = segment.words.back().end;
  segment.confidence = probability(ps_get_prob(decoder));
  return segment;
}

}  // namespace hearth::pocketsphinx
