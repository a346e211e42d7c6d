#include "sphinx_stream.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace hearth::pocketsphinx {
namespace {

using std::chrono::nanoseconds;

// Source: the decoder's frames, -frate, whose default is 100 a second.
constexpr nanoseconds kFrame = std::chrono::milliseconds(10);
// Drafts go on in steps of 0.1 s: the library's running estimate of the channel depends on how its input is cut.
constexpr std::size_t kDraftStepsPerSecond = 10;

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
  if (partials_) draft(call, receive);
}

void SphinxStream::draft(const sdk::CallGuard& call, const sdk::SegmentReceiver& receive) {
  const std::size_t step = model_->info().sample_rate_hz / kDraftStepsPerSecond;
  if (utterance_.size() - n_drafted_ < step) return;
  if (!drafting_) {
    drafting_ = std::make_unique<HeldDecoder>(*model_, DecoderUse::kDrafts);
    if (ps_start_stream(drafting_->get()) < 0 || ps_start_utt(drafting_->get()) < 0)
      throw sdk::Error(HEARTH_INTERNAL, "PocketSphinx begins no utterance");
  }
  for (; utterance_.size() - n_drafted_ >= step; n_drafted_ += step) {
    call.check("transcribing");
    if (ps_process_raw(drafting_->get(), utterance_.data() + n_drafted_, step, FALSE, FALSE) < 0)
      throw sdk::Error(HEARTH_INTERNAL, "PocketSphinx gave the utterance up");
  }
  int32 score = 0;
  const char* text = ps_get_hyp(drafting_->get(), &score);
  if (text == nullptr || *text == '\0') return;
  const std::uint32_t rate = model_->info().sample_rate_hz;
  receive({.is_final = false,
           .start = time_of(n_before_, rate),
           .end = time_of(n_before_ + n_drafted_, rate),
           .text = text});
}

// The decoder's utterance has to be ended before it can begin another.
void SphinxStream::end_draft() {
  if (drafting_) (void)ps_end_utt(drafting_->get());
  drafting_.reset();
  n_drafted_ = 0;
}

void SphinxStream::begin_next() {
  n_before_ += utterance_.size();
  utterance_.clear();
}

void SphinxStream::finish(const sdk::CallGuard& call, const sdk::SegmentReceiver& receive) {
  end_draft();
  if (utterance_.empty()) return;
  call.check("transcribing");
  // Samples that are all alike hold no sound; the decoder would find a word even there.
  if (std::ranges::adjacent_find(utterance_, std::not_equal_to<>()) == utterance_.end()) return begin_next();
  const HeldDecoder held(*model_, DecoderUse::kFinals);
  // Begun anew each time, so that no estimate of noise is left of what came before.
  const bool understood = ps_start_stream(held.get()) >= 0 && ps_start_utt(held.get()) >= 0 &&
                          ps_process_raw(held.get(), utterance_.data(), utterance_.size(), FALSE, TRUE) >= 0 &&
                          ps_end_utt(held.get()) >= 0;
  if (!understood) throw sdk::Error(HEARTH_INTERNAL, "PocketSphinx gave the utterance up");
  const auto segment = result(held.get());
  begin_next();
  if (!segment.words.empty()) receive(segment);
}

sdk::SpokenSegment SphinxStream::result(ps_decoder_t* decoder) const {
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
