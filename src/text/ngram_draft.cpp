#include "text/ngram_draft.h"

#include <algorithm>

namespace hearth {
NgramDraft::NgramDraft(const NgramDraftOptions& options) : options_(options), gain_(options.gain) {
  options_.ngram_min = std::max<std::size_t>(1, options_.ngram_min);
  options_.ngram_max = std::max(options_.ngram_min, options_.ngram_max);
}

// FNV-1a over the n tokens before `end` and n itself; a collision is found out by comparing.
std::uint64_t NgramDraft::key(std::size_t end, std::size_t n) const {
  std::uint64_t hash = 0xcbf29ce484222325U ^ n;
  for (std::size_t i = end - n; i < end; ++i) hash = (hash ^ static_cast<std::uint32_t>(said_[i])) * 0x100000001b3U;
  return hash;
}

void NgramDraft::accept(Token token) {
  // What ended before this token now has something after it.
  const std::size_t end = said_.size();
  for (std::size_t n = options_.ngram_min; n <= options_.ngram_max && n <= end; ++n)
    after_[key(end, n)] = static_cast<std::uint32_t>(end);
  said_.push_back(token);
}

// The position after the match, or 0.
std::size_t NgramDraft::find_match() const {
  const std::size_t end = said_.size();
  for (std::size_t n = std::min(options_.ngram_max, end); n >= options_.ngram_min; --n) {
    const auto found = after_.find(key(end, n));
    if (found == after_.end()) continue;
    const auto at = static_cast<std::ptrdiff_t>(found->second);
    const auto length = static_cast<std::ptrdiff_t>(n);
    if (std::equal(said_.end() - length, said_.end(), said_.begin() + at - length)) return found->second;
  }
  return 0;
}

std::vector<Token> NgramDraft::draft(std::size_t limit) {
  last_drafted_ = 0;
  if (!gain_.may_draft()) return {};
  const std::size_t at = find_match();
  if (at == 0) return {};
  const std::size_t n = std::min({limit, options_.tokens_max, said_.size() - at});
  last_drafted_ = n;
  const auto begin = said_.begin() + static_cast<std::ptrdiff_t>(at);
  return {begin, begin + static_cast<std::ptrdiff_t>(n)};
}

void NgramDraft::report(std::size_t accepted) {
  if (last_drafted_ == 0) return;
  gain_.report(last_drafted_, accepted);
  last_drafted_ = 0;
}

}  // namespace hearth
