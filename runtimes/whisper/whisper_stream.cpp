#include "whisper_stream.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace hearth::whisper {
namespace {

using std::chrono::nanoseconds;

// Source: whisper.h: times of segments and tokens count hundredths of a second.
constexpr nanoseconds kTick = std::chrono::milliseconds(10);
// Audio that one place of the encoder's output stands for: two frames of 160 samples.
constexpr std::size_t kSamplesPerPlace = 320;
// Places more than were said, so that the end is not cut. Source: our choice, 2.5 s; rounded up to what kernels like.
constexpr std::size_t kPlacesBehind = 128;
constexpr std::size_t kPlacesMax = 1'500;
constexpr std::size_t kPlacesStep = 64;

DecodingOptions decoding_of(const nlohmann::json& extra) {
  DecodingOptions decoding;
  decoding.beam_size = extra.value("beam_size", decoding.beam_size);
  decoding.best_of = extra.value("best_of", decoding.best_of);
  decoding.fallback = extra.value("fallback", decoding.fallback);
  decoding.tokens_as_words = extra.value("tokens_as_words", decoding.tokens_as_words);
  decoding.short_audio = extra.value("short_audio", decoding.short_audio);
  return decoding;
}

// A state that is held for an utterance, and goes back to its model.
class HeldState {
 public:
  explicit HeldState(WhisperModel& model) : model_(model), state_(model.borrow()) {}
  ~HeldState() { model_.give_back(std::move(state_)); }
  HeldState(const HeldState&) = delete;
  HeldState& operator=(const HeldState&) = delete;
  [[nodiscard]] whisper_state* get() const { return state_.get(); }

 private:
  WhisperModel& model_;
  State state_;
};

std::string trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return std::string(text);
}

}  // namespace

std::vector<sdk::Key> WhisperStream::keys() {
  return {{.name = "beam_size",
           .type = sdk::KeyType::kInteger,
           .about = "hypotheses kept; 1: greedy",
           .minimum = 1,
           .maximum = 8},
          {.name = "best_of",
           .type = sdk::KeyType::kInteger,
           .about = "samples at higher temperatures",
           .minimum = 1,
           .maximum = 8},
          {.name = "fallback", .type = sdk::KeyType::kBool, .about = "higher temperatures where the text looks wrong"},
          {.name = "tokens_as_words", .type = sdk::KeyType::kBool, .about = "words are the model's tokens, one by one"},
          {.name = "short_audio",
           .type = sdk::KeyType::kBool,
           .about = "short utterances don't pay for 30 s of encoding; some words more may be wrong"}};
}

WhisperStream::WhisperStream(std::shared_ptr<WhisperModel> model, const sdk::TranscribeOptions& options)
    : model_(std::move(model)), options_(options), decoding_(decoding_of(options.extra)) {}

void WhisperStream::accept(std::span<const float> samples, const sdk::CallGuard& /*call*/,
                           const sdk::SegmentReceiver& /*receive*/) {
  const auto& info = model_->info();
  const std::size_t n_max = std::size_t{info.window_ms} * info.sample_rate_hz / 1000;
  if (samples.size() > n_max - utterance_.size())
    throw sdk::Error(HEARTH_INVALID_ARGUMENT, "the utterance is longer than the " +
                                                  std::to_string(info.window_ms / 1000) +
                                                  " s that this model takes at once; end it in a pause");
  utterance_.insert(utterance_.end(), samples.begin(), samples.end());
}

whisper_full_params WhisperStream::parameters(const sdk::CallGuard& call) const {
  const bool beams = decoding_.beam_size > 1;
  whisper_full_params full =
      whisper_full_default_params(beams ? WHISPER_SAMPLING_BEAM_SEARCH : WHISPER_SAMPLING_GREEDY);
  full.n_threads = call.n_threads() != 0 ? static_cast<int>(call.n_threads()) : model_->n_threads();
  full.translate = options_.translate;
  full.no_context = true;  // an utterance stands for itself
  full.token_timestamps = true;
  full.print_progress = full.print_realtime = full.print_special = full.print_timestamps = false;
  full.language =
      options_.language.empty() ? (model_->info().can_translate ? "auto" : "en") : options_.language.c_str();
  full.initial_prompt = options_.prompt.empty() ? nullptr : options_.prompt.c_str();
  full.greedy.best_of = decoding_.best_of;
  full.beam_search.beam_size = decoding_.beam_size;
  if (!decoding_.fallback) full.temperature_inc = 0;
  if (decoding_.short_audio) {
    const std::size_t places = utterance_.size() / kSamplesPerPlace + kPlacesBehind;
    full.audio_ctx = static_cast<int>(std::min((places + kPlacesStep - 1) / kPlacesStep * kPlacesStep, kPlacesMax));
  }
  full.abort_callback = [](void* data) { return static_cast<const sdk::CallGuard*>(data)->should_stop(); };
  full.abort_callback_user_data = const_cast<sdk::CallGuard*>(&call);
  return full;
}

void WhisperStream::finish(const sdk::CallGuard& call, const sdk::SegmentReceiver& receive) {
  if (utterance_.empty()) return;
  call.check("transcribing");
  const HeldState held(*model_);
  const int failed = whisper_full_with_state(model_->context(), held.get(), parameters(call), utterance_.data(),
                                             static_cast<int>(utterance_.size()));
  call.check("transcribing");  // a call that was stopped fails too
  if (failed != 0)
    throw sdk::Error(HEARTH_INTERNAL, "whisper.cpp gave the utterance up (" + std::to_string(failed) + ")");
  std::vector<sdk::SpokenSegment> segments;
  for (int i = 0; i < whisper_full_n_segments_from_state(held.get()); ++i) segments.push_back(segment(held.get(), i));
  n_before_ += utterance_.size();
  utterance_.clear();
  for (const auto& each : segments)
    if (!each.text.empty()) receive(each);
}

sdk::SpokenSegment WhisperStream::segment(whisper_state* state, int index) const {
  const std::uint32_t rate = model_->info().sample_rate_hz;
  const nanoseconds start(static_cast<std::int64_t>(n_before_ * 1'000'000'000ULL / rate));
  const nanoseconds end(static_cast<std::int64_t>((n_before_ + utterance_.size()) * 1'000'000'000ULL / rate));
  sdk::SpokenSegment segment;
  segment.start = std::min(start + whisper_full_get_segment_t0_from_state(state, index) * kTick, end);
  segment.end = std::clamp(start + whisper_full_get_segment_t1_from_state(state, index) * kTick, segment.start, end);
  segment.text = trimmed(whisper_full_get_segment_text_from_state(state, index));
  if (model_->info().can_translate && options_.language.empty())
    segment.language = whisper_lang_str(whisper_full_lang_id_from_state(state));
  segment.words = words(state, index);
  double sum = 0;
  for (const auto& word : segment.words) sum += word.confidence.value_or(0);
  if (!segment.words.empty()) segment.confidence = sum / static_cast<double>(segment.words.size());
  for (auto& word : segment.words) {
    word.start = std::clamp(word.start + start, segment.start, segment.end);
    word.end = std::clamp(word.end + start, word.start, segment.end);
  }
  return segment;
}

// Tokens to words: one that begins with a blank begins a word. Times are of the utterance.
std::vector<sdk::SpokenWord> WhisperStream::words(whisper_state* state, int index) const {
  std::vector<sdk::SpokenWord> all;
  double sum = 0;
  std::size_t n_tokens = 0;
  for (int i = 0; i < whisper_full_n_tokens_from_state(state, index); ++i) {
    const whisper_token_data token = whisper_full_get_token_data_from_state(state, index, i);
    if (token.id >= whisper_token_eot(model_->context())) continue;  // times and other marks
    const std::string_view text = whisper_full_get_token_text_from_state(model_->context(), state, index, i);
    if (all.empty() || text.starts_with(' ') || decoding_.tokens_as_words) {
      all.push_back({.text = {}, .start = std::max<std::int64_t>(token.t0, 0) * kTick});
      sum = 0;
      n_tokens = 0;
    }
    auto& word = all.back();
    word.text += text;
    word.end = std::max<std::int64_t>(token.t1, 0) * kTick;
    sum += static_cast<double>(token.p);
    word.confidence = std::clamp(sum / static_cast<double>(++n_tokens), 0.0, 1.0);
  }
  if (decoding_.tokens_as_words) return all;
  for (auto& word : all) word.text = trimmed(word.text);
  std::erase_if(all, [](const sdk::SpokenWord& word) { return word.text.empty(); });
  return all;
}

}  // namespace hearth::whisper
