// Which requests a load consists of: so many tokens of prompt and answer, and when they come.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "domain/token_event.h"
#include "hearth/result.h"

namespace hearth::bench {

struct LoadRequest {
  std::uint32_t prompt_tokens = 0;
  std::uint32_t answer_tokens = 0;
  std::uint64_t seed = 0;  // of the prompt's tokens
};

// `count` requests with prompts uniform over [prompt_min, prompt_max]; the same seed gives the same ones.
struct UniformMix {
  std::uint32_t count = 48;
  std::uint32_t prompt_min = 48;
  std::uint32_t prompt_max = 768;
  std::uint32_t answer_tokens = 64;
  std::uint64_t seed = 1;
};
[[nodiscard]] std::vector<LoadRequest> uniform_mix(const UniformMix& mix);

// A recorded mix: tab-separated lines with a head that names "words" and "seed", as bench/serving has it; a word counts
// as a token. kInvalidData names the line.
[[nodiscard]] Result<std::vector<LoadRequest>> read_mix(std::string_view text, std::uint32_t answer_tokens);

// Arrivals with exponential gaps of mean 1/rate (a Poisson process), from 0 on; the same seed gives the same ones.
[[nodiscard]] std::vector<std::chrono::duration<double>> poisson_arrivals(std::size_t count, double rate_per_s,
                                                                          std::uint64_t seed);

// A request's prompt: tokens drawn from its seed, none of them twice in a row, so that nothing repeats by chance.
[[nodiscard]] std::vector<Token> prompt_of(const LoadRequest& request, std::uint32_t n_vocab);

}  // namespace hearth::bench
