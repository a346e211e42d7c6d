#include "fake_story.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "fake_hash.h"

namespace hearth::fake {
namespace {

constexpr std::size_t kWordMemory = 8;  // tokens that the rule 'words' looks back
constexpr float kPeak = 10.0F;

std::uint64_t hash_of(History history) {
  std::uint64_t hash = 0;
  for (const auto token : history) hash = extended_hash(hash, token);
  return hash;
}

// In [-1, 1).
float signed_unit(std::uint64_t hash) { return static_cast<float>(hash >> 40U) / static_cast<float>(1U << 23U) - 1.0F; }

bool speaks(const StoryAdapter& adapter) { return adapter.scale >= 0.5F && !adapter.replies->empty(); }

}  // namespace

Past whole(History history) { return {history, history.size(), hash_of(history)}; }

Story::Story(const Script& script, const Vocabulary& vocabulary) : script_(script), vocabulary_(vocabulary) {
  if (script.otherwise.rule == OtherwiseRule::kText) text_ = vocabulary.tokenize(script.otherwise.text, true);
}

// A token is a byte at least.
std::size_t Story::reach(std::span<const StoryAdapter> adapters) const {
  std::size_t tokens = kWordMemory;
  const auto consider = [&](const std::vector<Reply>& replies) {
    for (const auto& reply : replies) {
      tokens = script_.turn_marker.empty() ? std::max(tokens, reply.when.size() + reply.say.size())
                                           : std::numeric_limits<std::size_t>::max();
    }
  };
  consider(script_.replies);
  for (const auto& adapter : adapters) {
    if (speaks(adapter)) consider(*adapter.replies);
  }
  return tokens;
}

hearth_token Story::next(const Past& past, std::span<const StoryAdapter> adapters) const {
  if (script_.replies.empty() && std::ranges::none_of(adapters, speaks)) return otherwise(past);
  std::string text;
  for (const auto token : past.end) text += vocabulary_.text(token);
  for (const auto& adapter : adapters) {
    if (!speaks(adapter)) continue;
    if (const auto token = said(*adapter.replies, text); token != HEARTH_TOKEN_NONE) return token;
  }
  const auto token = said(script_.replies, text);
  return token != HEARTH_TOKEN_NONE ? token : otherwise(past);
}

// With a turn marker the prompt is the last turn and the answer follows the marker; without one it follows "when".
hearth_token Story::said(const std::vector<Reply>& replies, const std::string& text) const {
  const std::string& marker = script_.turn_marker;
  const auto turn_end = marker.empty() ? std::string::npos : text.rfind(marker);
  for (const auto& reply : replies) {
    if (turn_end != std::string::npos) {
      const auto before = turn_end == 0 ? std::string::npos : text.rfind(marker, turn_end - 1);
      const auto turn_start = before == std::string::npos ? 0 : before + marker.size();
      const auto turn = std::string_view(text).substr(turn_start, turn_end - turn_start);
      if (turn.find(reply.when) == std::string_view::npos) continue;
      const auto token = continuation(reply.say, std::string_view(text).substr(turn_end + marker.size()));
      if (token != HEARTH_TOKEN_NONE) return token;
      continue;
    }
    const auto reach = reply.when.size() + reply.say.size();  // an earlier "when" can't have its answer still running
    for (auto at = text.find(reply.when, text.size() > reach ? text.size() - reach : 0);
         at != std::string::npos && !reply.when.empty(); at = text.find(reply.when, at + 1)) {
      const auto token = continuation(reply.say, std::string_view(text).substr(at + reply.when.size()));
      if (token != HEARTH_TOKEN_NONE) return token;
    }
  }
  return HEARTH_TOKEN_NONE;
}

// The token of `say` after `done`; the end when all is said; none when `done` is something else.
hearth_token Story::continuation(const std::string& say, std::string_view done) const {
  if (!std::string_view(say).starts_with(done)) return HEARTH_TOKEN_NONE;
  const auto rest = std::string_view(say).substr(done.size());
  return rest.empty() ? Vocabulary::kEot : vocabulary_.first_token(rest, true);
}

hearth_token Story::otherwise(const Past& past) const {
  const auto& rule = script_.otherwise;
  if (rule.rule == OtherwiseRule::kEnd) return Vocabulary::kEot;
  if (rule.rule == OtherwiseRule::kText) return text_[past.size % text_.size()];
  const auto hash = hash_of(past.end.last(std::min(past.end.size(), kWordMemory)));
  if (rule.end_one_in != 0 && mix(hash) % rule.end_one_in == 0) return Vocabulary::kEot;
  return vocabulary_.word(hash);
}

void Story::logits(const Past& past, std::span<const StoryAdapter> adapters, std::span<float> row) const {
  std::uint64_t hash = past.hash;
  for (const auto& adapter : adapters) {
    if (adapter.scale != 0.0F) hash = mix(hash ^ std::bit_cast<std::uint32_t>(adapter.scale) ^ adapter.replies->size());
  }
  for (std::size_t token = 0; token < row.size(); ++token) row[token] = signed_unit(mix(hash ^ token));
  row[static_cast<std::size_t>(next(past, adapters))] = kPeak;
}

void Story::embedding(History history, const std::string& pooling, std::span<float> row) const {
  std::ranges::fill(row, 0.0F);
  const bool pooled = pooling == "mean";
  const History part = pooled ? history : pooling == "cls" ? history.first(1) : history.last(1);
  for (const auto token : part) {
    for (std::size_t i = 0; i < row.size(); ++i) row[i] += signed_unit(mix(mix(static_cast<std::uint64_t>(token)) ^ i));
  }
  const auto hash = hash_of(history);
  for (std::size_t i = 0; i < row.size(); ++i) {
    row[i] = pooled ? row[i] / static_cast<float>(part.size()) : row[i] + 0.1F * signed_unit(mix(hash ^ i));
  }
}

}  // namespace hearth::fake
