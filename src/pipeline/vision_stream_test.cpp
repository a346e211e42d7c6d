#include "pipeline/vision_stream.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/tensor_fixture.h"
#include "pipeline/vision_json.h"
#include "pipeline/vision_service.h"
#include "support/vision_models.h"

namespace hearth {
namespace {

class VisionStreamTest : public TensorEngineTest {
 protected:
  VisionStreamTest() {
    provider_.offer("detector", {.script = test::detector_script(), .record_json = test::detector_record()});
    provider_.offer("classifier", {.script = test::classifier_script(), .record_json = test::classifier_record()});
  }
};

TEST_F(VisionStreamTest, boxes_come_in_pixels_of_the_picture) {
  auto stream = must(VisionStream::open(engine(), {"detector", VisionTask::kDetect}, {}, {}));
  VisionWork work;
  const std::string picture = test::bmp_file(64, 64);
  must(work.decode(stream->recipe(), stream->options(), test::bytes_of(picture)));
  must(stream->run(work, {}));
  const auto json = vision_json(stream->recipe(), work, false);
  ASSERT_EQ(json["objects"].size(), 2U) << json.dump();
  EXPECT_EQ(json["objects"][0]["label"], "person");
  EXPECT_EQ(json["objects"][1]["label"], "bus");
  // 32 input pixels stand for 64: 8 +- 4 across becomes 8 .. 24, 8 +- 2 down becomes 12 .. 20.
  EXPECT_EQ(json["objects"][0]["box"], nlohmann::ordered_json({8.0, 12.0, 24.0, 20.0}));
  EXPECT_EQ(json["objects"][0]["box_normalized"], nlohmann::ordered_json({0.125, 0.1875, 0.375, 0.3125}));
  EXPECT_EQ(json["width"], 64);
  EXPECT_GE(json["timings"]["infer_ms"].get<double>(), 0.0);
}

TEST_F(VisionStreamTest, thresholds_are_the_callers) {
  VisionOptions options;
  options.score_threshold = 0.85F;
  auto stream = must(VisionStream::open(engine(), {"detector", VisionTask::kDetect}, options, {}));
  VisionWork work;
  const std::string picture = test::bmp_file(40, 20);
  must(work.decode(stream->recipe(), stream->options(), test::bytes_of(picture)));
  must(stream->run(work, {}));
  EXPECT_EQ(work.detections().objects.size(), 1U);
}

TEST_F(VisionStreamTest, a_model_of_another_task_is_refused_by_name) {
  const auto stream = VisionStream::open(engine(), {"classifier", VisionTask::kDetect}, {}, {});
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(stream.error().message.find("classify"), std::string::npos);
}

TEST_F(VisionStreamTest, an_override_of_the_record_that_is_wrong_is_named) {
  const auto stream = VisionStream::open(engine(), {"detector", VisionTask::kDetect, R"({"layout": "CHWN"})"}, {}, {});
  ASSERT_FALSE(stream);
  EXPECT_NE(stream.error().message.find("layout"), std::string::npos);
}

TEST_F(VisionStreamTest, a_crop_is_looked_at_alone) {
  auto stream = must(VisionStream::open(engine(), {"classifier", VisionTask::kClassify}, {}, {}));
  VisionWork whole;
  const std::string picture = test::bmp_file(30, 30);
  must(whole.decode(stream->recipe(), stream->options(), test::bytes_of(picture), true));
  VisionWork part;
  part.look_at(whole.picture(), Box{5, 5, 20, 20});
  must(stream->run(part, {}));
  ASSERT_FALSE(part.classes().empty());
  EXPECT_EQ(stream->recipe().vision.label(part.classes().front().class_id), "dog");
  part.look_at(whole.picture(), Box{100, 100, 120, 120});
  EXPECT_FALSE(stream->run(part, {})) << "nothing of that crop is inside";
}

TEST_F(VisionStreamTest, the_service_answers_and_refuses) {
  EngineVisionService service(engine());
  std::mutex gate;
  std::condition_variable came;
  int done = 0;
  std::vector<std::string> ends;
  const auto look = [&](const std::string& model, std::string picture) {
    VisionRequest request;
    request.model = model;
    request.picture = std::move(picture);
    service.look(std::move(request), [&](const Result<VisionAnswer*>& answer) {
      const std::lock_guard lock(gate);
      ends.push_back(answer ? std::to_string((*answer)->work.detections().objects.size()) + " objects"
                            : std::string(error_code_info(answer.error().code).name));
      ++done;
      came.notify_all();
    });
    std::unique_lock lock(gate);
    const int wanted = done + 1;
    (void)came.wait_for(lock, std::chrono::seconds(20), [&] { return done >= wanted || done > 0; });
    const std::string last = ends.empty() ? "nothing came" : ends.back();
    ends.clear();
    done = 0;
    return last;
  };
  EXPECT_EQ(look("detector", test::bmp_file(32, 32)), "2 objects");
  EXPECT_EQ(look("detector", "no picture"), "unsupported");
  EXPECT_EQ(look("nobody", test::bmp_file(8, 8)), "not_found");
  EXPECT_EQ(look("classifier", test::bmp_file(8, 8)), "invalid_argument");
}

}  // namespace
}  // namespace hearth
