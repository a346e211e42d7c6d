// "normalizer" of a tokenizer.json.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "text/byte_alphabet.h"
#include "text/code_points.h"
#include "text/precompiled_charsmap.h"
#include "text/text_pattern.h"
#include "text/token_steps.h"

namespace hearth {
namespace {

using Json = nlohmann::json;

std::u32string lowered(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t c : text) append_lower(c, out);
  return out;
}

// What BERT's basic tokenizer does, in its order.
struct BertSettings {
  bool clean = true;
  bool space_ideographs = true;
  bool strip_accents = true;
  bool lowercase = true;
};

std::u32string bert_cleaned(std::u32string_view text, const BertSettings& settings) {
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t c : text) {
    if (settings.clean && (c == 0 || c == 0xFFFD || is_control(c))) continue;
    const bool is_space = settings.clean && is_white_space(c);
    if (settings.space_ideographs && is_cjk_ideograph(c)) {
      out.append({U' ', c, U' '});
    } else {
      out.push_back(is_space ? U' ' : c);
    }
  }
  return out;
}

TextStep bert_step(const Json& json) {
  BertSettings settings;
  settings.clean = json.value("clean_text", true);
  settings.space_ideographs = json.value("handle_chinese_chars", true);
  settings.lowercase = json.value("lowercase", true);
  const auto strip = json.find("strip_accents");
  settings.strip_accents = strip != json.end() && strip->is_boolean() ? strip->get<bool>() : settings.lowercase;
  return [settings](const std::u32string& text) -> Result<std::u32string> {
    std::u32string out = bert_cleaned(text, settings);
    if (settings.strip_accents) {
      out = normalized(std::move(out), UnicodeForm::kNfd);
      std::erase_if(out, is_nonspacing_mark);
    }
    return settings.lowercase ? lowered(out) : out;
  };
}

TextStep strip_step(const Json& json) {
  const bool left = json.value("strip_left", true);
  const bool right = json.value("strip_right", true);
  return [left, right](std::u32string text) -> Result<std::u32string> {
    std::size_t begin = 0;
    std::size_t end = text.size();
    while (left && begin < end && is_white_space(text[begin])) ++begin;
    while (right && end > begin && is_white_space(text[end - 1])) --end;
    return text.substr(begin, end - begin);
  };
}

Result<TextStep> replace_step(const Json& json) {
  HEARTH_ASSIGN(pattern, TextPattern::parse(json.at("pattern")));
  const auto content = code_points(json.at("content").get<std::string>());
  return TextStep([pattern, content](const std::u32string& text) -> Result<std::u32string> {
    HEARTH_ASSIGN(matches, pattern.find(text));
    std::u32string out;
    std::size_t done = 0;
    for (const auto& match : matches) {
      out.append(text, done, match.begin - done);
      out += content;
      done = match.end;
    }
    out.append(text, done);
    return out;
  });
}

TextStep form_step(UnicodeForm form) {
  return [form](std::u32string text) -> Result<std::u32string> { return normalized(std::move(text), form); };
}

Result<TextStep> make_step(const Json& json, int depth);

Result<TextStep> sequence_step(const Json& json, int depth) {
  std::vector<TextStep> steps;
  for (const auto& part : json.at("normalizers")) {
    HEARTH_ASSIGN(step, make_step(part, depth + 1));
    steps.push_back(std::move(step));
  }
  return TextStep([steps = std::move(steps)](std::u32string text) -> Result<std::u32string> {
    for (const auto& step : steps) {
      HEARTH_ASSIGN(next, step(std::move(text)));
      text = std::move(next);
    }
    return text;
  });
}

Result<TextStep> charsmap_step(const Json& json) {
  HEARTH_ASSIGN(map, PrecompiledCharsmap::parse(json.at("precompiled_charsmap").get<std::string>()));
  return TextStep([map](const std::u32string& text) -> Result<std::u32string> { return map.apply(text); });
}

TextStep prepend_step(const Json& json) {
  const auto lead = code_points(json.at("prepend").get<std::string>());
  return [lead](const std::u32string& text) -> Result<std::u32string> { return text.empty() ? text : lead + text; };
}

Result<TextStep> make_step(const Json& json, int depth) {
  if (depth > kNestingMax) return fail(ErrorCode::kInvalidData, "the tokenizer's normalizers are nested too deep");
  const auto type = json.at("type").get<std::string>();
  if (type == "BertNormalizer") return bert_step(json);
  if (type == "NFC") return form_step(UnicodeForm::kNfc);
  if (type == "NFD") return form_step(UnicodeForm::kNfd);
  if (type == "NFKC") return form_step(UnicodeForm::kNfkc);
  if (type == "NFKD") return form_step(UnicodeForm::kNfkd);
  if (type == "Lowercase")
    return TextStep([](const std::u32string& text) -> Result<std::u32string> { return lowered(text); });
  if (type == "StripAccents")
    return TextStep([](std::u32string text) -> Result<std::u32string> {
      std::erase_if(text, is_combining_mark);
      return text;
    });
  if (type == "Strip") return strip_step(json);
  if (type == "Replace") return replace_step(json);
  if (type == "Prepend") return prepend_step(json);
  if (type == "Precompiled") return charsmap_step(json);
  if (type == "ByteLevel")
    return TextStep([](const std::u32string& text) -> Result<std::u32string> { return in_byte_alphabet(text); });
  if (type == "Sequence") return sequence_step(json, depth);
  return fail(ErrorCode::kUnsupported, "the tokenizer asks for the normalizer '" + type + "', which is not known here",
              "update Hearth, or take another export of the model");
}

}  // namespace

Result<TextStep> make_normalizer(const Json& normalizer) {
  if (normalizer.is_null()) return TextStep([](std::u32string text) -> Result<std::u32string> { return text; });
  return make_step(normalizer, 0);
}

}  // namespace hearth
