#include "text/logprobs.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hearth {
namespace {

float value_of(float logit) { return std::isnan(logit) ? -std::numeric_limits<float>::infinity() : logit; }

bool before(const TokenLogprob& a, const TokenLogprob& b) {
  return a.logprob != b.logprob ? a.logprob > b.logprob : a.token < b.token;
}

// The `count` largest logits, largest first.
std::vector<TokenLogprob> largest(std::span<const float> logits, std::size_t count) {
  std::vector<TokenLogprob> heap;  // the worst of the best in front
  heap.reserve(count + 1);
  for (std::size_t i = 0; i < logits.size() && count > 0; ++i) {
    const TokenLogprob entry{static_cast<Token>(i), value_of(logits[i])};
    if (heap.size() == count && !before(entry, heap.front())) continue;
    heap.push_back(entry);
    std::push_heap(heap.begin(), heap.end(), before);
    if (heap.size() <= count) continue;
    std::pop_heap(heap.begin(), heap.end(), before);
    heap.pop_back();
  }
  std::sort_heap(heap.begin(), heap.end(), before);
  return heap;
}

}  // namespace

StepLogprobs top_logprobs(std::span<const float> logits, Token chosen, std::uint32_t count) {
  float top = -std::numeric_limits<float>::infinity();
  for (const float logit : logits) top = std::max(top, value_of(logit));
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(value_of(logit)) - top);
  const double log_total = std::isinf(top) ? 0 : top + std::log(sum);
  const auto logprob = [log_total](float logit) { return static_cast<float>(value_of(logit) - log_total); };
  StepLogprobs step;
  step.chosen = {chosen, logprob(logits[static_cast<std::size_t>(chosen)])};
  step.top = largest(logits, std::min<std::size_t>(count, logits.size()));
  for (auto& entry : step.top) entry.logprob = logprob(entry.logprob);
  return step;
}

}  // namespace hearth
