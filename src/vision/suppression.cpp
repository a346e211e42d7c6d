#include "vision/suppression.h"

#include <algorithm>

namespace hearth {

void Suppression::Kept::clear() {
  x0.clear();
  y0.clear();
  x1.clear();
  y1.clear();
  area.clear();
}

void Suppression::Kept::add(const Box& box) {
  x0.push_back(box.x0);
  y0.push_back(box.y0);
  x1.push_back(box.x1);
  y1.push_back(box.y1);
  area.push_back(box.area());
}

// Without a division and without a way out of the loop, so that it is vectorised: the lists are short.
bool Suppression::Kept::overlaps(const Box& box, float threshold) const {
  const float own = box.area();
  unsigned hits = 0;
  for (std::size_t i = 0; i < x0.size(); ++i) {
    const float width = std::max(0.0F, std::min(x1[i], box.x1) - std::max(x0[i], box.x0));
    const float height = std::max(0.0F, std::min(y1[i], box.y1) - std::max(y0[i], box.y0));
    const float shared = width * height;
    hits |= shared > threshold * (own + area[i] - shared) ? 1U : 0U;
  }
  return hits != 0;
}

Suppression::Kept& Suppression::kept_of(std::int32_t class_id) {
  const auto slot = static_cast<std::size_t>(class_id);
  if (kept_.size() <= slot) kept_.resize(slot + 1);
  if (kept_[slot].x0.empty()) used_.push_back(class_id);
  return kept_[slot];
}

bool Suppression::run(std::vector<Candidate>& candidates, const Options& options) {
  // Ties by row and class: the same numbers give the same boxes everywhere.
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    if (a.score != b.score) return a.score > b.score;
    return a.anchor != b.anchor ? a.anchor < b.anchor : a.class_id < b.class_id;
  });
  for (const std::int32_t class_id : used_) kept_[static_cast<std::size_t>(class_id)].clear();
  used_.clear();
  std::size_t n_kept = 0;
  for (const Candidate& candidate : candidates) {
    Kept& kept = kept_of(options.across_classes ? 0 : candidate.class_id);
    if (kept.overlaps(candidate.box, options.iou_threshold)) continue;
    if (n_kept == options.objects_max) {
      candidates.resize(n_kept);
      return true;
    }
    kept.add(candidate.box);
    candidates[n_kept++] = candidate;
  }
  candidates.resize(n_kept);
  return false;
}

}  // namespace hearth
