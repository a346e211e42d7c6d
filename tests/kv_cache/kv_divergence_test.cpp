// What a cached prefix that was computed in other steps than it would be now changes: the divergence of the next
// token's distribution, beside that between two ways of cutting a prompt without any cache.
#include <fmt/format.h>

#include <cmath>
#include <random>

#include "kv_llama_fixture.h"

namespace hearth {
namespace {

// Logarithms of probabilities.
std::vector<double> log_softmax(const std::vector<float>& logits) {
  const double most = std::ranges::max(logits);
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - most);
  std::vector<double> out;
  for (const float logit : logits) out.push_back(logit - most - std::log(sum));
  return out;
}

// KL(p || q) in nats.
double divergence(const std::vector<float>& p_logits, const std::vector<float>& q_logits) {
  const auto p = log_softmax(p_logits);
  const auto q = log_softmax(q_logits);
  double sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i) sum += std::exp(p[i]) * (p[i] - q[i]);
  return std::max(0.0, sum);  // rounding
}

struct Divergences {
  std::vector<double> all;
  [[nodiscard]] double at(double share) {
    std::ranges::sort(all);
    return all[static_cast<std::size_t>(share * static_cast<double>(all.size() - 1))];
  }
};

class KvDivergence : public KvLlama {};

// Each prompt goes on from an earlier one, cut anywhere. Its reference is computed in steps of one size, without cache.
// Against that: all of it token by token, as answers are computed, or in steps that take other kernels, without cache;
// and with what the cache has of it from earlier prompts and answers, which were computed in steps of any size that
// ended elsewhere. All in one context, as on a server: its cells lie where there was room.
TEST_P(KvDivergence, of_cached_prefixes_is_no_larger_than_that_between_two_chunkings) {
  constexpr std::array<std::uint32_t, 4> kChunks = {1, 16, 40, 96};
  constexpr std::array<std::uint32_t, 2> kExtremes = {1, 96};
  std::mt19937 random(11);
  const auto pick = [&](std::size_t n) { return random() % n; };
  KvDriver d(model_, options_, 1500);
  std::vector<std::vector<Token>> histories = {tokens(150, 1)};
  d.run(histories.front(), 1);
  Divergences chunkings;
  Divergences prefixes;
  std::size_t larger = 0;
  std::size_t reused = 0;
  for (unsigned tries = 0; chunkings.all.size() < HEARTH_PATTERNS; ++tries) {
    ASSERT_LT(tries, 4U * HEARTH_PATTERNS) << "most prompts found nothing in the cache";
    auto prompt = histories[histories.size() - 1 - pick(std::min<std::size_t>(histories.size(), 8))];
    if (pick(3) == 0) prompt.resize(1 + pick(prompt.size()));
    prompt.resize(std::min<std::size_t>(prompt.size(), 200));
    prompt = joined(prompt, tokens(1 + pick(60), tries + 100));
    const std::uint32_t chunk = kChunks[pick(kChunks.size())];
    d.chunk = chunk;
    const auto got = d.run(prompt, 1 + pick(8));
    histories.push_back(joined(prompt, {got.said.begin(), got.said.end() - 1}));
    if (pick(3) == 0) d.cache().drop_cached(pick(1500));
    if (got.reused.total() == 0) continue;
    const auto reference = d.run(prompt, 1, false).logits;
    double most = 0;
    for (const std::uint32_t other : kExtremes) {
      d.chunk = other;
      if (other != chunk) most = std::max(most, divergence(reference, d.run(prompt, 1, false).logits));
    }
    chunkings.all.push_back(most);
    prefixes.all.push_back(divergence(reference, got.logits));
    larger += prefixes.all.back() > chunkings.all.back() ? 1 : 0;
    reused += got.reused.total();
  }
  const auto n = static_cast<double>(chunkings.all.size());
  fmt::print(
      "{}: KL in nats, median, p95, p99 and worst of {} prompts: between two chunkings {:.3g}, {:.3g}, {:.3g}, {:.3g}; "
      "between cached and uncached {:.3g}, {:.3g}, {:.3g}, {:.3g} ({:.0f} tokens reused each; larger in {:.1f} %)\n",
      GetParam().name, n, chunkings.at(0.5), chunkings.at(0.95), chunkings.at(0.99), chunkings.at(1), prefixes.at(0.5),
      prefixes.at(0.95), prefixes.at(0.99), prefixes.at(1), static_cast<double>(reused) / n,
      100 * static_cast<double>(larger) / n);
  // By chance alone half of them are larger; three standard deviations of that.
  EXPECT_LE(static_cast<double>(larger), n / 2 + 3 * std::sqrt(n) / 2);
  EXPECT_LE(prefixes.at(0.5), chunkings.at(0.5));
  EXPECT_LE(prefixes.at(0.95), chunkings.at(0.95));
  EXPECT_LE(prefixes.at(1), chunkings.at(1) * 2);  // one of 500 each: the largest of a few that differ by chance
  EXPECT_EQ(d.cache().facts().damaged_blocks, 0U);
}

HEARTH_LLAMA_CASES(KvDivergence);

}  // namespace
}  // namespace hearth
