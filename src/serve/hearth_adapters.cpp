#include "serve/hearth_adapters.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "serve/hearth_model_choice.h"
#include "serve/json_reader.h"

namespace hearth::serve {
namespace {

constexpr const char* kListSchema =
    R"({"type":"object","required":["adapters"],"properties":{"adapters":{"type":"array","items":{"type":"object",)"
    R"("required":["model","name","path","loaded"],"properties":{"model":{"type":"string"},"name":{"type":"string"},)"
    R"("path":{"type":"string"},"loaded":{"type":"boolean"}}}}}})";
constexpr const char* kLoadSchema =
    R"({"type":"object","required":["name","path"],"properties":{"model":{"type":"string"},"name":{"type":"string"},)"
    R"("path":{"type":"string","description":"a file on the server's machine"}}})";
constexpr const char* kOneSchema =
    R"({"type":"object","required":["model","name","loaded"],"properties":{"model":{"type":"string"},)"
    R"("name":{"type":"string"},"loaded":{"type":"boolean"}}})";

void respond_adapter(Exchange& exchange, const std::string& model, const std::string& name, bool loaded) {
  exchange.respond({.body = json_text({{"model", model}, {"name", name}, {"loaded", loaded}})});
}

void list_adapters(const TextService& service, Exchange& exchange) {
  const std::string wanted = query_value(exchange.request(), "model");
  std::vector<ModelFacts> models;
  if (wanted.empty()) {
    models = service.models();
  } else {
    auto facts = service.model(wanted);
    if (!facts) return exchange.respond_error(facts.error());
    models.push_back(std::move(*facts));
  }
  Json list = Json::array();
  for (const auto& facts : models) {
    for (const auto& adapter : facts.adapters)
      list.push_back(
          {{"model", facts.name}, {"name", adapter.name}, {"path", adapter.path}, {"loaded", adapter.loaded}});
  }
  exchange.respond({.body = json_text({{"adapters", std::move(list)}})});
}

struct AdapterLoad {
  std::string model, name, path;
};

Result<AdapterLoad> read_load(std::string_view text) {
  HEARTH_ASSIGN(body, parse_json_object(text));
  ReadingNotes notes;
  ObjectReader reader(body, "", notes);
  AdapterLoad load;
  reader.text("model", load.model);
  if (!reader.text("name", load.name) || load.name.empty()) reader.refuse("name", "is missing");
  if (!reader.text("path", load.path) || load.path.empty()) reader.refuse("path", "is missing");
  HEARTH_TRY(notes.status());
  return load;
}

void load_adapter(TextService& service, const std::shared_ptr<Exchange>& exchange) {
  auto load = read_load(exchange->request().body);
  if (!load) return exchange->respond_error(load.error());
  auto model = chosen_model(service, load->model);
  if (!model) return exchange->respond_error(model.error());
  const std::string name = model->name;
  service.load_adapter(name, load->name, load->path, [exchange, name, adapter = load->name](const Status& done) {
    if (!done) return exchange->respond_error(done.error());
    respond_adapter(*exchange, name, adapter, true);
  });
}

void unload_adapter(TextService& service, const std::shared_ptr<Exchange>& exchange) {
  auto model = chosen_model(service, query_value(exchange->request(), "model"));
  if (!model) return exchange->respond_error(model.error());
  const std::string name = model->name;
  const std::string adapter = exchange->request().parameters.at("name");
  service.unload_adapter(name, adapter, [exchange, name, adapter](const Status& done) {
    if (!done) return exchange->respond_error(done.error());
    respond_adapter(*exchange, name, adapter, false);
  });
}

}  // namespace

std::vector<Route> hearth_adapter_routes(TextService& service) {
  std::vector<Route> routes;
  routes.push_back({.method = "GET",
                    .pattern = "/v1/hearth/adapters",
                    .summary = "LoRA adapters of the models",
                    .handler = [&service](const auto& exchange) { list_adapters(service, *exchange); },
                    .tag = "hearth",
                    .response_schema = kListSchema});
  routes.push_back({.method = "POST",
                    .pattern = "/v1/hearth/adapters",
                    .summary = "Load a LoRA adapter; running requests go on",
                    .handler = [&service](const auto& exchange) { load_adapter(service, exchange); },
                    .tag = "hearth",
                    .request_schema = kLoadSchema,
                    .response_schema = kOneSchema});
  routes.push_back({.method = "DELETE",
                    .pattern = "/v1/hearth/adapters/{name...}",
                    .summary = "Unload a LoRA adapter; running requests go on",
                    .handler = [&service](const auto& exchange) { unload_adapter(service, exchange); },
                    .tag = "hearth",
                    .response_schema = kOneSchema});
  return routes;
}

}  // namespace hearth::serve
