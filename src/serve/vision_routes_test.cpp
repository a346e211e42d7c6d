#include "serve/vision_routes.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "engine/tensor_fixture.h"
#include "serve/exchange_recorder.h"
#include "serve/json_reader.h"
#include "support/vision_models.h"

namespace hearth::serve {
namespace {

std::string base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // the last is a zero
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(n));
  return text;
}

std::string form_part(const std::string& name, const std::string& file, const std::string& content) {
  return "--cut\r\nContent-Disposition: form-data; name=\"" + name + "\"" +
         (file.empty() ? "" : "; filename=\"" + file + "\"") + "\r\n\r\n" + content + "\r\n";
}

// The routes over an engine with a detector that finds a person and a bus, and a classifier that says "dog".
class VisionRoutes : public TensorEngineTest {
 protected:
  VisionRoutes() {
    provider_.offer("detector", {.script = test::detector_script(), .record_json = test::detector_record()});
    provider_.offer("classifier", {.script = test::classifier_script(), .record_json = test::classifier_record()});
    service_ = std::make_unique<EngineVisionService>(engine());
    routes_ = vision_routes(*service_);
  }
  ~VisionRoutes() override {
    routes_.clear();
    engine_.reset();  // finishes the jobs, which use the service
  }

  RecordedAnswer post(const std::string& task, HttpRequest request) {
    for (const Route& route : routes_) {
      if (route.pattern != "/v1/vision/" + task) continue;
      const auto exchange = std::make_shared<ExchangeRecorder>(std::move(request), route.errors);
      route.handler(exchange);
      EXPECT_TRUE(exchange->wait_ended());
      EXPECT_EQ(exchange->answer().n_faults, 0);
      return exchange->answer();
    }
    ADD_FAILURE() << "there is no route for " << task;
    return {};
  }
  RecordedAnswer post(const std::string& task, const std::string& type, std::string body,
                      std::map<std::string, std::string> query = {}) {
    HttpRequest request;
    request.method = "POST";
    request.headers.emplace_back("content-type", type);
    request.body = std::move(body);
    request.query = std::move(query);
    return post(task, std::move(request));
  }
  static std::string error_of(const RecordedAnswer& answer) {
    const Json body = Json::parse(answer.body, nullptr, false);
    return body.is_object() && body.contains("error") ? body["error"]["message"].get<std::string>() : answer.body;
  }

  std::unique_ptr<EngineVisionService> service_;
  std::vector<Route> routes_;
  const std::string picture_ = test::bmp_file(64, 64);
};

TEST_F(VisionRoutes, a_picture_in_base64_is_answered_with_its_objects) {
  const Json ask{{"model", "detector"}, {"image", "data:image/bmp;base64," + base64(picture_)}};
  const auto answer = post("detect", "application/json", ask.dump());
  ASSERT_EQ(answer.status, 200U) << answer.body;
  const Json body = Json::parse(answer.body);
  EXPECT_EQ(body["object"], "vision.detect");
  EXPECT_EQ(body["model"], "detector");
  EXPECT_EQ(body["width"], 64);
  ASSERT_EQ(body["objects"].size(), 2U);
  EXPECT_EQ(body["objects"][0]["label"], "person");
  EXPECT_EQ(body["objects"][0]["box"], Json({8.0, 12.0, 24.0, 20.0}));
  EXPECT_FALSE(body.contains("index"));
}

TEST_F(VisionRoutes, a_form_takes_files_and_options) {
  const auto type = "multipart/form-data; boundary=cut";
  const std::string fields = form_part("model", "", "detector") + form_part("score", "", "0.85");
  const auto one = post("detect", type, fields + form_part("file", "a.bmp", picture_) + "--cut--\r\n");
  ASSERT_EQ(one.status, 200U) << one.body;
  EXPECT_EQ(Json::parse(one.body)["objects"].size(), 1U);
  const auto two = post("detect", type,
                        fields + form_part("file", "a.bmp", picture_) +
                            form_part("file", "b.bmp", test::bmp_file(32, 48)) + "--cut--\r\n");
  ASSERT_EQ(two.status, 200U) << two.body;
  const Json data = Json::parse(two.body)["data"];
  ASSERT_EQ(data.size(), 2U);
  EXPECT_EQ(data[1]["index"], 1);
  EXPECT_EQ(data[1]["height"], 48);
}

TEST_F(VisionRoutes, a_bare_picture_has_its_options_in_the_query) {
  const auto answer = post("classify", "image/bmp", picture_, {{"model", "classifier"}, {"top", "2"}});
  ASSERT_EQ(answer.status, 200U) << answer.body;
  const Json body = Json::parse(answer.body);
  ASSERT_EQ(body["labels"].size(), 2U);
  EXPECT_EQ(body["labels"][0]["label"], "dog");
}

TEST_F(VisionRoutes, of_several_pictures_one_that_is_broken_fails_alone) {
  const Json ask{{"model", "detector"}, {"images", {base64(picture_), base64("no picture"), base64(picture_)}}};
  const auto answer = post("detect", "application/json", ask.dump());
  ASSERT_EQ(answer.status, 200U) << answer.body;
  const Json data = Json::parse(answer.body)["data"];
  ASSERT_EQ(data.size(), 3U);
  EXPECT_TRUE(data[1].contains("error"));
  EXPECT_EQ(data[2]["objects"].size(), 2U);
}

TEST_F(VisionRoutes, a_stream_has_an_event_a_picture_in_their_order) {
  Json ask{{"model", "detector"}, {"stream", true}, {"images", Json::array()}};
  for (int i = 0; i < 20; ++i) ask["images"].push_back(base64(test::bmp_file(20 + i, 30)));
  const auto answer = post("detect", "application/json", ask.dump());
  EXPECT_TRUE(answer.streamed);
  EXPECT_EQ(answer.content_type, "text/event-stream");
  std::size_t at = 0;
  for (int i = 0; i < 20; ++i) {
    const auto end = answer.body.find("\n\n", at);
    ASSERT_NE(end, std::string::npos);
    const Json event = Json::parse(answer.body.substr(at + 6, end - at - 6));
    EXPECT_EQ(event["index"], i);
    EXPECT_EQ(event["width"], 20 + i);
    at = end + 2;
  }
  EXPECT_EQ(answer.body.substr(at), "data: [DONE]\n\n");
}

TEST_F(VisionRoutes, what_is_wrong_is_named) {
  struct Case {
    const char* task;
    const char* type;
    std::string body;
    unsigned status;
    const char* named;
  };
  const std::string image = base64(picture_);
  const Case cases[] = {
      {"detect", "application/json", "[]", 400, "JSON"},
      {"detect", "application/json", R"({"model":"detector"})", 400, "image"},
      {"detect", "application/json", R"({"model":"detector","image":"*"})", 400, "base64"},
      {"detect", "application/json", Json{{"model", "detectr"}, {"image", image}}.dump(), 404, "detectr"},
      {"detect", "application/json", Json{{"model", "classifier"}, {"image", image}}.dump(), 400, "classify"},
      {"segment", "application/json", Json{{"model", "detector"}, {"image", image}}.dump(), 400, "detect"},
      {"detect", "application/json", Json{{"model", "detector"}, {"image", image}, {"score", 2}}.dump(), 400, "score"},
      {"detect", "multipart/form-data; boundary=cut", form_part("iou", "", "many") + "--cut--\r\n", 400, "iou"},
      {"detect", "multipart/form-data", "", 400, "boundary"},
  };
  for (const Case& each : cases) {
    const auto answer = post(each.task, each.type, each.body);
    EXPECT_EQ(answer.status, each.status) << each.named << ": " << answer.body;
    EXPECT_NE(error_of(answer).find(each.named), std::string::npos) << error_of(answer);
  }
  const auto cut_off = post("detect", "image/bmp", picture_.substr(0, 100), {{"model", "detector"}});
  EXPECT_GE(cut_off.status, 400U);
  EXPECT_LT(cut_off.status, 500U) << cut_off.body;
}

}  // namespace
}  // namespace hearth::serve
