#include "pipeline/pipeline_run.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "engine/engine_fixture.h"
#include "engine/tensor_fixture.h"
#include "pipeline/frame_json.h"
#include "pipeline/frame_queue.h"
#include "pipeline/graph_html.h"
#include "support/paths.h"
#include "support/vision_models.h"

namespace hearth {
namespace {

// Says what it was told that the camera sees.
constexpr const char* kWriter = R"({
  "hearth_fake": 1, "name": "writer", "context_length": 1024, "control_tokens": ["<|user|>", "<|assistant|>"],
  "chat_template": "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}{% endfor %}<|assistant|>",
  "turn_marker": "<|assistant|>",
  "replies": [{"when": "1 bus, 1 person", "say": "A person waits for the bus."}],
  "otherwise": {"rule": "text", "text": "Nothing. "}})";

class PipelineRunTest : public TensorEngineTest {
 protected:
  PipelineRunTest() {
    provider_.offer("detector", {.script = test::detector_script(), .record_json = test::detector_record()});
    provider_.offer("classifier", {.script = test::classifier_script(), .record_json = test::classifier_record()});
    writers_.offer("writer", {kWriter});
    TextEngineOptions options;
    options.capacities = {{"ram", 1'000'000}};
    writer_engine_ = std::make_unique<TextEngine>(options, TextEnginePorts{writers_, clock_, metrics_, logger_});
  }
  // `n` pictures of 64 x 64 pixels; the second is broken where `broken`.
  Result<PipelineFigures> run(const std::string& file, int n, bool broken = false) {
    graph_ = must(parse_pipeline(file));
    StagePorts ports;
    ports.tensors = &engine();
    ports.text = writer_engine_.get();
    ports.copies = &engine().copies();
    for (const auto& [role, task] : graph_.models) ports.models[role] = role;
    ports.write = [](const std::string& folder, const Frame& frame, std::string_view bytes) -> Result<std::string> {
      EXPECT_GT(bytes.size(), 100U);
      return folder + "/" + std::to_string(frame.index);
    };
    int made = 0;
    PipelineIo io;
    io.next = [&, made](Frame& frame) mutable -> Result<bool> {
      if (made == n) return false;
      frame.path = std::to_string(made);
      if (broken && made == 1) frame.error = Error(ErrorCode::kInvalidData, "a broken picture");
      frame.picture.reset(64, 64, PixelFormat::kRgb);
      ++made;
      return true;
    };
    io.tell = [this](const StageSpec& stage, const Frame& frame) { lines_.push_back(frame_json(stage, frame)); };
    return run_pipeline(graph_, ports, io);
  }
  static std::string shipped(const std::string& name) {
    std::ifstream file(test::source_dir() / "data/pipelines" / (name + ".json"));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Bytes that were copied between buffers, whatever the reason.
  [[nodiscard]] std::string copies() {
    engine().collect_copies();
    const std::string text = metrics_.prometheus_text();
    const auto at = text.find("hearth_tensor_copy_bytes_total{");
    return at == std::string::npos ? std::string() : text.substr(at, text.find('\n', at) - at);
  }

  TestRuntimes runtimes_;
  ScriptedProvider writers_{runtimes_};
  std::unique_ptr<TextEngine> writer_engine_;
  PipelineGraph graph_;
  std::vector<nlohmann::ordered_json> lines_;
};

TEST_F(PipelineRunTest, detect_draw_paints_and_writes_every_frame_without_a_copy) {
  const auto figures = run(shipped("detect-draw"), 5);
  ASSERT_TRUE(figures) << to_string(figures.error());
  EXPECT_EQ(figures->frames, 5U);
  ASSERT_EQ(lines_.size(), 5U);
  EXPECT_EQ(lines_[3]["written"], "drawn/3");
  EXPECT_EQ(lines_[3]["objects"][0]["label"], "person");
  EXPECT_EQ(copies(), "");
}

TEST_F(PipelineRunTest, classify_names_what_pictures_show_without_a_copy) {
  ASSERT_TRUE(run(shipped("classify"), 3));
  ASSERT_EQ(lines_.size(), 3U);
  EXPECT_EQ(lines_[0]["labels"][0]["label"], "dog");
  EXPECT_EQ(copies(), "");
}

TEST_F(PipelineRunTest, detect_crop_classify_asks_for_each_object_without_a_copy) {
  ASSERT_TRUE(run(shipped("detect-crop-classify"), 3));
  ASSERT_EQ(lines_.size(), 3U);
  ASSERT_EQ(lines_[2]["objects"].size(), 2U);
  EXPECT_EQ(lines_[2]["objects"][1]["labels"][0]["label"], "dog");
  EXPECT_EQ(copies(), "");
}

TEST_F(PipelineRunTest, detect_describe_says_what_was_seen_without_a_copy) {
  const auto figures = run(shipped("detect-describe"), 3);
  ASSERT_TRUE(figures) << to_string(figures.error());
  EXPECT_EQ(figures->failed, 0U);
  ASSERT_EQ(lines_.size(), 3U);
  EXPECT_EQ(lines_[1]["text"], "A person waits for the bus.");
  EXPECT_EQ(copies(), "");
}

TEST_F(PipelineRunTest, a_frame_that_fails_is_told_and_the_others_go_on) {
  const auto figures = run(shipped("classify"), 3, true);
  ASSERT_TRUE(figures);
  EXPECT_EQ(figures->failed, 1U);
  EXPECT_EQ(figures->worst_exit_status, error_code_info(ErrorCode::kInvalidData).exit_status);
  ASSERT_EQ(lines_.size(), 3U);
  EXPECT_FALSE(lines_[1].contains("labels"));
  EXPECT_TRUE(lines_[2].contains("labels"));
}

TEST_F(PipelineRunTest, the_picture_of_the_graph_has_every_stage_and_its_numbers) {
  const auto figures = run(shipped("detect-crop-classify"), 2);
  ASSERT_TRUE(figures);
  const std::string html = pipeline_html(graph_, *figures);
  for (const auto& stage : graph_.stages) EXPECT_NE(html.find(">" + stage.id + "<"), std::string::npos) << stage.id;
  EXPECT_NE(html.find("2 frames, 0 failed"), std::string::npos);
  EXPECT_NE(html.find("crops"), std::string::npos);
}

TEST_F(PipelineRunTest, stages_that_change_pictures_can_not_share_them) {
  const auto figures = run(R"({"name": "t", "models": {"detector": "detect"}, "stages": [
    {"id": "in", "kind": "pictures"}, {"id": "find", "kind": "detect", "model": "detector", "from": "in"},
    {"id": "paint", "kind": "draw", "from": "find"}, {"id": "a", "kind": "emit", "from": "find"},
    {"id": "b", "kind": "emit", "from": "paint"}]})",
                           1);
  ASSERT_FALSE(figures);
  EXPECT_EQ(figures.error().code, ErrorCode::kInvalidData);
}

TEST(FrameQueue, blocks_at_its_bound_or_drops_by_its_policy) {
  const auto frame = [](std::uint64_t index) {
    auto made = std::make_shared<Frame>();
    made->index = index;
    return made;
  };
  FrameQueue oldest(2, DropPolicy::kOldest);
  for (std::uint64_t i = 0; i < 5; ++i) EXPECT_TRUE(oldest.push(frame(i)));
  EXPECT_EQ(oldest.dropped(), 3U);
  EXPECT_EQ(oldest.pop()->index, 3U);
  FrameQueue newest(2, DropPolicy::kNewest);
  for (std::uint64_t i = 0; i < 5; ++i) EXPECT_TRUE(newest.push(frame(i)));
  EXPECT_EQ(newest.pop()->index, 0U);
  FrameQueue blocks(1, DropPolicy::kBlock);
  ASSERT_TRUE(blocks.push(frame(0)));
  std::thread pusher([&] { EXPECT_TRUE(blocks.push(frame(1))); });
  EXPECT_EQ(blocks.pop()->index, 0U);
  EXPECT_EQ(blocks.pop()->index, 1U);
  pusher.join();
  EXPECT_EQ(blocks.dropped(), 0U);
  blocks.close();
  EXPECT_EQ(blocks.pop(), nullptr);
  EXPECT_FALSE(blocks.push(frame(2)));
}

}  // namespace
}  // namespace hearth
