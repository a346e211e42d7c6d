#include "pipeline/governed_media.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace hearth {
namespace {

constexpr double kStreamGap_s = 1;  // pictures farther apart are no stream

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

// Counts a request as under way for as long as somebody holds it.
class UnderWay {
 public:
  UnderWay(std::shared_ptr<MediaGovernance> governance, Modality modality)
      : governance_(std::move(governance)), modality_(modality) {
    governance_->begin(modality_);
  }
  ~UnderWay() { governance_->end(modality_); }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;

 private:
  const std::shared_ptr<MediaGovernance> governance_;
  const Modality modality_;
};

class CountedSpeech final : public SpeechListener {
 public:
  CountedSpeech(std::shared_ptr<SpeechListener> below, std::shared_ptr<MediaGovernance> governance)
      : below_(std::move(below)), under_way_(std::move(governance), Modality::kSpeaking) {}
  void on_begin(const SpeechHead& head) override { below_->on_begin(head); }
  bool on_bytes(std::string_view bytes) override { return below_->on_bytes(bytes); }
  void on_end(const SpeechEnd& end) override { below_->on_end(end); }
  void on_error(const Error& error) override { below_->on_error(error); }

 private:
  const std::shared_ptr<SpeechListener> below_;
  const UnderWay under_way_;
};

}  // namespace

MediaGovernance::MediaGovernance(const Clock& clock, std::map<std::string, std::string> smaller)
    : clock_(clock), smaller_(std::move(smaller)) {
  for (State& each : states_) each.asked = each.changed = clock_.now();
}

void MediaGovernance::set(Modality modality, RungSettings settings, std::string rung) {
  const std::lock_guard lock(gate_);
  State& state = of(modality);
  state.settings = std::move(settings);
  state.rung = std::move(rung);
}

RungSettings MediaGovernance::settings(Modality modality) const {
  const std::lock_guard lock(gate_);
  return of(modality).settings;
}

std::string MediaGovernance::rung(Modality modality) const {
  const std::lock_guard lock(gate_);
  return of(modality).rung.empty() ? "full" : of(modality).rung;
}

std::string MediaGovernance::model_for(Modality modality, const std::string& model) const {
  const auto asked = settings(modality).model;
  std::string answers = model;
  if (!asked) return answers;
  // A circle of names ends where every model was passed once.
  for (std::size_t hops = *asked == "floor" ? smaller_.size() : 1; hops > 0; --hops) {
    const auto next = smaller_.find(answers);
    if (next == smaller_.end()) break;
    answers = next->second;
  }
  return answers;
}

bool MediaGovernance::takes_frame(const std::string& model) {
  const auto now = clock_.now();
  const std::lock_guard lock(gate_);
  const std::uint32_t every = std::max(1U, of(Modality::kVision).settings.frame_every.value_or(1));
  const auto [found, is_first] = frames_.try_emplace(model);
  Frames& frames = found->second;
  const bool in_stream = !is_first && seconds_between(frames.last, now) < kStreamGap_s;
  frames.last = now;
  frames.skipped = in_stream && frames.skipped + 1 < every ? frames.skipped + 1 : 0;
  return frames.skipped == 0;
}

void MediaGovernance::settle(State& state, Instant now) {
  if (state.under_way > 0) state.busy_s += seconds_between(state.changed, now);
  state.changed = now;
}

void MediaGovernance::begin(Modality modality) {
  const std::lock_guard lock(gate_);
  settle(of(modality), clock_.now());
  ++of(modality).under_way;
}

void MediaGovernance::end(Modality modality) {
  const std::lock_guard lock(gate_);
  settle(of(modality), clock_.now());
  --of(modality).under_way;
}

double MediaGovernance::take_activity(Modality modality) {
  const auto now = clock_.now();
  const std::lock_guard lock(gate_);
  State& state = of(modality);
  settle(state, now);
  const double passed_s = seconds_between(state.asked, now);
  const double share = passed_s > 0 ? std::clamp(state.busy_s / passed_s, 0.0, 1.0) : 0;
  state.busy_s = 0;
  state.asked = now;
  return share;
}

void GovernedVision::look(VisionRequest request, std::function<void(const Result<VisionAnswer*>&)> done) {
  request.model = governance_->model_for(Modality::kVision, request.model);
  if (!governance_->takes_frame(request.model))
    return done(
        fail(ErrorCode::kOverloaded,
             fmt::format("this frame for '{}' is left out: {}", request.model, governance_->rung(Modality::kVision)),
             "send the next one"));
  if (const auto side = governance_->settings(Modality::kVision).resolution) {
    const std::int32_t planned = request.options.resolution > 0 ? request.options.resolution : kDefaultResolution;
    request.options.resolution = std::min(planned, static_cast<std::int32_t>(*side));
  }
  auto under_way = std::make_shared<UnderWay>(governance_, Modality::kVision);  // the callback may be copied
  below_.look(std::move(request),
              [done = std::move(done), under_way](const Result<VisionAnswer*>& answer) { done(answer); });
}

void GovernedTranscription::transcribe(TranscriptionRequest request, TranscriptionListener listener) {
  request.model = governance_->model_for(Modality::kHearing, request.model);
  auto under_way = std::make_shared<UnderWay>(governance_, Modality::kHearing);
  // Whoever keeps the listener keeps the request under way.
  listener.segment = [segment = std::move(listener.segment),
                      under_way = std::move(under_way)](const TranscriptSegment& each) { segment(each); };
  below_.transcribe(std::move(request), std::move(listener));
}

void GovernedSpeech::speak(SpeechRequest request, std::shared_ptr<SpeechListener> listener) {
  request.model = governance_->model_for(Modality::kSpeaking, request.model);
  below_.speak(std::move(request), std::make_shared<CountedSpeech>(std::move(listener), governance_));
}

}  // namespace hearth
