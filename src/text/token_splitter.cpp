// "pre_tokenizer" of a tokenizer.json.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "text/byte_alphabet.h"
#include "text/code_points.h"
#include "text/text_pattern.h"
#include "text/token_steps.h"

namespace hearth {
namespace {

using Json = nlohmann::json;
using Pieces = std::vector<TextPiece>;
using Matches = std::vector<TextPattern::Match>;

enum class Behavior { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

Result<Behavior> read_behavior(const Json& json, Behavior usual) {
  const auto found = json.find("behavior");
  if (found == json.end()) return usual;
  const auto name = found->get<std::string>();
  if (name == "Removed") return Behavior::kRemoved;
  if (name == "Isolated") return Behavior::kIsolated;
  if (name == "MergedWithPrevious") return Behavior::kMergedWithPrevious;
  if (name == "MergedWithNext") return Behavior::kMergedWithNext;
  if (name == "Contiguous") return Behavior::kContiguous;
  return fail(ErrorCode::kUnsupported,
              "the tokenizer splits with the behavior '" + name + "', which is not known here");
}

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool is_match = false;
};

// The whole text as what matched and what lies between; `invert` swaps the two.
std::vector<Span> spans_of(std::size_t size, const Matches& matches, bool invert) {
  std::vector<Span> spans;
  std::size_t done = 0;
  for (const auto& match : matches) {
    if (match.begin > done) spans.push_back({done, match.begin, invert});
    spans.push_back({match.begin, match.end, !invert});
    done = match.end;
  }
  if (done < size) spans.push_back({done, size, invert});
  return spans;
}

// Joins neighbours, or drops matches, as the behavior says.
std::vector<Span> joined(std::vector<Span> spans, Behavior behavior) {
  if (behavior == Behavior::kIsolated) return spans;
  if (behavior == Behavior::kRemoved) {
    std::erase_if(spans, &Span::is_match);
    return spans;
  }
  const auto joins = [behavior](const Span& before, const Span& span) {
    if (behavior == Behavior::kContiguous) return before.is_match == span.is_match;
    if (behavior == Behavior::kMergedWithPrevious) return span.is_match && !before.is_match;
    return before.is_match && !span.is_match;
  };
  std::vector<Span> out;
  for (const auto& span : spans) {
    if (!out.empty() && joins(out.back(), span)) {
      out.back().end = span.end;
      // What a match has joined takes no second one, and what lies behind a joined match is new.
      out.back().is_match =
          behavior == Behavior::kContiguous ? span.is_match : behavior == Behavior::kMergedWithPrevious;
    } else {
      out.push_back(span);
    }
  }
  return out;
}

void append_spans(const TextPiece& piece, const std::vector<Span>& spans, Pieces& to) {
  for (const auto& span : spans)
    if (span.end > span.begin)
      to.push_back({piece.text.substr(span.begin, span.end - span.begin), piece.is_first && span.begin == 0});
}

template <class Predicate>
Matches single_matches(std::u32string_view text, const Predicate& is_match) {
  Matches matches;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (is_match(text[i])) matches.push_back({i, i + 1});
  return matches;
}

template <class Predicate>
SplitStep split_at(Predicate is_match, Behavior behavior) {
  return [is_match, behavior](const Pieces& pieces) -> Result<Pieces> {
    Pieces out;
    for (const auto& piece : pieces)
      append_spans(piece, joined(spans_of(piece.text.size(), single_matches(piece.text, is_match), false), behavior),
                   out);
    return out;
  };
}

SplitStep split_by(const TextPattern& pattern, Behavior behavior, bool invert) {
  return [pattern, behavior, invert](const Pieces& pieces) -> Result<Pieces> {
    Pieces out;
    for (const auto& piece : pieces) {
      HEARTH_ASSIGN(matches, pattern.find(piece.text));
      append_spans(piece, joined(spans_of(piece.text.size(), matches, invert), behavior), out);
    }
    return out;
  };
}

SplitStep in_sequence(std::vector<SplitStep> steps) {
  return [steps = std::move(steps)](Pieces pieces) -> Result<Pieces> {
    for (const auto& step : steps) {
      HEARTH_ASSIGN(next, step(std::move(pieces)));
      pieces = std::move(next);
    }
    return pieces;
  };
}

SplitStep bert_split() {
  return in_sequence({split_at(is_white_space, Behavior::kRemoved), split_at(is_punctuation, Behavior::kIsolated)});
}

// Source: github.com/openai/gpt-2, src/encoder.py, pat.
constexpr const char* kGpt2Pattern = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

Result<SplitStep> byte_level(const Json& json) {
  const bool add_space = json.value("add_prefix_space", true);
  SplitStep cut;
  if (json.value("use_regex", true)) {
    HEARTH_ASSIGN(pattern, TextPattern::regex(kGpt2Pattern));
    cut = split_by(pattern, Behavior::kIsolated, false);
  }
  return SplitStep([add_space, cut](Pieces pieces) -> Result<Pieces> {
    for (auto& piece : pieces)
      if (add_space && !piece.text.empty() && piece.text.front() != U' ') piece.text.insert(0, 1, U' ');
    if (cut) {
      HEARTH_ASSIGN(words, cut(std::move(pieces)));
      pieces = std::move(words);
    }
    for (auto& piece : pieces) piece.text = in_byte_alphabet(piece.text);
    return pieces;
  });
}

Result<SplitStep> metaspace(const Json& json) {
  const auto marks = code_points(json.value("replacement", std::string("\u2581")));
  if (marks.size() != 1) return fail(ErrorCode::kInvalidData, "the tokenizer's Metaspace has no single replacement");
  const char32_t mark = marks.front();
  const auto scheme =
      json.value("prepend_scheme", std::string(json.value("add_prefix_space", true) ? "always" : "never"));
  const bool split = json.value("split", true);
  auto cut = split_at([mark](char32_t c) { return c == mark; }, Behavior::kMergedWithNext);
  return SplitStep([mark, scheme, split, cut = std::move(cut)](Pieces pieces) -> Result<Pieces> {
    for (auto& piece : pieces) {
      std::ranges::replace(piece.text, U' ', mark);
      const bool leads = scheme == "always" || (scheme == "first" && piece.is_first);
      if (leads && !piece.text.starts_with(mark)) piece.text.insert(0, 1, mark);
    }
    return split ? cut(std::move(pieces)) : Result<Pieces>(std::move(pieces));
  });
}

Result<SplitStep> pattern_split(const Json& json) {
  HEARTH_ASSIGN(pattern, TextPattern::parse(json.at("pattern")));
  HEARTH_ASSIGN(behavior, read_behavior(json, Behavior::kRemoved));
  return split_by(pattern, behavior, json.value("invert", false));
}

Result<SplitStep> make_split(const Json& json, int depth);

Result<SplitStep> sequence_split(const Json& json, int depth) {
  std::vector<SplitStep> steps;
  for (const auto& part : json.at("pretokenizers")) {
    HEARTH_ASSIGN(step, make_split(part, depth + 1));
    steps.push_back(std::move(step));
  }
  return in_sequence(std::move(steps));
}

Result<SplitStep> make_split(const Json& json, int depth) {
  if (depth > kNestingMax) return fail(ErrorCode::kInvalidData, "the tokenizer's pre-tokenizers are nested too deep");
  const auto type = json.at("type").get<std::string>();
  if (type == "BertPreTokenizer") return bert_split();
  if (type == "WhitespaceSplit") return split_at(is_white_space, Behavior::kRemoved);
  if (type == "Whitespace") {
    HEARTH_ASSIGN(pattern, TextPattern::regex(R"(\w+|[^\w\s]+)"));
    return split_by(pattern, Behavior::kRemoved, true);
  }
  if (type == "Punctuation") {
    HEARTH_ASSIGN(behavior, read_behavior(json, Behavior::kIsolated));
    return split_at(is_punctuation, behavior);
  }
  if (type == "Digits")
    return split_at(is_numeric, json.value("individual_digits", false) ? Behavior::kIsolated : Behavior::kContiguous);
  if (type == "CharDelimiterSplit") {
    const auto delimiter = code_points(json.at("delimiter").get<std::string>());
    return split_at([delimiter](char32_t c) { return delimiter.find(c) != std::u32string::npos; }, Behavior::kRemoved);
  }
  if (type == "ByteLevel") return byte_level(json);
  if (type == "Metaspace") return metaspace(json);
  if (type == "Split") return pattern_split(json);
  if (type == "Sequence") return sequence_split(json, depth);
  return fail(ErrorCode::kUnsupported,
              "the tokenizer asks for the pre-tokenizer '" + type + "', which is not known here",
              "update Hearth, or take another export of the model");
}

}  // namespace

Result<SplitStep> make_splitter(const Json& pre_tokenizer) {
  if (pre_tokenizer.is_null()) return SplitStep([](Pieces pieces) -> Result<Pieces> { return pieces; });
  return make_split(pre_tokenizer, 0);
}

}  // namespace hearth
