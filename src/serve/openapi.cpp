#include "serve/openapi.h"

#include <cctype>
#include <map>
#include <nlohmann/json.hpp>

#include "serve/router.h"

namespace hearth::serve {
namespace {

using Json = nlohmann::ordered_json;

// "/v1/models/{id...}" as OpenAPI writes it: "/v1/models/{id}".
std::string openapi_path(std::string_view pattern) {
  std::string out(pattern);
  if (const auto dots = out.find("...}"); dots != std::string::npos) out.erase(dots, 3);
  return out;
}

// "post_v1_chat_completions".
std::string operation_id(const Route& route) {
  std::string out;
  for (const char c : route.method + openapi_path(route.pattern)) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0)
      out += static_cast<char>(std::tolower(byte));
    else if (c != '{' && c != '}' && !out.ends_with('_'))
      out += '_';
  }
  if (out.ends_with('_')) out.pop_back();
  return out;
}

Json reference(std::string_view kind, std::string_view name) {
  return {{"$ref", "#/components/" + std::string(kind) + "/" + std::string(name)}};
}

// References within a schema point to its own root; in the document that root is elsewhere.
void move_references(Json& node, const std::string& root) {
  if (node.is_array()) {
    for (Json& item : node) move_references(item, root);
    return;
  }
  if (!node.is_object()) return;
  for (auto& [key, value] : node.items()) {
    if (key == "$ref" && value.is_string() && value.get_ref<const std::string&>().starts_with('#'))
      value = root + value.get<std::string>().substr(1);
    else
      move_references(value, root);
  }
}

class Document {
 public:
  explicit Document(std::string_view version) {
    document_ = {{"openapi", "3.1.0"},
                 {"info",
                  {{"title", "Hearth"},
                   {"version", version},
                   {"description", "Models on this machine, in the dialects of OpenAI, Anthropic and llama-server."}}},
                 {"security", Json::array({{{"bearer", Json::array()}}, {{"api_key", Json::array()}}})}};
    error_schemas();
  }

  void add(const Route& route) {
    std::string method;
    for (const char c : route.method) method += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    paths_[openapi_path(route.pattern)][method] = operation(route);
  }

  std::string text() {
    document_["paths"] = Json::object();
    for (auto& [path, methods] : paths_)
      for (auto& [method, operation] : methods) document_["paths"][path][method] = std::move(operation);
    Json schemas = Json::object();
    for (auto& [name, schema] : schemas_) schemas[name] = std::move(schema);
    document_["components"] = {{"securitySchemes",
                                {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}},
                                 {"api_key", {{"type", "apiKey"}, {"in", "header"}, {"name", "x-api-key"}}}}},
                               {"schemas", std::move(schemas)}};
    return document_.dump(2) + "\n";
  }

 private:
  void error_schemas() {
    const Json text{{"type", "string"}}, maybe_text{{"type", {"string", "null"}}};
    const Json openai{{"type", "object"},
                      {"properties", {{"message", text}, {"type", text}, {"param", maybe_text}, {"code", maybe_text}}},
                      {"required", {"message", "type", "param", "code"}}};
    const Json anthropic{
        {"type", "object"}, {"properties", {{"type", text}, {"message", text}}}, {"required", {"type", "message"}}};
    schemas_["OpenAiError"] = {{"type", "object"}, {"properties", {{"error", openai}}}, {"required", {"error"}}};
    schemas_["AnthropicError"] = {{"type", "object"},
                                  {"properties", {{"type", {{"const", "error"}}}, {"error", anthropic}}},
                                  {"required", {"type", "error"}}};
    schemas_["KserveError"] = {{"type", "object"}, {"properties", {{"error", text}}}, {"required", {"error"}}};
  }

  // A reference to the schema's place under components; null for text that is no schema.
  Json keep_schema(const std::string& name, const std::string& text) {
    Json schema = Json::parse(text, nullptr, false);
    if (!schema.is_object()) return nullptr;
    move_references(schema, "#/components/schemas/" + name);
    schemas_[name] = std::move(schema);
    return reference("schemas", name);
  }

  Json operation(const Route& route) {
    const std::string id = operation_id(route);
    Json out{{"operationId", id}, {"summary", route.summary}};
    if (!route.tag.empty()) out["tags"] = Json::array({route.tag});
    if (!route.needs_key) out["security"] = Json::array();
    if (Json parameters = path_parameters(route); !parameters.empty()) out["parameters"] = std::move(parameters);
    if (!route.request_schema.empty())
      if (Json schema = keep_schema(id + "_request", route.request_schema); !schema.is_null())
        out["requestBody"] = {{"required", true}, {"content", {{route.request_type, {{"schema", std::move(schema)}}}}}};
    out["responses"] = responses(route, id);
    return out;
  }

  static Json path_parameters(const Route& route) {
    Json out = Json::array();
    const auto pattern = parse_pattern(route.pattern);
    if (!pattern) return out;
    for (const PatternSegment& segment : *pattern) {
      if (segment.kind == PatternSegment::Kind::kLiteral) continue;
      Json parameter{{"name", segment.text}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}};
      if (segment.kind == PatternSegment::Kind::kRest) parameter["description"] = "may hold slashes";
      out.push_back(std::move(parameter));
    }
    return out;
  }

  Json responses(const Route& route, const std::string& id) {
    Json content = Json::object();
    if (!route.response_schema.empty())
      if (Json schema = keep_schema(id + "_response", route.response_schema); !schema.is_null())
        content["application/json"] = {{"schema", std::move(schema)}};
    if (route.streams) content["text/event-stream"] = {{"schema", {{"type", "string"}}}};
    Json good{{"description", route.streams ? "the answer, whole or as a stream of events" : "the answer"}};
    if (!content.empty()) good["content"] = std::move(content);
    const char* error_name = route.errors == ErrorForm::kOpenAi      ? "OpenAiError"
                             : route.errors == ErrorForm::kAnthropic ? "AnthropicError"
                                                                     : "KserveError";
    const Json error{{"description", "what was wrong, and what to do"},
                     {"content", {{"application/json", {{"schema", reference("schemas", error_name)}}}}}};
    return {{"200", std::move(good)}, {"default", error}};
  }

  Json document_;
  std::map<std::string, std::map<std::string, Json>> paths_;
  std::map<std::string, Json> schemas_;
};

}  // namespace

std::string openapi_document(std::span<const Route> routes, std::string_view version) {
  Document document(version);
  for (const Route& route : routes) document.add(route);
  return document.text();
}

Status check_route_schemas(std::span<const Route> routes) {
  for (const Route& route : routes)
    for (const std::string& text : {route.request_schema, route.response_schema})
      if (!text.empty() && !Json::parse(text, nullptr, false).is_object())
        return fail(ErrorCode::kInvalidData,
                    "a schema of the route " + route.method + " " + route.pattern + " is no JSON object");
  return {};
}

}  // namespace hearth::serve
