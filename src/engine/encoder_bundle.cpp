#include "engine/encoder_bundle.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "platform/file.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::uint64_t kConfigBytesMax = std::uint64_t{4} << 20U;  // published ones have some kilobytes
// Longer ones are some makers' way to say "no limit".
constexpr std::uint64_t kTokensMax = 1U << 20U;

constexpr std::array<std::pair<std::string_view, Pooling>, 4> kPoolings = {
    {{"mean", Pooling::kMean}, {"cls", Pooling::kCls}, {"max", Pooling::kMax}, {"last", Pooling::kLast}}};

// Source: sentence-transformers, models/Pooling.py, the keys of its config.
constexpr std::array<std::pair<const char*, Pooling>, 4> kPoolingKeys = {{{"pooling_mode_mean_tokens", Pooling::kMean},
                                                                          {"pooling_mode_cls_token", Pooling::kCls},
                                                                          {"pooling_mode_max_tokens", Pooling::kMax},
                                                                          {"pooling_mode_lasttoken", Pooling::kLast}}};
constexpr std::array<const char*, 2> kOtherPoolingKeys = {"pooling_mode_mean_sqrt_len_tokens",
                                                          "pooling_mode_weightedmean_tokens"};

// Null where there is no such file.
Result<Json> read_config(const fs::path& folder, const char* name) {
  auto text = read_file(folder / name, kConfigBytesMax);
  if (!text && text.error().code == ErrorCode::kNotFound) return Json();
  if (!text) return fail(std::move(text).error());
  auto json = Json::parse(*text, nullptr, false);
  if (json.is_discarded() || (!json.is_object() && !json.is_array()))
    return fail(ErrorCode::kInvalidData, (folder / name).string() + " is not JSON", "fetch the model's files again");
  return json;
}

// The folder with tokenizer.json; kNotFound names both places.
Result<fs::path> bundle_folder(const fs::path& model_file) {
  const fs::path beside = model_file.parent_path();
  const fs::path above = (beside.empty() ? fs::path(".") : beside) / "..";
  for (const auto& folder : {beside, above.lexically_normal()})
    if (file_info(folder / "tokenizer.json")) return folder;
  return fail(ErrorCode::kNotFound,
              "no tokenizer.json beside " + model_file.string() + " or one folder above it, so texts can't be encoded",
              "fetch tokenizer.json from where the model came from");
}

Status read_pooling(const fs::path& folder, EncoderSettings& settings) {
  HEARTH_ASSIGN(json, read_config(folder / "1_Pooling", "config.json"));
  if (json.is_null()) return {};
  // Newer files name the kind; older ones have a flag for each.
  if (const auto named = json.find("pooling_mode"); named != json.end() && named->is_string()) {
    const auto pooling = pooling_of(named->get<std::string>() == "lasttoken" ? "last" : named->get<std::string>());
    if (!pooling)
      return fail(ErrorCode::kUnsupported, "the encoder pools its tokens by '" + named->get<std::string>() + "'",
                  "mean, cls, max and lasttoken are known");
    settings.pooling = *pooling;
    return {};
  }
  const auto is_on = [&json](const char* key) { return json.value(key, false); };
  const auto unknown = std::ranges::find_if(kOtherPoolingKeys, is_on);
  const auto n = std::ranges::count_if(kPoolingKeys, [&](const auto& row) { return is_on(row.first); });
  if (unknown != kOtherPoolingKeys.end() || n != 1)
    return fail(ErrorCode::kUnsupported,
                "the encoder in " + folder.string() + " pools its tokens in a way not known here",
                "mean, cls, max and last token are; several joined are not");
  for (const auto& [key, pooling] : kPoolingKeys)
    if (is_on(key)) settings.pooling = pooling;
  return {};
}

void tighten(std::uint32_t& limit, const Json& json, const char* key) {
  const auto found = json.is_object() ? json.find(key) : json.end();
  if (found == json.end() || !found->is_number()) return;
  const auto value = found->get<double>();
  if (value >= 1 && value < static_cast<double>(kTokensMax)) limit = static_cast<std::uint32_t>(value);
}

// The strictest is asked last: what the maker wrote for sentences counts before what the weights could take.
Status read_limits(const fs::path& folder, EncoderSettings& settings) {
  HEARTH_ASSIGN(model, read_config(folder, "config.json"));
  HEARTH_ASSIGN(tokenizer, read_config(folder, "tokenizer_config.json"));
  HEARTH_ASSIGN(sentence, read_config(folder, "sentence_bert_config.json"));
  std::uint32_t places = 0;
  tighten(places, model, "max_position_embeddings");
  const auto type = model.is_object() ? model.value("model_type", std::string()) : std::string();
  // Source: transformers, RobertaEmbeddings: positions count from padding_idx + 1, which is 2.
  constexpr std::uint32_t kRobertaOffset = 2;
  if (type.find("roberta") != std::string::npos && places > kRobertaOffset) places -= kRobertaOffset;
  if (places > 0) settings.max_tokens = places;
  std::uint32_t wanted = settings.max_tokens;
  tighten(wanted, tokenizer, "model_max_length");
  tighten(wanted, sentence, "max_seq_length");
  settings.max_tokens = places > 0 ? std::min(places, wanted) : wanted;
  if (!model.is_object()) return {};
  for (const auto& name : model.value("architectures", Json::array()))
    settings.is_cross_encoder = settings.is_cross_encoder ||
                                (name.is_string() && name.get<std::string>().ends_with("ForSequenceClassification"));
  return {};
}

Status read_prompts_of(const fs::path& folder, EncoderSettings& settings) {
  HEARTH_ASSIGN(json, read_config(folder, "config_sentence_transformers.json"));
  if (!json.is_object()) return {};
  const auto prompts = json.find("prompts");
  if (prompts != json.end() && prompts->is_object())
    settings.prompts = prompts->get<std::map<std::string, std::string>>();
  const auto name = json.find("default_prompt_name");
  if (name != json.end() && name->is_string()) settings.default_prompt = name->get<std::string>();
  if (!settings.default_prompt.empty() && !settings.prompts.contains(settings.default_prompt))
    return fail(ErrorCode::kInvalidData,
                "the encoder's default prompt '" + settings.default_prompt + "' is not among its prompts");
  return {};
}

Result<EncoderBundle> read_all(const fs::path& folder) {
  HEARTH_ASSIGN(text, read_file(folder / "tokenizer.json", Tokenizer::kFileBytesMax));
  HEARTH_ASSIGN(tokenizer, Tokenizer::parse(text));
  EncoderSettings settings;
  if (tokenizer.own_limit())
    settings.max_tokens = static_cast<std::uint32_t>(std::min(*tokenizer.own_limit(), kTokensMax));
  HEARTH_TRY(read_limits(folder, settings));
  HEARTH_TRY(read_pooling(folder, settings));
  HEARTH_TRY(read_prompts_of(folder, settings));
  return EncoderBundle{std::move(tokenizer), std::move(settings)};
}

}  // namespace

std::string_view to_string(Pooling pooling) {
  return std::ranges::find(kPoolings, pooling, &std::pair<std::string_view, Pooling>::second)->first;
}

std::optional<Pooling> pooling_of(std::string_view name) {
  const auto found = std::ranges::find(kPoolings, name, &std::pair<std::string_view, Pooling>::first);
  return found == kPoolings.end() ? std::nullopt : std::optional(found->second);
}

bool has_encoder_bundle(const fs::path& model_file) { return bundle_folder(model_file).has_value(); }

Result<EncoderBundle> read_encoder_bundle(const fs::path& model_file) {
  HEARTH_ASSIGN(folder, bundle_folder(model_file));
  try {
    return read_all(folder);
  } catch (const Json::exception& e) {
    return fail(ErrorCode::kInvalidData,
                "a configuration file in " + folder.string() + " is not what it should be: " + e.what(),
                "fetch the model's files again");
  }
}

}  // namespace hearth
