#include "serve/embeddings.h"

#include <gtest/gtest.h>

#include "serve/models_endpoint.h"
#include "serve/openai_fixture.h"

namespace hearth::serve {
namespace {

class Embeddings : public OpenAiFixture {
 protected:
  RecordedAnswer embed(const std::string& fields) { return post(route_, R"({"model":"tiny")" + fields + "}"); }
  const Route route_ = embeddings_route(serving);
};

TEST_F(Embeddings, texts_and_tokens_become_vectors) {
  const Json body = Json::parse(embed(R"(,"input":["a","b"])").body);
  EXPECT_EQ(body, Json::parse(R"({"object":"list","data":[
    {"object":"embedding","index":0,"embedding":[1,0.5,-2]},{"object":"embedding","index":1,"embedding":[2,0.5,-2]}],
    "model":"tiny","usage":{"prompt_tokens":6,"total_tokens":6}})"));
  const auto single = Json::parse(embed(R"(,"input":"a")").body);
  EXPECT_EQ(single["data"].size(), 1U);
  (void)embed(R"(,"input":[1,2,3])");
  (void)embed(R"(,"input":[[1],[2,3]])");
  const auto requests = service.embeddings();
  EXPECT_EQ(std::get<std::vector<Token>>(requests[2].inputs.at(0)), (std::vector<Token>{1, 2, 3}));
  EXPECT_EQ(requests[3].inputs.size(), 2U);
  EXPECT_EQ(requests[3].key, "alice");
  EXPECT_TRUE(requests[3].normalize);
}

TEST_F(Embeddings, base64_is_little_endian_float32) {
  EXPECT_EQ(Json::parse(embed(R"(,"input":"a","encoding_format":"base64")").body)["data"][0]["embedding"],
            "AACAPwAAAD8AAADA");
  service.will_embed(EmbeddingResult{.model = "tiny", .embeddings = {{1}, {1, 2}}, .prompt_tokens = 1});
  const Json data = Json::parse(embed(R"(,"input":["a","b"],"encoding_format":"base64")").body)["data"];
  EXPECT_EQ(data[0]["embedding"], "AACAPw==");
  EXPECT_EQ(data[1]["embedding"], "AACAPwAAAEA=");
}

TEST_F(Embeddings, fields_reach_the_engine) {
  const auto answer = embed(R"(,"input":"a","dimensions":2,"pooling":"cls","normalize":false,"user":"u","odd":1)");
  EXPECT_EQ(answer.headers, (Headers{{"x-hearth-ignored", "odd"}}));
  const EmbeddingRequest request = service.embeddings().at(0);
  EXPECT_EQ(request.size, 2U);
  EXPECT_EQ(request.pooling, "cls");
  EXPECT_FALSE(request.normalize);
}

TEST_F(Embeddings, refuses_by_name_and_hands_on_the_engines_errors) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "input"},
      {R"(,"input":"")", "input"},
      {R"(,"input":[])", "input"},
      {R"(,"input":{})", "input"},
      {R"(,"input":"a","dimensions":0)", "dimensions"},
      {R"(,"input":"a","encoding_format":"hex")", "encoding_format"},
  };
  for (const auto& [fields, param] : cases) {
    const auto answer = embed(fields);
    EXPECT_EQ(answer.status, 400U) << fields;
    EXPECT_EQ(Json::parse(answer.body)["error"]["param"], param) << answer.body;
  }
  EXPECT_EQ(post(route_, R"({"model":"none","input":"a"})").status, 404U);
  EXPECT_TRUE(service.embeddings().empty());
  service.will_embed(fail(ErrorCode::kOverloaded, "busy"));
  EXPECT_EQ(embed(R"(,"input":"a")").status, 429U);
}

class Models : public OpenAiFixture {};

TEST_F(Models, are_listed_and_described) {
  const auto routes = models_routes(serving);
  const Json list = Json::parse(ask(routes[0], {}).body);
  EXPECT_EQ(list["object"], "list");
  ASSERT_EQ(list["data"].size(), 1U);
  EXPECT_EQ(list["data"][0]["id"], "tiny");
  EXPECT_EQ(list["data"][0]["created"], 1700000000);
  HttpRequest request;
  request.parameters["id"] = "small";
  EXPECT_EQ(Json::parse(ask(routes[1], request).body), list["data"][0]) << "an alias names it too";
  request.parameters["id"] = "none";
  const auto unknown = ask(routes[1], request);
  EXPECT_EQ(unknown.status, 404U);
  EXPECT_EQ(Json::parse(unknown.body)["error"]["code"], "model_not_found");
}

}  // namespace
}  // namespace hearth::serve
