#include "text/sequence_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "text/token_steps.h"

namespace hearth {
namespace {

using Json = nlohmann::json;

TemplatePlace special(std::int32_t id, std::int32_t type_id) { return {-1, type_id, {id}}; }

Result<std::vector<TemplatePlace>> read_places(const Json& list, const Json& special_tokens) {
  std::vector<TemplatePlace> places;
  for (const auto& item : list) {
    TemplatePlace place;
    if (item.contains("Sequence")) {
      const auto& sequence = item.at("Sequence");
      place.text = sequence.at("id").get<std::string>() == "B" ? 1 : 0;
      place.type_id = sequence.value("type_id", 0);
    } else {
      const auto& token = item.at("SpecialToken");
      place.type_id = token.value("type_id", 0);
      for (const auto& id : special_tokens.at(token.at("id").get<std::string>()).at("ids"))
        place.ids.push_back(id.get<std::int32_t>());
    }
    places.push_back(std::move(place));
  }
  return places;
}

// How many tokens each text keeps of `room`: the longer gives first, as the reference's "longest_first" does.
std::array<std::size_t, 2> kept_of(std::size_t first, std::size_t second, std::size_t room) {
  if (first + second <= room) return {first, second};
  std::size_t shorter = std::min(first, second);
  std::size_t longer = shorter > room ? shorter : std::max(shorter, room - shorter);
  if (shorter + longer > room) {
    shorter = room / 2;
    longer = shorter + room % 2;
  }
  return first > second ? std::array{longer, shorter} : std::array{shorter, longer};
}

}  // namespace

Result<SequenceTemplate> SequenceTemplate::parse(const Json& post_processor) {
  SequenceTemplate made;
  if (!post_processor.is_null()) HEARTH_TRY(made.read(post_processor, 0));
  return made;
}

Status SequenceTemplate::read(const Json& json, int depth) {
  if (depth > kNestingMax) return fail(ErrorCode::kInvalidData, "the tokenizer's post-processors are nested too deep");
  const auto type = json.at("type").get<std::string>();
  if (type == "ByteLevel") return {};  // moves offsets only
  if (type == "Sequence") {
    for (const auto& part : json.at("processors")) HEARTH_TRY(read(part, depth + 1));
    return {};
  }
  if (type == "BertProcessing" || type == "RobertaProcessing") {
    const auto cls = json.at("cls").at(1).get<std::int32_t>();
    const auto sep = json.at("sep").at(1).get<std::int32_t>();
    const bool is_bert = type == "BertProcessing";
    const std::int32_t second = is_bert ? 1 : 0;
    single_ = {special(cls, 0), {0, 0, {}}, special(sep, 0)};
    pair_ = {special(cls, 0), {0, 0, {}}, special(sep, 0)};
    if (!is_bert) pair_.push_back(special(sep, 0));
    pair_.push_back({1, second, {}});
    pair_.push_back(special(sep, second));
    return {};
  }
  if (type != "TemplateProcessing")
    return fail(ErrorCode::kUnsupported,
                "the tokenizer asks for the post-processor '" + type + "', which is not known here",
                "update Hearth, or take another export of the model");
  HEARTH_ASSIGN(single, read_places(json.at("single"), json.at("special_tokens")));
  HEARTH_ASSIGN(pair, read_places(json.at("pair"), json.at("special_tokens")));
  single_ = std::move(single);
  pair_ = std::move(pair);
  return {};
}

Result<TokenSequence> SequenceTemplate::fill(std::vector<std::vector<std::int32_t>> texts, std::size_t most,
                                             bool from_left) const {
  const auto& places = texts.size() == 1 ? single_ : pair_;
  std::size_t n_special = 0;
  for (const auto& place : places) n_special += place.ids.size();
  TokenSequence out;
  if (most > 0) {
    if (most < n_special)
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} special tokens do not fit into {} tokens", n_special, most), "allow more tokens");
    const auto kept = kept_of(texts[0].size(), texts.size() > 1 ? texts[1].size() : 0, most - n_special);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      auto& text = texts[i];
      const std::size_t cut = text.size() - std::min(text.size(), kept[i]);
      out.cut_tokens += static_cast<std::uint32_t>(cut);
      if (from_left) text.erase(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(cut));
      text.resize(std::min(text.size(), kept[i]));
    }
  }
  for (const auto& place : places) {
    const auto& ids = place.text < 0 ? place.ids : texts[std::min<std::size_t>(place.text, texts.size() - 1)];
    out.ids.insert(out.ids.end(), ids.begin(), ids.end());
    out.type_ids.resize(out.ids.size(), place.type_id);
  }
  return out;
}

}  // namespace hearth
