#include "serve/models_endpoint.h"

#include "serve/json_reader.h"
#include "serve/openai_schemas.h"

namespace hearth::serve {
namespace {

// OpenAI's fields, and under "hearth" what else is known.
Json model_json(const ModelFacts& facts, std::string_view kind) {
  Json more = {{"state", to_string(facts.state)}, {"aliases", facts.aliases}, {"context_length", facts.context_length}};
  more["kind"] = kind;
  if (!facts.format.empty()) more["format"] = facts.format;
  if (!facts.runtime.empty()) more["runtime"] = facts.runtime;
  if (!facts.rung.empty()) more["rung"] = facts.rung;
  more["embeds_only"] = facts.embeds_only;
  Json adapters = Json::array();
  for (const AdapterFacts& adapter : facts.adapters) adapters.push_back(adapter.name);
  more["adapters"] = std::move(adapters);
  return {{"id", facts.name},
          {"object", "model"},
          {"created", facts.created_unix},
          {"owned_by", "hearth"},
          {"max_model_len", facts.context_length},
          {"hearth", std::move(more)}};
}

std::vector<OtherModel> other_models(const OpenAiServing& serving) {
  return serving.other_models ? serving.other_models() : std::vector<OtherModel>();
}

void answer_list(const OpenAiServing& serving, Exchange& exchange) {
  Json data = Json::array();
  for (const ModelFacts& facts : serving.service.models()) data.push_back(model_json(facts, to_string(facts.kind)));
  for (const auto& other : other_models(serving)) data.push_back(model_json(other.facts, other.kind));
  exchange.respond({.body = json_text({{"object", "list"}, {"data", std::move(data)}})});
}

void answer_one(const OpenAiServing& serving, Exchange& exchange) {
  const auto& parameters = exchange.request().parameters;
  const auto id = parameters.find("id");
  if (id != parameters.end())
    for (const auto& other : other_models(serving))
      if (other.facts.name == id->second)
        return exchange.respond({.body = json_text(model_json(other.facts, other.kind))});
  auto facts = serving.service.model(id == parameters.end() ? std::string() : id->second);
  if (!facts)
    return exchange.respond_error(std::move(facts).error().with("param", "model").with("code", "model_not_found"));
  exchange.respond({.body = json_text(model_json(*facts, to_string(facts->kind)))});
}

}  // namespace

std::vector<Route> models_routes(std::shared_ptr<OpenAiServing> serving) {
  Route list{.method = "GET", .pattern = "/v1/models", .summary = "The models there are", .handler = {}};
  list.handler = [serving](const std::shared_ptr<Exchange>& exchange) { answer_list(*serving, *exchange); };
  list.tag = "openai";
  list.response_schema = models_schema();
  // A model's name may have slashes.
  Route one{.method = "GET", .pattern = "/v1/models/{id...}", .summary = "One model", .handler = {}};
  one.handler = [serving](const std::shared_ptr<Exchange>& exchange) { answer_one(*serving, *exchange); };
  one.tag = "openai";
  one.response_schema = model_schema();
  return {std::move(list), std::move(one)};
}

}  // namespace hearth::serve
