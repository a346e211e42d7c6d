#include "serve/status_stream.h"

#include <gtest/gtest.h>

#include "serve/exchange_recorder.h"
#include "serve/rung_header.h"

namespace hearth::serve {
namespace {

std::shared_ptr<ExchangeRecorder> watcher() { return std::make_shared<ExchangeRecorder>(HttpRequest{}); }

TEST(StatusStream, sends_the_status_now_and_every_one_that_follows_until_it_is_closed) {
  StatusStream stream;
  const auto client = watcher();
  EXPECT_FALSE(stream.watched());
  stream.add(client, R"({"n":1})");
  EXPECT_TRUE(stream.watched());
  stream.publish(R"({"n":2})");
  stream.close();
  const RecordedAnswer got = client->answer();
  EXPECT_EQ(got.content_type, "text/event-stream");
  EXPECT_EQ(got.body, "event: status\ndata: {\"n\":1}\n\nevent: status\ndata: {\"n\":2}\n\n");
  EXPECT_TRUE(got.ended);
  EXPECT_EQ(got.n_faults, 0);
  EXPECT_FALSE(stream.watched());
}

TEST(StatusStream, forgets_who_is_gone) {
  StatusStream stream;
  const auto client = watcher();
  stream.add(client, "{}");
  client->disconnect();
  stream.publish("{}");
  EXPECT_FALSE(stream.watched());
}

TEST(StatusStream, refuses_more_than_it_serves_and_everybody_after_its_end) {
  StatusStream stream;
  std::vector<std::shared_ptr<ExchangeRecorder>> clients;
  for (std::size_t i = 0; i < StatusStream::kWatchersMax; ++i) {
    clients.push_back(watcher());
    stream.add(clients.back(), "{}");
  }
  const auto one_more = watcher();
  stream.add(one_more, "{}");
  EXPECT_EQ(one_more->answer().status, 429U);
  stream.close();
  const auto late = watcher();
  stream.add(late, "{}");
  EXPECT_EQ(late->answer().status, 429U);
}

TEST(StatusStream, is_for_clients_that_ask_for_events) {
  HttpRequest request;
  EXPECT_FALSE(wants_events(request));
  request.headers = {{"accept", "text/event-stream, */*"}};
  EXPECT_TRUE(wants_events(request));
}

TEST(RungHeader, is_that_of_the_moment_the_request_came) {
  std::string rung = "full";
  std::shared_ptr<Exchange> kept;
  Route route;
  route.method = "POST";
  route.tag = "openai";
  route.handler = [&kept](std::shared_ptr<Exchange> exchange) { kept = std::move(exchange); };
  const auto routes = with_rung_header({route}, [&rung](Modality) { return rung; });
  const auto whole = watcher();
  routes[0].handler(whole);
  rung = "smaller model";
  kept->respond({.body = "{}"});
  ASSERT_EQ(whole->answer().headers.size(), 1U);
  EXPECT_EQ(whole->answer().headers[0], (std::pair<std::string, std::string>("x-hearth-rung", "full")));
  const auto stream = watcher();
  routes[0].handler(stream);
  kept->start_stream("text/event-stream", {});
  kept->end_stream();
  ASSERT_EQ(stream->answer().headers.size(), 1U);
  EXPECT_EQ(stream->answer().headers[0].second, "smaller model");
}

TEST(RungHeader, is_that_of_what_the_route_is_for) {
  const auto rung_of = [](const std::string& tag, const std::string& pattern) {
    Route route;
    route.method = "POST";
    route.tag = tag;
    route.pattern = pattern;
    route.handler = [](const std::shared_ptr<Exchange>& exchange) { exchange->respond({.body = "{}"}); };
    const auto routes =
        with_rung_header({route}, [](Modality modality) { return std::string(modality_name(modality)); });
    const auto client = watcher();
    routes[0].handler(client);
    return client->answer().headers.at(0).second;
  };
  EXPECT_EQ(rung_of("openai", "/v1/chat/completions"), "llm");
  EXPECT_EQ(rung_of("vision", "/v1/vision/detect"), "vision");
  EXPECT_EQ(rung_of("openai", "/v1/audio/transcriptions"), "stt");
  EXPECT_EQ(rung_of("openai", "/v1/audio/speech"), "tts");
}

TEST(RungHeader, leaves_routes_alone_that_no_model_answers) {
  Route route;
  route.method = "GET";
  route.tag = "hearth";
  route.handler = [](const std::shared_ptr<Exchange>& exchange) { exchange->respond({.body = "{}"}); };
  const auto routes = with_rung_header({route}, [](Modality) { return std::string("full"); });
  const auto client = watcher();
  routes[0].handler(client);
  EXPECT_TRUE(client->answer().headers.empty());
}

}  // namespace
}  // namespace hearth::serve
