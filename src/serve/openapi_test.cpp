#include "serve/openapi.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace hearth::serve {
namespace {

using nlohmann::json;

std::vector<Route> sample() {
  Route chat;
  chat.method = "POST";
  chat.pattern = "/v1/chat";
  chat.summary = "Answers";
  chat.tag = "openai";
  chat.request_schema = R"({"$defs":{"m":{"type":"string"}},"properties":{"model":{"$ref":"#/$defs/m"}}})";
  chat.response_schema = R"({"type":"object"})";
  chat.streams = true;
  Route model;
  model.method = "GET";
  model.pattern = "/v1/models/{id...}";
  model.summary = "One model";
  model.needs_key = false;
  model.errors = ErrorForm::kAnthropic;
  return {chat, model};
}

TEST(OpenApi, describes_each_route) {
  const json document = json::parse(openapi_document(sample(), "1.2.3"));
  EXPECT_EQ(document["openapi"], "3.1.0");
  EXPECT_EQ(document["info"]["version"], "1.2.3");
  const json chat = document["paths"]["/v1/chat"]["post"];
  EXPECT_EQ(chat["operationId"], "post_v1_chat");
  EXPECT_EQ(chat["tags"], json({"openai"}));
  EXPECT_TRUE(chat["responses"]["200"]["content"].contains("text/event-stream"));
  EXPECT_EQ(chat["requestBody"]["content"]["application/json"]["schema"]["$ref"],
            "#/components/schemas/post_v1_chat_request");
  const json model = document["paths"]["/v1/models/{id}"]["get"];
  EXPECT_EQ(model["parameters"][0]["name"], "id");
  EXPECT_EQ(model["security"], json::array());
  EXPECT_EQ(model["responses"]["default"]["content"]["application/json"]["schema"]["$ref"],
            "#/components/schemas/AnthropicError");
}

TEST(OpenApi, every_reference_leads_somewhere) {
  const json document = json::parse(openapi_document(sample(), "1"));
  int n_references = 0;
  const std::function<void(const json&)> walk = [&](const json& node) {
    if (node.is_object() && node.contains("$ref")) {
      const auto target = node["$ref"].get<std::string>();
      ASSERT_TRUE(target.starts_with("#/")) << target;
      EXPECT_TRUE(document.contains(json::json_pointer(target.substr(1)))) << target;
      ++n_references;
    }
    if (node.is_structured())
      for (const json& child : node) walk(child);
  };
  walk(document);
  EXPECT_EQ(n_references, 5);
}

TEST(OpenApi, the_same_table_gives_the_same_document_in_any_order) {
  auto turned = sample();
  std::swap(turned[0], turned[1]);
  EXPECT_EQ(openapi_document(sample(), "1"), openapi_document(turned, "1"));
}

TEST(OpenApi, broken_schemas_are_found) {
  auto routes = sample();
  EXPECT_TRUE(check_route_schemas(routes));
  routes[0].request_schema = "{";
  EXPECT_FALSE(check_route_schemas(routes));
  EXPECT_FALSE(json::parse(openapi_document(routes, "1"))["paths"]["/v1/chat"]["post"].contains("requestBody"));
}

}  // namespace
}  // namespace hearth::serve
