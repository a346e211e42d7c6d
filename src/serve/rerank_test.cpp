#include "serve/rerank.h"

#include <gtest/gtest.h>

#include "serve/openai_fixture.h"

namespace hearth::serve {
namespace {

class Rerank : public OpenAiFixture {
 protected:
  RecordedAnswer rerank(const std::string& fields) { return post(routes_.at(0), R"({"model":"tiny")" + fields + "}"); }
  // Of the query and three documents; the second document lies nearest.
  void will_embed_four() {
    service.will_embed(
        EmbeddingResult{.model = "tiny", .embeddings = {{1, 0}, {0, 1}, {1, 0}, {1, 1}}, .prompt_tokens = 12});
  }
  const std::vector<Route> routes_ = rerank_routes(serving);
};

TEST_F(Rerank, orders_documents_by_cosine_where_the_model_embeds) {
  will_embed_four();
  const Json body = Json::parse(rerank(R"(,"query":"q","documents":["a","b",{"text":"c"}])").body);
  EXPECT_EQ(body["method"], "cosine");
  ASSERT_EQ(body["results"].size(), 3U);
  EXPECT_EQ(body["results"][0], Json::parse(R"({"index":1,"relevance_score":1})"));
  EXPECT_EQ(body["results"][1]["index"], 2);
  EXPECT_EQ(body["results"][2]["index"], 0);
  EXPECT_EQ(body["usage"]["total_tokens"], 12);
  const auto request = service.embeddings().at(0);
  EXPECT_EQ(std::get<std::string>(request.inputs.at(0)), "q");
  EXPECT_EQ(std::get<std::string>(request.inputs.at(3)), "c");
  EXPECT_EQ(request.key, "alice");
}

TEST_F(Rerank, gives_the_best_with_their_texts_when_asked) {
  will_embed_four();
  const Json body =
      Json::parse(rerank(R"(,"query":"q","documents":["a","b","c"],"top_n":1,"return_documents":true)").body);
  EXPECT_EQ(body["results"], Json::parse(R"([{"index":1,"relevance_score":1,"document":{"text":"b"}}])"));
}

TEST_F(Rerank, refuses_by_name) {
  const std::pair<const char*, const char*> cases[] = {
      {R"(,"documents":["a"])", "query"},
      {R"(,"query":"","documents":["a"])", "query"},
      {R"(,"query":"q")", "documents"},
      {R"(,"query":"q","documents":[])", "documents"},
      {R"(,"query":"q","documents":["a",3])", "documents[1]"},
      {R"(,"query":"q","documents":["a"],"top_n":0)", "top_n"},
  };
  for (const auto& [fields, param] : cases) {
    const auto answer = rerank(fields);
    EXPECT_EQ(answer.status, 400) << fields;
    EXPECT_EQ(Json::parse(answer.body)["error"]["param"], param) << answer.body;
  }
}

}  // namespace
}  // namespace hearth::serve
