#include "text/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hearth {
namespace {

float finite_or_lowest(float value) { return std::isnan(value) ? -std::numeric_limits<float>::infinity() : value; }

// Logits looked at together: most blocks hold nothing that is wanted, and compilers do one in a few vector
// instructions.
constexpr std::size_t kBlock = 64;

bool any_above(const float* block, float bar) {
  int any = 0;
  for (std::size_t i = 0; i < kBlock; ++i) any |= static_cast<int>(block[i] > bar);  // NaN is above nothing
  return any != 0;
}

// Calls `take` with each place from `begin` on whose value is above bar(), which may rise meanwhile.
template <class Bar, class Take>
void for_each_above(std::span<const float> values, std::size_t begin, Bar bar, Take take) {
  std::size_t i = begin;
  while (i < values.size()) {
    const bool whole = i + kBlock <= values.size();
    const std::size_t end = whole ? i + kBlock : values.size();
    if (whole && !any_above(values.data() + i, bar())) {
      i = end;
      continue;
    }
    for (; i < end; ++i) {
      if (values[i] > bar()) take(i);
    }
  }
}

bool is_set(std::span<const std::int32_t> mask, std::size_t bit) {
  return ((static_cast<std::uint32_t>(mask[bit / 32]) >> (bit % 32U)) & 1U) != 0;
}

}  // namespace

Token argmax(std::span<const float> logits) {
  std::size_t best = 0;
  float best_value = finite_or_lowest(logits[0]);
  for_each_above(
      logits, 1, [&] { return best_value; },
      [&](std::size_t i) {
        best_value = logits[i];
        best = i;
      });
  return static_cast<Token>(best);
}

Sampler::Sampler(const SamplingOptions& options) : options_(options), random_(options.seed) {}

bool Sampler::has_penalties() const {
  return options_.penalty_last_n > 0 &&
         (options_.repeat_penalty != 1.0F || options_.frequency_penalty != 0.0F || options_.presence_penalty != 0.0F);
}

void Sampler::accept(Token token) {
  if (!has_penalties()) return;
  recent_.push_back(token);
  ++counts_[token];
  while (recent_.size() > options_.penalty_last_n) {
    const auto oldest = counts_.find(recent_.front());
    if (--oldest->second == 0) counts_.erase(oldest);
    recent_.pop_front();
  }
}

// Source: repetition penalty, Keskar et al. 2019 (CTRL), section 4.1; frequency and presence: the OpenAI API reference.
void Sampler::penalize() {
  for (const auto& [token, count] : counts_) {
    if (token < 0 || static_cast<std::size_t>(token) >= adjusted_.size()) continue;
    float& logit = adjusted_[static_cast<std::size_t>(token)];
    logit = logit > 0 ? logit / options_.repeat_penalty : logit * options_.repeat_penalty;
    logit -= static_cast<float>(count) * options_.frequency_penalty + options_.presence_penalty;
  }
}

// The logits with all that is asked of them; what is not allowed gets none.
void Sampler::adjust(std::span<const float> logits, std::span<const std::int32_t> allowed) {
  constexpr float kForbidding = -100;  // Source: the OpenAI API reference, logit_bias
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  adjusted_.assign(logits.begin(), logits.end());
  for (const auto& [token, bias] : options_.logit_bias)
    if (token >= 0 && static_cast<std::size_t>(token) < adjusted_.size())
      adjusted_[static_cast<std::size_t>(token)] += bias <= kForbidding ? kLowest : bias;
  if (has_penalties()) penalize();
  if (allowed.empty()) return;
  for (std::size_t i = 0; i < adjusted_.size(); ++i) {
    float& logit = adjusted_[i];
    if (i / 32 >= allowed.size() || !is_set(allowed, i))
      logit = std::numeric_limits<float>::quiet_NaN();
    else if (!(logit > std::numeric_limits<float>::lowest()))
      logit = std::numeric_limits<float>::lowest();  // allowed beats forbidden: something must be said
  }
}

Token Sampler::sample(std::span<const float> logits, std::span<const std::int32_t> allowed) {
  std::span<const float> view = logits;
  if (!allowed.empty() || !options_.logit_bias.empty() || (has_penalties() && !counts_.empty())) {
    adjust(logits, allowed);
    view = adjusted_;
  }
  if (options_.temperature <= 0 || options_.top_k == 1) return argmax(view);
  collect(view);
  return draw();
}

// Fills candidates_ with what top-k leaves, largest first; with top-k off, all of them. What stands below the worst of
// the k best so far is passed over, so that the usual k costs little more than reading the logits once.
void Sampler::collect(std::span<const float> logits) {
  const auto larger = [](const Candidate& a, const Candidate& b) {
    return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
  };
  const std::size_t k = options_.top_k == 0 ? logits.size() : std::min<std::size_t>(options_.top_k, logits.size());
  candidates_.clear();
  candidates_.reserve(k);
  for (std::size_t i = 0; i < k; ++i) candidates_.push_back({static_cast<Token>(i), finite_or_lowest(logits[i])});
  if (k == logits.size()) {
    std::sort(candidates_.begin(), candidates_.end(), larger);
    return;
  }
  std::make_heap(candidates_.begin(), candidates_.end(), larger);  // the worst in front
  for_each_above(                                                  // of equals the first stays
      logits, k, [&] { return candidates_.front().logit; },
      [&](std::size_t i) {
        std::pop_heap(candidates_.begin(), candidates_.end(), larger);
        candidates_.back() = {static_cast<Token>(i), logits[i]};
        std::push_heap(candidates_.begin(), candidates_.end(), larger);
      });
  std::sort_heap(candidates_.begin(), candidates_.end(), larger);
}

void Sampler::keep_top_p(double total) {
  if (options_.top_p >= 1.0F) return;
  double sum = 0;
  std::size_t keep = 0;
  while (keep < candidates_.size() && (keep == 0 || sum < options_.top_p * total))
    sum += std::exp(static_cast<double>(candidates_[keep++].logit - candidates_[0].logit));
  candidates_.resize(keep);
}

double Sampler::uniform() {
  // 53 random bits; std::uniform_real_distribution differs between standard libraries.
  return static_cast<double>(random_() >> 11U) * 0x1.0p-53;
}

Token Sampler::draw() {
  const float top = candidates_[0].logit;
  if (std::isinf(top)) return candidates_[0].token;
  double total = 0;
  for (const auto& c : candidates_) total += std::exp(static_cast<double>(c.logit - top));
  keep_top_p(total);
  if (options_.min_p > 0) {
    const float floor = top + std::log(options_.min_p);
    const auto below = std::find_if(candidates_.begin() + 1, candidates_.end(),
                                    [floor](const Candidate& c) { return c.logit < floor; });
    candidates_.erase(below, candidates_.end());
  }
  double mass = 0;
  for (const auto& c : candidates_) mass += std::exp(static_cast<double>(c.logit - top) / options_.temperature);
  double at = uniform() * mass;
  for (const auto& c : candidates_) {
    at -= std::exp(static_cast<double>(c.logit - top) / options_.temperature);
    if (at < 0) return c.token;
  }
  return candidates_.back().token;
}

}  // namespace hearth
