#include "text/sampler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "text/block_maxima.h"

namespace hearth {
namespace {

float finite_or_lowest(float value) { return std::isnan(value) ? -std::numeric_limits<float>::infinity() : value; }

bool is_set(std::span<const std::int32_t> mask, std::size_t bit) {
  return ((static_cast<std::uint32_t>(mask[bit / 32]) >> (bit % 32U)) & 1U) != 0;
}

}  // namespace

Token argmax(std::span<const float> logits) {
  constexpr std::size_t kChunkBlocks = 256;
  std::array<float, kChunkBlocks> maxima;
  std::size_t best_block = 0;
  float best = -std::numeric_limits<float>::infinity();
  for (std::size_t first = 0; first < logit_blocks(logits.size()); first += kChunkBlocks) {
    const auto chunk = logits.subspan(first * kLogitBlock)
                           .first(std::min(logits.size() - first * kLogitBlock, kChunkBlocks * kLogitBlock));
    const auto found = std::span(maxima).first(logit_blocks(chunk.size()));
    block_maxima(chunk, found);
    const auto largest = std::ranges::max_element(found);
    if (*largest <= best) continue;
    best = *largest;
    best_block = first + static_cast<std::size_t>(largest - found.begin());
  }
  for (std::size_t i = best_block * kLogitBlock; i < logits.size(); ++i) {
    if (logits[i] == best) return static_cast<Token>(i);
  }
  return 0;  // all are NaN
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

// Fills candidates_ with what top-k leaves, largest first, of equals the first; with top-k off, all of them.
void Sampler::collect(std::span<const float> logits) {
  const auto larger = [](const Candidate& a, const Candidate& b) {
    return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
  };
  const std::size_t k = options_.top_k == 0 ? logits.size() : std::min<std::size_t>(options_.top_k, logits.size());
  candidates_.clear();
  if (!collect_from_blocks(logits, k)) {
    for (std::size_t i = 0; i < logits.size(); ++i)
      candidates_.push_back({static_cast<Token>(i), finite_or_lowest(logits[i])});
  }
  if (k < candidates_.size()) {
    std::nth_element(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(k), candidates_.end(),
                     larger);
    candidates_.resize(k);
  }
  std::sort(candidates_.begin(), candidates_.end(), larger);
}

// Each of the k blocks with the largest maxima holds a logit at or above the least of these maxima, so nothing below it
// is among the k largest: few blocks are looked into and few logits kept. False where there are fewer blocks than that.
bool Sampler::collect_from_blocks(std::span<const float> logits, std::size_t k) {
  const std::size_t n_blocks = logit_blocks(logits.size());
  if (k == 0 || k > n_blocks) return false;
  block_maxima_.resize(n_blocks);
  block_maxima(logits, block_maxima_);
  ordered_maxima_ = block_maxima_;
  const auto kth = ordered_maxima_.begin() + static_cast<std::ptrdiff_t>(k - 1);
  std::nth_element(ordered_maxima_.begin(), kth, ordered_maxima_.end(), std::greater<>());
  // What is minus infinity is never drawn beside anything else.
  const float bar = std::max(*kth, std::numeric_limits<float>::lowest());
  for (std::size_t block = 0; block < n_blocks; ++block) {
    if (block_maxima_[block] < bar) continue;
    const std::size_t end = std::min(logits.size(), (block + 1) * kLogitBlock);
    for (std::size_t i = block * kLogitBlock; i < end; ++i) {
      if (logits[i] >= bar) candidates_.push_back({static_cast<Token>(i), logits[i]});
    }
  }
  if (candidates_.empty()) candidates_.push_back({0, -std::numeric_limits<float>::infinity()});
  return true;
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
