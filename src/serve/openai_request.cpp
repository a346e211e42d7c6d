#include "serve/openai_request.h"

#include <charconv>
#include <cmath>
#include <optional>

namespace hearth::serve {
namespace {

constexpr std::size_t kStopsMax = 16;
constexpr std::size_t kStopBytesMax = 1024;
constexpr std::size_t kLogitBiasMax = 4096;
constexpr std::size_t kAdaptersMax = 16;
constexpr std::uint32_t kChoicesMax = 128;  // Source: the OpenAI API reference, chat completions, n

void read_logit_bias(ObjectReader& body, SamplingOptions& sampling) {
  const auto biases = body.object("logit_bias");
  if (!biases) return;
  if (biases->json().size() > kLogitBiasMax)
    return body.refuse("logit_bias", "has more than " + std::to_string(kLogitBiasMax) + " tokens");
  for (const auto& [name, value] : biases->json().items()) {
    Token token = -1;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), token);
    if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size() || token < 0)
      return body.refuse("logit_bias", "has a key that is no token id",
                         "give token ids as keys, as in {\"50256\": -100}");
    const double bias = value.is_number() ? value.get<double>() : std::nan("");
    if (!(bias >= -100 && bias <= 100))
      return body.refuse("logit_bias", "must give token " + name + " a number from -100 to 100");
    sampling.logit_bias.emplace_back(token, static_cast<float>(bias));
  }
}

void read_stop(ObjectReader& body, TextRequest& request) {
  if (!body.texts("stop", kStopsMax, request.stop)) return;
  for (const std::string& stop : request.stop) {
    if (stop.empty()) body.refuse("stop", "has an empty string, which every answer begins with");
    if (stop.size() > kStopBytesMax)
      body.refuse("stop", "has a string of more than " + std::to_string(kStopBytesMax) + " bytes");
  }
}

// As vLLM has it, a smaller number comes first; by name it says what it means.
void read_priority(ObjectReader& body, TextRequest& request) {
  const Json* value = body.find("priority");
  if (value == nullptr) return;
  if (value->is_number_integer()) {
    const bool first = !value->is_number_unsigned();
    request.priority = first ? RequestPriority::kInteractive : RequestPriority::kBackground;
    if (*value == 0) request.priority = RequestPriority::kNormal;
  } else if (const auto index = body.one_of("priority", {"interactive", "normal", "background"})) {
    request.priority = static_cast<RequestPriority>(*index);
  }
}

void read_adapters(ObjectReader& body, std::string_view name, TextRequest& request) {
  const Json* list = body.list(name, kAdaptersMax);
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    auto item = object_at(*list, i, std::string(name), body.notes());
    if (!item) return;
    AdapterChoice adapter;
    if (!item->text("name", adapter.name) || adapter.name.empty())
      item->refuse("name", "must be the name of one of the model's adapters");
    item->number("scale", {-100, 100}, adapter.scale);
    item->note_rest();
    request.adapters.push_back(std::move(adapter));
  }
}

void read_truncation(ObjectReader& body, TextRequest& request) {
  if (body.one_of("truncation", {"disabled", "auto"}).value_or(0) == 1) request.truncation = Truncation::kOldest;
}

// Of a length that a name may have.
bool read_model_name(ObjectReader& body, std::string& name) {
  constexpr std::size_t kNameBytesMax = 512;
  if (!body.text("model", name)) return false;
  if (name.size() > kNameBytesMax) body.refuse("model", "is " + shown(name) + ", longer than any name");
  return !body.failed();
}

// Empty, and refused, where there is no model of this name.
std::optional<ModelFacts> known_model(ObjectReader& body, const OpenAiServing& serving, const std::string& name) {
  auto facts = serving.service.model(name);
  if (facts) return std::move(*facts);
  body.notes().refuse(std::move(facts).error().with("param", "model").with("code", "model_not_found"));
  return std::nullopt;
}

}  // namespace

void read_known_model(ObjectReader& body, const OpenAiServing& serving, std::string& name) {
  if (read_model_name(body, name))
    (void)known_model(body, serving, name);
  else
    body.refuse("model", "is missing", "GET /v1/models lists what there is");
}

void read_model(ObjectReader& body, const HttpRequest& http, const OpenAiServing& serving, TextRequest& request) {
  request.key = http.key;
  if (!read_model_name(body, request.model)) {
    if (body.failed()) return;
    const auto models = serving.service.models();
    if (models.size() != 1) return body.refuse("model", "is missing", "GET /v1/models lists what there is");
    request.model = models.front().name;
  }
  const auto facts = known_model(body, serving, request.model);
  if (facts && facts->embeds_only)
    body.refuse("model", "'" + request.model + "' gives embeddings only", "send it to /v1/embeddings");
}

void read_wishes(ObjectReader& body, AnswerWishes& wishes, TextRequest& request) {
  body.flag("stream", wishes.stream);
  if (auto options = body.object("stream_options")) {
    options->flag("include_usage", wishes.include_usage);
    options->skip({"include_obfuscation"});
    options->note_rest();
    if (!wishes.stream) body.refuse("stream_options", "is only for stream: true");
  }
  body.flag("timings", wishes.timings);
  body.flag("timings_per_token", wishes.timings);
  if (const auto tier = body.one_of("service_tier", {"auto", "default", "flex", "priority", "scale", "fast"})) {
    wishes.service_tier = "default";
    if (*tier == 2) request.priority = RequestPriority::kBackground;
    if (*tier == 3) request.priority = RequestPriority::kInteractive;
  }
  // Who asks and for what: nothing here depends on it.
  body.skip({"user", "metadata", "safety_identifier", "prompt_cache_key"});
}

void read_sampling(ObjectReader& body, OpenAiServing& serving, SamplingOptions& sampling) {
  body.number("temperature", {0, 2}, sampling.temperature);
  body.number("top_p", {0, 1}, sampling.top_p);
  body.number("min_p", {0, 1}, sampling.min_p);
  std::int64_t top_k = 0;
  if (body.integer("top_k", {-1, 1'000'000}, top_k)) sampling.top_k = top_k < 0 ? 0 : static_cast<std::uint32_t>(top_k);
  body.number("presence_penalty", {-2, 2}, sampling.presence_penalty);
  body.number("frequency_penalty", {-2, 2}, sampling.frequency_penalty);
  body.number("repetition_penalty", {0.01, 10}, sampling.repeat_penalty);
  body.number("repeat_penalty", {0.01, 10}, sampling.repeat_penalty);
  body.whole<std::uint32_t>("repeat_last_n", {0, 65'536}, sampling.penalty_last_n);
  read_logit_bias(body, sampling);
  std::int64_t seed = -1;
  body.integer("seed", {}, seed);
  // -1 is how clients of llama-server ask for a new one.
  sampling.seed = seed == -1 ? serving.ids.number() : static_cast<std::uint64_t>(seed);
}

void read_generation(ObjectReader& body, const OpenAiServing& serving, TextRequest& request) {
  body.whole<std::uint32_t>("n", {1, kChoicesMax}, request.choices);
  read_stop(body, request);
  read_truncation(body, request);
  read_priority(body, request);
  read_adapters(body, "adapters", request);
  read_adapters(body, "lora", request);
  body.flag("cache_prompt", request.cache_prompt);
  body.flag("speculate", request.speculate);
  body.flag("ignore_eos", request.ignore_end);
  bool skip_special = true;
  if (body.flag("skip_special_tokens", skip_special)) request.show_special = !skip_special;
  float timeout_s = 0;
  if (body.number("timeout_s", {0.001, 86'400}, timeout_s)) {
    request.deadline = serving.clock.now() +
                       std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(timeout_s));
  }
}

}  // namespace hearth::serve
