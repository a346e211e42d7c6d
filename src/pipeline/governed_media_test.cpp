#include "pipeline/governed_media.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "base/clock.h"

namespace hearth {
namespace {

using std::chrono::milliseconds;

// Services that keep what reaches them.
class KeptVision final : public VisionService {
 public:
  void look(VisionRequest request, std::function<void(const Result<VisionAnswer*>&)> done) override {
    requests.push_back(std::move(request));
    waiting.push_back(std::move(done));
  }
  void with_recipe(const std::string&, std::function<void(Result<std::shared_ptr<const VisionRecipe>>)>) override {}
  std::vector<VisionRequest> requests;
  std::vector<std::function<void(const Result<VisionAnswer*>&)>> waiting;
};

class KeptTranscription final : public TranscriptionService {
 public:
  void transcribe(TranscriptionRequest request, TranscriptionListener listener) override {
    requests.push_back(std::move(request));
    listeners.push_back(std::move(listener));
  }
  std::vector<TranscriptionRequest> requests;
  std::vector<TranscriptionListener> listeners;
};

class KeptSpeech final : public SpeechService {
 public:
  [[nodiscard]] const std::vector<OfferedSpeaker>& speakers() const override { return none_; }
  void speak(SpeechRequest request, std::shared_ptr<SpeechListener> listener) override {
    requests.push_back(std::move(request));
    listeners.push_back(std::move(listener));
  }
  std::vector<SpeechRequest> requests;
  std::vector<std::shared_ptr<SpeechListener>> listeners;  // shared, as a service keeps them

 private:
  std::vector<OfferedSpeaker> none_;
};

class CountingListener final : public SpeechListener {
 public:
  void on_begin(const SpeechHead&) override {}
  bool on_bytes(std::string_view bytes) override {
    n_bytes += bytes.size();
    return true;
  }
  void on_end(const SpeechEnd&) override { ended = true; }
  void on_error(const Error&) override {}
  std::size_t n_bytes = 0;
  bool ended = false;
};

class GovernedMediaTest : public ::testing::Test {
 protected:
  // The error of the next picture, or none while it waits for its answer.
  std::optional<ErrorCode> look(std::int32_t resolution = 0) {
    std::optional<ErrorCode> error;
    GovernedVision governed(vision_, governance_);
    VisionRequest request;
    request.model = "camera";
    request.options.resolution = resolution;
    governed.look(std::move(request), [&error](const Result<VisionAnswer*>& answer) {
      if (!answer) error = answer.error().code;
    });
    vision_.waiting.clear();  // answered: what is kept is let go
    return error;
  }
  RungSettings with_model(const std::string& model) {
    RungSettings settings;
    settings.model = model;
    return settings;
  }

  FakeClock clock_;
  std::shared_ptr<MediaGovernance> governance_ = std::make_shared<MediaGovernance>(
      clock_, std::map<std::string, std::string>{{"base", "tiny"}, {"tiny", "floor"}, {"one", "two"}, {"two", "one"}});
  KeptVision vision_;
};

TEST_F(GovernedMediaTest, pictures_are_laid_into_smaller_inputs_and_never_into_larger_ones) {
  EXPECT_FALSE(look());
  RungSettings settings;
  settings.resolution = 512;
  governance_->set(Modality::kVision, settings, "512 pixels");
  EXPECT_FALSE(look());
  EXPECT_FALSE(look(320));
  ASSERT_EQ(vision_.requests.size(), 3U);
  EXPECT_EQ(vision_.requests[0].options.resolution, 0) << "as planned";
  EXPECT_EQ(vision_.requests[1].options.resolution, 512);
  EXPECT_EQ(vision_.requests[2].options.resolution, 320);
  EXPECT_EQ(governance_->rung(Modality::kVision), "512 pixels");
  EXPECT_EQ(governance_->rung(Modality::kHearing), "full");
}

TEST_F(GovernedMediaTest, of_a_stream_of_frames_every_third_is_looked_at) {
  RungSettings settings;
  settings.frame_every = 3;
  governance_->set(Modality::kVision, settings, "every third frame");
  std::vector<bool> looked_at;
  for (int i = 0; i < 7; ++i) {
    const auto error = look();
    looked_at.push_back(!error);
    if (error) EXPECT_EQ(*error, ErrorCode::kOverloaded);
    clock_.advance(milliseconds(100));
  }
  EXPECT_EQ(looked_at, (std::vector<bool>{true, false, false, true, false, false, true}));
  clock_.advance(milliseconds(1500));
  EXPECT_FALSE(look()) << "a picture by itself is no frame of a stream";
  governance_->set(Modality::kVision, {}, {});
  clock_.advance(milliseconds(10));
  EXPECT_FALSE(look()) << "as planned all are looked at";
}

TEST_F(GovernedMediaTest, a_smaller_model_hears_and_the_floor_is_the_end_of_the_chain) {
  KeptTranscription below;
  GovernedTranscription governed(below, governance_);
  const auto ask = [&](const std::string& model) {
    TranscriptionRequest request;
    request.model = model;
    governed.transcribe(std::move(request), {});
    return below.requests.back().model;
  };
  EXPECT_EQ(ask("base"), "base");
  governance_->set(Modality::kHearing, with_model("smaller"), "tiny in INT8");
  EXPECT_EQ(ask("base"), "tiny");
  EXPECT_EQ(ask("other"), "other") << "nobody is named to stand in for it";
  governance_->set(Modality::kHearing, with_model("floor"), "floor engine");
  EXPECT_EQ(ask("base"), "floor");
  EXPECT_FALSE(ask("one").empty()) << "a circle of names ends";
}

TEST_F(GovernedMediaTest, a_voice_ends_what_it_began_and_its_listener_hears_it_all) {
  KeptSpeech below;
  GovernedSpeech governed(below, governance_);
  const auto listener = std::make_shared<CountingListener>();
  SpeechRequest request;
  request.model = "base";
  governed.speak(request, listener);
  governance_->set(Modality::kSpeaking, with_model("floor"), "parametric voice");
  governed.speak(request, listener);
  EXPECT_EQ(below.requests[0].model, "base");
  EXPECT_EQ(below.requests[1].model, "floor");
  EXPECT_TRUE(below.listeners[0]->on_bytes("abc"));
  below.listeners[0]->on_end({});
  EXPECT_EQ(listener->n_bytes, 3U);
  EXPECT_TRUE(listener->ended);
}

TEST_F(GovernedMediaTest, activity_is_the_share_of_time_with_a_request_under_way) {
  KeptTranscription below;
  GovernedTranscription governed(below, governance_);
  EXPECT_EQ(governance_->take_activity(Modality::kHearing), 0);
  clock_.advance(milliseconds(500));
  governed.transcribe({}, {});
  governed.transcribe({}, {});
  clock_.advance(milliseconds(500));
  EXPECT_DOUBLE_EQ(governance_->take_activity(Modality::kHearing), 0.5);
  clock_.advance(milliseconds(250));
  below.listeners.clear();
  clock_.advance(milliseconds(750));
  EXPECT_DOUBLE_EQ(governance_->take_activity(Modality::kHearing), 0.25);
  EXPECT_EQ(governance_->take_activity(Modality::kSpeaking), 0);
}

}  // namespace
}  // namespace hearth
