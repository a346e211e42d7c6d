#include "serve/llama_request.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

namespace hearth::serve {
namespace {

constexpr std::size_t kPromptsMax = 128;
constexpr std::size_t kBiasesMax = 4096;
constexpr std::size_t kFieldsMax = 256;
constexpr std::uint32_t kProbsMax = 100;
constexpr std::int64_t kPredictMax = 16'777'216;

void read_length(ObjectReader& body, TextRequest& request) {
  std::int64_t n = -1;
  body.integer("max_tokens", {-1, kPredictMax}, n);
  body.integer("n_predict", {-2, kPredictMax}, n);
  // llama-server computes one token where none is asked for: the prompt is in the cache then.
  request.max_tokens = n < 0 ? 0 : static_cast<std::uint32_t>(std::max<std::int64_t>(n, 1));
}

void read_llama_sampling(ObjectReader& body, std::uint32_t context_length, OpenAiServing& serving,
                         SamplingOptions& sampling) {
  body.number("temperature", {-100, 100}, sampling.temperature);
  sampling.temperature = std::max(sampling.temperature, 0.0F);
  std::int64_t whole = 0;
  if (body.integer("top_k", {-1, 1'000'000}, whole))
    sampling.top_k = static_cast<std::uint32_t>(std::max<std::int64_t>(whole, 0));
  body.number("top_p", {0, 1}, sampling.top_p);
  body.number("min_p", {0, 1}, sampling.min_p);
  body.number("repeat_penalty", {0.01, 100}, sampling.repeat_penalty);
  body.number("presence_penalty", {-100, 100}, sampling.presence_penalty);
  body.number("frequency_penalty", {-100, 100}, sampling.frequency_penalty);
  if (body.integer("repeat_last_n", {-1, 1'000'000}, whole))
    sampling.penalty_last_n = whole < 0 ? context_length : static_cast<std::uint32_t>(whole);
  std::int64_t seed = -1;
  body.integer("seed", {}, seed);
  // 32 bits, so that every client can read it.
  constexpr std::int64_t kNew = 0xFFFFFFFF;
  sampling.seed = seed == -1 || seed == kNew ? serving.ids.number() & 0x7FFFFFFFU : static_cast<std::uint64_t>(seed);
}

// A sampler that is left out does nothing.
void read_samplers(ObjectReader& body, SamplingOptions& sampling) {
  std::vector<std::string> names;
  if (!body.has("samplers")) return;
  if (!body.find("samplers")->is_array()) return body.refuse("samplers", "must be a list of names");
  if (!body.texts("samplers", 64, names)) return;
  const auto lacks = [&names](std::string_view name) {
    return std::find(names.begin(), names.end(), name) == names.end();
  };
  const SamplingOptions off{.temperature = 1, .top_k = 0, .top_p = 1, .min_p = 0};
  if (lacks("temperature")) sampling.temperature = off.temperature;
  if (lacks("top_k")) sampling.top_k = off.top_k;
  if (lacks("top_p")) sampling.top_p = off.top_p;
  if (lacks("min_p")) sampling.min_p = off.min_p;
  if (lacks("penalties")) sampling.repeat_penalty = 1, sampling.presence_penalty = sampling.frequency_penalty = 0;
}

// What another sampler is set to where it does nothing; at or below it where `or_less`.
struct ForeignSampler {
  std::string_view name;
  double off;
  bool or_less;
};
constexpr ForeignSampler kForeign[] = {
    {"dynatemp_range", 0, true},   {"typical_p", 1, false},      {"top_n_sigma", 0, true}, {"xtc_probability", 0, true},
    {"dry_multiplier", 0, true},   {"mirostat", 0, true},        {"n_indent", 0, true},    {"min_keep", 1, true},
    {"t_max_predict_ms", 0, true}, {"adaptive_target", 0, true},
};

void refuse_foreign(ObjectReader& body) {
  for (const auto& sampler : kForeign) {
    const Json* value = body.find(sampler.name);
    if (value == nullptr) continue;
    const double set = value->is_number() ? value->get<double>() : std::nan("");
    if (set == sampler.off || (sampler.or_less && set < sampler.off)) continue;
    body.refuse_unsupported(sampler.name, "is not supported by this server", "leave it out");
  }
  bool wanted = false;
  if (body.flag("post_sampling_probs", wanted) && wanted)
    body.refuse_unsupported("post_sampling_probs", "is not supported: probabilities are those before sampling");
  body.skip({"dynatemp_exponent", "xtc_threshold", "dry_base", "dry_allowed_length", "dry_penalty_last_n",
             "dry_sequence_breakers", "mirostat_tau", "mirostat_eta", "adaptive_decay"});
}

// False forbids; so does -100.
std::optional<float> bias_of(const Json& value) {
  if (value.is_boolean() && !value.get<bool>()) return -100.0F;
  if (!value.is_number() || !std::isfinite(value.get<double>())) return std::nullopt;
  return static_cast<float>(value.get<double>());
}

class BiasReader {
 public:
  BiasReader(ObjectReader& body, LlamaRequest& request) : body_(body), request_(request) {}

  // [[token or text, bias], ...] or {"token or text": bias}
  void read() {
    const Json* biases = body_.find("logit_bias");
    if (biases == nullptr) return;
    if (!biases->is_structured() || biases->size() > kBiasesMax)
      return body_.refuse("logit_bias", "must be a list of at most " + std::to_string(kBiasesMax) + " pairs");
    if (biases->is_object()) {
      for (const auto& [name, value] : biases->items()) add_named(name, value);
      return;
    }
    for (const Json& pair : *biases) {
      if (!pair.is_array() || pair.size() != 2) return refuse();
      if (pair[0].is_string())
        add(pair[0].get<std::string>(), pair[1]);
      else if (pair[0].is_number_unsigned() && pair[0] <= std::numeric_limits<Token>::max())
        add(pair[0].get<Token>(), pair[1]);
      else
        return refuse();
    }
  }

 private:
  void add_named(const std::string& name, const Json& value) {
    Token token = -1;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), token);
    if (parsed.ec == std::errc() && parsed.ptr == name.data() + name.size() && token >= 0)
      add(token, value);
    else
      add(name, value);
  }
  void add(Token token, const Json& value) {
    if (const auto bias = bias_of(value))
      request_.text.sampling.logit_bias.emplace_back(token, *bias);
    else
      refuse();
  }
  void add(std::string text, const Json& value) {
    if (const auto bias = bias_of(value))
      request_.bias_texts.emplace_back(std::move(text), *bias);
    else
      refuse();
  }
  void refuse() {
    body_.refuse("logit_bias", "must hold pairs of a token (or a text) and a number or false",
                 "as in [[15043, 1.0], [\"Hello\", false]]");
  }

  ObjectReader& body_;
  LlamaRequest& request_;
};

// llama-server numbers adapters in the order of their flags; one of scale 0 is not applied.
void name_adapters(Json& body, const ModelFacts& facts) {
  if (!body.contains("lora") || !body["lora"].is_array()) return;
  Json named = Json::array();
  for (Json& item : body["lora"]) {
    if (!item.is_object() || !item.contains("id") || item.contains("name")) {
      named.push_back(std::move(item));
      continue;
    }
    if (item.contains("scale") && item["scale"] == 0) continue;
    if (item["id"].is_number_unsigned() && item["id"] < facts.adapters.size())
      item["name"] = facts.adapters[item["id"].get<std::size_t>()].name;
    else
      item["name"] = "of id " + json_text(item["id"]);
    item.erase("id");
    named.push_back(std::move(item));
  }
  body["lora"] = std::move(named);
}

}  // namespace

bool LlamaRequest::needs_kit() const {
  const bool texts = std::all_of(prompts.begin(), prompts.end(), [](const auto& prompt) { return prompt.is_text(); });
  return !texts || prompts.size() > 1 || !bias_texts.empty();
}

LlamaRequest read_llama_request(Json& body_json, const HttpRequest& http, OpenAiServing& serving, ReadingNotes& notes) {
  LlamaRequest request;
  request.text.parse_output = false;
  {
    ObjectReader model(body_json, "", notes);
    read_model(model, http, serving, request.text);
  }
  if (notes.fault) return request;
  const auto facts = serving.service.model(request.text.model);
  if (facts) name_adapters(body_json, *facts);
  ObjectReader body(body_json, "", notes);
  body.skip({"model"});
  request.prompts = read_llama_prompts(body, kPromptsMax);
  read_length(body, request.text);
  read_llama_sampling(body, facts ? facts->context_length : 0, serving, request.text.sampling);
  read_samplers(body, request.text.sampling);
  refuse_foreign(body);
  BiasReader(body, request).read();
  read_generation(body, serving, request.text);
  body.whole<std::uint32_t>("n_cmpl", {1, kPromptsMax}, request.text.choices);
  if (request.text.choices * request.prompts.size() > kPromptsMax)
    body.refuse("prompt", "and n_cmpl ask for more than " + std::to_string(kPromptsMax) + " answers");
  read_constraint(body, request.text);
  std::uint32_t probs = 0;
  if (body.whole<std::uint32_t>("n_probs", {0, kProbsMax}, probs) && probs > 0) request.text.logprobs = probs;
  body.flag("stream", request.wishes.stream);
  body.flag("return_tokens", request.wishes.return_tokens);
  body.texts("response_fields", kFieldsMax, request.wishes.response_fields);
  body.note_rest();
  return request;
}

}  // namespace hearth::serve
