#include "text/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "text/added_tokens.h"
#include "text/code_points.h"
#include "text/sequence_template.h"
#include "text/token_model.h"
#include "text/token_steps.h"

namespace hearth {

using Json = nlohmann::json;

struct Tokenizer::Parts {
  std::unique_ptr<TokenModel> model;
  TextStep normalize;
  SplitStep split;
  AddedTokenFinder raw;        // found in the text as it is
  AddedTokenFinder in_normal;  // found in the normalised text
  TokenIds added;
  SequenceTemplate frame;
  std::optional<std::size_t> limit;
  bool cuts_left = false;
  std::int32_t pad = 0;
  std::size_t size = 0;

  [[nodiscard]] Result<std::vector<std::int32_t>> ids_of(std::string_view text) const;
  [[nodiscard]] Status append_words(TextPiece piece, std::vector<std::int32_t>& ids) const;
  [[nodiscard]] Status add_tokens(const Json& list);
};

namespace {

const Json kNull;  // NOLINT(cert-err58-cpp): null allocates nothing

const Json& member(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() ? kNull : *found;
}

Result<std::unique_ptr<TokenModel>> make_model(const Json& model) {
  auto type = model.value("type", std::string());
  // Older files don't say which it is; each kind has a field of its own.
  if (type.empty()) type = model.contains("merges") ? "BPE" : model.at("vocab").is_array() ? "Unigram" : "WordPiece";
  if (type == "WordPiece") return make_wordpiece(model);
  if (type == "BPE") return make_byte_pair(model);
  if (type == "Unigram") return make_unigram(model);
  return fail(ErrorCode::kUnsupported, "the tokenizer's model is of the kind '" + type + "', which is not known here",
              "WordPiece, BPE and Unigram are");
}

}  // namespace

Status Tokenizer::Parts::add_tokens(const Json& list) {
  if (list.is_null()) return {};
  HEARTH_ASSIGN(tokens, read_added_tokens(list));
  for (auto& token : tokens) {
    added.insert_or_assign(utf8_text(token.content), token.id);
    size = std::max(size, static_cast<std::size_t>(token.id) + 1);
    if (!token.normalized) {
      raw.add(std::move(token));
      continue;
    }
    HEARTH_ASSIGN(content, normalize(token.content));
    token.content = std::move(content);
    in_normal.add(std::move(token));
  }
  return {};
}

Result<Tokenizer> Tokenizer::parse(std::string_view text) {
  if (text.size() > kFileBytesMax)
    return fail(ErrorCode::kInvalidData,
                fmt::format("the tokenizer has {} bytes; at most {} are read", text.size(), kFileBytesMax));
  try {
    const Json json = Json::parse(text);
    auto parts = std::make_shared<Parts>();
    HEARTH_ASSIGN(model, make_model(json.at("model")));
    HEARTH_ASSIGN(normalize, make_normalizer(member(json, "normalizer")));
    HEARTH_ASSIGN(split, make_splitter(member(json, "pre_tokenizer")));
    HEARTH_ASSIGN(frame, SequenceTemplate::parse(member(json, "post_processor")));
    parts->size = model->size();
    parts->model = std::move(model);
    parts->normalize = std::move(normalize);
    parts->split = std::move(split);
    parts->frame = std::move(frame);
    HEARTH_TRY(parts->add_tokens(member(json, "added_tokens")));
    if (const auto& truncation = member(json, "truncation"); !truncation.is_null()) {
      parts->limit = truncation.at("max_length").get<std::size_t>();
      parts->cuts_left = truncation.value("direction", std::string("Right")) == "Left";
    }
    if (const auto& padding = member(json, "padding"); !padding.is_null())
      parts->pad = padding.value("pad_id", 0);
    else if (const auto pad = parts->added.find(std::string_view("[PAD]")); pad != parts->added.end())
      parts->pad = pad->second;
    else if (const auto tag = parts->added.find(std::string_view("<pad>")); tag != parts->added.end())
      parts->pad = tag->second;
    return Tokenizer(std::move(parts));
  } catch (const Json::exception& e) {
    return fail(ErrorCode::kInvalidData, std::string("tokenizer.json is not what it should be: ") + e.what(),
                "fetch the file again");
  }
}

Status Tokenizer::Parts::append_words(TextPiece piece, std::vector<std::int32_t>& ids) const {
  if (piece.text.empty()) return {};
  std::vector<TextPiece> pieces;
  pieces.push_back(std::move(piece));
  HEARTH_ASSIGN(words, split(std::move(pieces)));
  for (const auto& word : words)
    if (!word.text.empty()) model->encode(word.text, ids);
  return {};
}

Result<std::vector<std::int32_t>> Tokenizer::Parts::ids_of(std::string_view utf8) const {
  if (utf8.size() > kTextBytesMax)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("a text has {} bytes; at most {} are taken", utf8.size(), kTextBytesMax), "split the text");
  const std::u32string text = code_points(utf8);
  std::vector<std::int32_t> ids;
  for (const auto& part : raw.find(text)) {
    if (part.id >= 0) {
      ids.push_back(part.id);
      continue;
    }
    HEARTH_ASSIGN(plain, normalize(text.substr(part.begin, part.end - part.begin)));
    for (const auto& inner : in_normal.find(plain)) {
      if (inner.id >= 0)
        ids.push_back(inner.id);
      else
        HEARTH_TRY(append_words(
            {plain.substr(inner.begin, inner.end - inner.begin), part.begin == 0 && inner.begin == 0}, ids));
    }
  }
  return ids;
}

Result<TokenSequence> Tokenizer::encode(std::string_view text, std::size_t most) const {
  HEARTH_ASSIGN(ids, parts_->ids_of(text));
  std::vector<std::vector<std::int32_t>> texts;
  texts.push_back(std::move(ids));
  return parts_->frame.fill(std::move(texts), most, parts_->cuts_left);
}

Result<TokenSequence> Tokenizer::encode_pair(std::string_view first, std::string_view second, std::size_t most) const {
  std::vector<std::vector<std::int32_t>> texts;
  for (const auto text : {first, second}) {
    HEARTH_ASSIGN(ids, parts_->ids_of(text));
    texts.push_back(std::move(ids));
  }
  return parts_->frame.fill(std::move(texts), most, parts_->cuts_left);
}

std::size_t Tokenizer::size() const { return parts_->size; }
std::int32_t Tokenizer::pad_id() const { return parts_->pad; }
std::optional<std::size_t> Tokenizer::own_limit() const { return parts_->limit; }

std::optional<std::int32_t> Tokenizer::id_of(std::string_view token) const {
  const auto found = parts_->added.find(token);
  return found != parts_->added.end() ? std::optional(found->second) : parts_->model->id_of(token);
}

}  // namespace hearth
