#include "bench/request_mix.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <random>
#include <string>

namespace hearth::bench {
namespace {

constexpr std::uint32_t kPromptTokensMax = 1U << 22U;
constexpr std::size_t kMixRequestsMax = 1'000'000;

// Not std::uniform_int_distribution: its results differ between standard libraries, and a mix is to be the same
// anywhere.
std::uint64_t below(std::mt19937_64& draw, std::uint64_t n) { return draw() % n; }

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> cells;
  while (true) {
    const auto tab = line.find('\t');
    cells.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return cells;
    line.remove_prefix(tab + 1);
  }
}

template <class T>
bool read_number(std::string_view cell, T& out) {
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), out);
  return error == std::errc() && end == cell.data() + cell.size();
}

Error line_error(std::size_t line, const std::string& what) {
  return {ErrorCode::kInvalidData, "line " + std::to_string(line) + " of the mix " + what,
          "give tab-separated lines under a head with the columns words and seed"};
}

// Where the two columns are; found in the head.
struct Columns {
  std::size_t words = 0;
  std::size_t seed = 0;
};

Result<Columns> read_head(std::string_view line, std::size_t number) {
  const auto cells = split(line);
  const auto words = std::ranges::find(cells, "words"), seed = std::ranges::find(cells, "seed");
  if (words == cells.end() || seed == cells.end()) return fail(line_error(number, "names no column words or no seed"));
  return Columns{static_cast<std::size_t>(words - cells.begin()), static_cast<std::size_t>(seed - cells.begin())};
}

}  // namespace

std::vector<LoadRequest> uniform_mix(const UniformMix& mix) {
  std::mt19937_64 draw(mix.seed);
  std::vector<LoadRequest> requests(mix.count);
  for (auto& request : requests) {
    const auto span = std::uint64_t{mix.prompt_max} - mix.prompt_min + 1;
    request.prompt_tokens = mix.prompt_min + static_cast<std::uint32_t>(below(draw, span));
    request.answer_tokens = mix.answer_tokens;
    request.seed = draw();
  }
  return requests;
}

Result<std::vector<LoadRequest>> read_mix(std::string_view text, std::uint32_t answer_tokens) {
  std::vector<LoadRequest> requests;
  std::optional<Columns> columns;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    if (!columns) {
      HEARTH_ASSIGN(found, read_head(line, number));
      columns = found;
      continue;
    }
    const auto cells = split(line);
    LoadRequest request{.answer_tokens = answer_tokens};
    if (cells.size() <= std::max(columns->words, columns->seed) ||
        !read_number(cells[columns->words], request.prompt_tokens) || !read_number(cells[columns->seed], request.seed))
      return fail(line_error(number, "has no number of words and no seed"));
    if (request.prompt_tokens == 0 || request.prompt_tokens > kPromptTokensMax)
      return fail(line_error(number, "has a number of words outside 1 to " + std::to_string(kPromptTokensMax)));
    requests.push_back(request);
    if (requests.size() > kMixRequestsMax) return fail(line_error(number, "is one too many"));
  }
  if (requests.empty()) return fail(line_error(1, "begins no request"));
  return requests;
}

std::vector<std::chrono::duration<double>> poisson_arrivals(std::size_t count, double rate_per_s, std::uint64_t seed) {
  std::mt19937_64 draw(seed);
  std::vector<std::chrono::duration<double>> times;
  double now = 0;
  for (std::size_t i = 0; i < count; ++i) {
    // 53 bits make a number in [0, 1); one minus it is never 0.
    const double uniform = 1.0 - static_cast<double>(draw() >> 11U) * 0x1p-53;
    now += -std::log(uniform) / rate_per_s;
    times.emplace_back(now);
  }
  return times;
}

std::vector<Token> prompt_of(const LoadRequest& request, std::uint32_t n_vocab) {
  std::mt19937_64 draw(request.seed);
  std::vector<Token> tokens;
  tokens.reserve(request.prompt_tokens);
  while (tokens.size() < request.prompt_tokens) {
    const auto token = static_cast<Token>(below(draw, n_vocab));
    if (tokens.empty() || n_vocab < 2 || tokens.back() != token) tokens.push_back(token);
  }
  return tokens;
}

}  // namespace hearth::bench
