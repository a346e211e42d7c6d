#include "pipeline/sound_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace hearth {
namespace {

// The last dimension of a row of scores; 0 for what is none.
std::size_t row_width(const Shape& shape) {
  if (shape.rank() == 0) return 0;
  for (std::size_t i = 0; i + 1 < shape.rank(); ++i) {
    if (shape[i] > 1) return 0;
  }
  const auto width = shape[shape.rank() - 1];
  return width > 1 ? static_cast<std::size_t>(width) : 0;
}

// The third field of a line of YAMNet's class map, whose name may be in quotes; the whole line of others.
std::string label_of(std::string_view line) {
  const auto first = line.find(',');
  const auto second = first == std::string_view::npos ? first : line.find(',', first + 1);
  const bool numbered = first != 0 && first != std::string_view::npos &&
                        std::ranges::all_of(line.substr(0, first), [](char c) { return c >= '0' && c <= '9'; });
  if (numbered && second != std::string_view::npos) line.remove_prefix(second + 1);
  if (line.size() >= 2 && line.front() == '"' && line.back() == '"') line = line.substr(1, line.size() - 2);
  return std::string(line);
}

}  // namespace

Result<std::unique_ptr<SoundEventDetector>> SoundEventDetector::create(std::unique_ptr<TensorLane> lane,
                                                                       const SoundEventOptions& options) {
  std::unique_ptr<SoundEventDetector> made(new SoundEventDetector(std::move(lane), options));
  const auto& facts = made->lane_->facts();
  const auto& ports = facts.ports;
  const Shape row{static_cast<std::int64_t>(kWindow)};
  const Shape batch{1, static_cast<std::int64_t>(kWindow)};
  if (ports.inputs.size() == 1 && ports.inputs[0].type == DataType::kF32)
    made->shape_ = ports.inputs[0].shape.admits(batch) ? batch : row;
  for (std::size_t i = ports.outputs.size(); i-- > 0;) {
    if (const std::size_t width = row_width(ports.outputs[i].shape); width > 0) {
      made->scores_at_ = i;  // the first of several: embeddings and spectra come behind
      made->n_labels_ = width;
    }
  }
  if (made->n_labels_ == 0 || !ports.inputs[0].shape.admits(made->shape_))
    return fail(ErrorCode::kUnsupported, facts.name + " is no classifier of sounds that is known here",
                "use YAMNet (one input of 15,600 samples)");
  return made;
}

Status SoundEventDetector::process(std::span<const float> samples, std::vector<SoundEvent>& out,
                                   const CallBounds& bounds) {
  while (!samples.empty()) {
    const std::size_t n = std::min(samples.size(), kWindow - waiting_.size());
    waiting_.insert(waiting_.end(), samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(n));
    samples = samples.subspan(n);
    if (waiting_.size() < kWindow) break;
    HEARTH_TRY(compute_window(waiting_, out, bounds));
    waiting_.erase(waiting_.begin(), waiting_.begin() + kHop);
    start_ += kHop;
  }
  return {};
}

Status SoundEventDetector::finish(std::vector<SoundEvent>& out, const CallBounds& bounds) {
  // Half a window was in the one before already.
  const bool is_heard = start_ > 0 && waiting_.size() <= kWindow - kHop;
  Status done;
  if (!waiting_.empty() && !is_heard) done = compute_window(waiting_, out, bounds);
  out.insert(out.end(), open_.begin(), open_.end());
  open_.clear();
  waiting_.clear();
  start_ = 0;
  return done;
}

Status SoundEventDetector::compute_window(std::span<const float> samples, std::vector<SoundEvent>& out,
                                          const CallBounds& bounds) {
  HEARTH_ASSIGN(inputs, lane_->inputs(std::span(&shape_, 1)));
  HEARTH_ASSIGN(in, inputs[0].span<float>());
  std::ranges::copy(samples, in.begin());
  std::ranges::fill(in.subspan(samples.size()), 0.0F);
  HEARTH_ASSIGN(outputs, lane_->run(bounds));
  HEARTH_ASSIGN(scores, outputs[scores_at_].span<const float>());
  if (scores.size() != n_labels_ || std::ranges::any_of(scores, [](float s) { return !(s >= 0 && s <= 1); }))
    return fail(ErrorCode::kInvalidData, "the classifier of sounds gave no scores", "get its file anew");
  const auto seconds = [](std::uint64_t n) { return static_cast<double>(n) / kSampleRateHz; };
  note(scores, seconds(start_), seconds(start_ + samples.size()), out);
  return {};
}

// A class that is heard in windows that overlap is one event.
void SoundEventDetector::note(std::span<const float> scores, double start_s, double end_s,
                              std::vector<SoundEvent>& out) {
  order_.resize(scores.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  const auto best = order_.begin() + static_cast<std::ptrdiff_t>(std::min(options_.labels_max, order_.size()));
  std::partial_sort(order_.begin(), best, order_.end(),
                    [&](auto a, auto b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
  order_.erase(best, order_.end());
  std::erase_if(order_, [&](std::size_t label) { return scores[label] < options_.threshold; });
  for (auto event = open_.begin(); event != open_.end();) {
    if (std::ranges::find(order_, event->label) != order_.end()) {
      ++event;
      continue;
    }
    out.push_back(*event);
    event = open_.erase(event);
  }
  for (const std::size_t label : order_) {
    const auto known = std::ranges::find(open_, label, &SoundEvent::label);
    if (known == open_.end()) {
      open_.push_back({label, start_s, end_s, scores[label]});
    } else {
      known->end_s = end_s;
      known->score = std::max(known->score, scores[label]);
    }
  }
}

Result<std::vector<std::string>> read_sound_labels(std::string_view text, std::size_t n_labels) {
  std::vector<std::string> labels;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const bool is_head = labels.empty() && line.starts_with("index,");
    if (!line.empty() && !is_head) labels.push_back(label_of(line));
  }
  if (labels.size() != n_labels)
    return fail(
        ErrorCode::kInvalidData,
        fmt::format("the file of labels names {} classes, but the model tells {} apart", labels.size(), n_labels),
        "give the labels that belong to the model");
  return labels;
}

}  // namespace hearth
