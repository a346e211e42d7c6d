// The governor at work on an engine: the machine is a folder of files, the models are scripts, look() is its second.
#include "app/server_governor.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/governed_ladder.h"
#include "engine/engine_fixture.h"

namespace hearth {
namespace {

constexpr const char* kWords =
    R"({"hearth_fake": 1, "name": "words", "context_length": 4096, "otherwise": {"rule": "text", "text": "on and on "}})";
constexpr const char* kSlow =
    R"({"hearth_fake": 1, "name": "slow", "context_length": 4096, "otherwise": {"rule": "text", "text": "slowly "},
        "latency": {"decode_us": 5000}})";
constexpr const char* kHangs =
    R"({"hearth_fake": 1, "name": "hangs", "context_length": 4096, "otherwise": {"rule": "text", "text": "and then "},
        "faults": [{"call": "decode", "nth": 4, "do": "hang", "for_ms": 20000}]})";
constexpr const char* kDies =
    R"({"hearth_fake": 1, "name": "dies", "context_length": 4096, "otherwise": {"rule": "text", "text": "never "},
        "faults": [{"call": "decode", "nth": 1, "do": "error", "code": "unavailable", "message": "scripted: gone"}]})";
constexpr const char* kStarved =
    R"({"hearth_fake": 1, "name": "starved", "context_length": 4096, "otherwise": {"rule": "text", "text": "more "},
        "faults": [{"call": "decode", "nth": 1, "times": 0, "do": "error", "code": "out_of_memory", "message": "no memory"}]})";

LadderRung rung(const std::string& name, double power, double memory, RungSettings settings) {
  LadderRung made;
  made.name = made.action = name;
  made.quality_cost = "some";
  made.power_share = power;
  made.memory_share = memory;
  made.settings = std::move(settings);
  return made;
}

class ServerGovernorTest : public EngineTest {
 protected:
  ServerGovernorTest() {
    std::filesystem::remove_all(tree_);
    set_c(50);
    write("sys/class/thermal/thermal_zone0/type", "cpu-thermal");
    write("sys/class/thermal/thermal_zone0/trip_point_0_type", "passive");
    write("sys/class/thermal/thermal_zone0/trip_point_0_temp", "85000");
    options_governor_.machine = tree_;
    Ladder ladder;
    ladder.rungs.push_back(rung("as planned", 1, 1, {}));
    ladder.rungs.push_back(rung("fewer threads", 0.8, 1, {.threads_share = 0.5}));
    ladder.rungs.push_back(rung("cache in Q8_0", 0.9, 0.8, {.kv_type = "q8_0", .speculation = false}));
    ladder.rungs.push_back(rung("smaller model", 0.5, 0.5, {.model = "smaller"}));
    ladder.rungs.push_back(rung("short answers", 0.7, 1, {.max_new_tokens = 5}));
    options_governor_.modalities = {{ladder, ladder.last()}};
    options_governor_.limits.settle_s = options_governor_.limits.settle_urgent_s = 0;
    options_governor_.limits.calm_s = 0.05;
  }
  ~ServerGovernorTest() override {
    engine_.reset();  // before who judges its crashes
    std::filesystem::remove_all(tree_);
  }

  ServerGovernor& governor() {
    if (!governor_)
      governor_ =
          std::make_unique<ServerGovernor>(options_governor_, ServerGovernorPorts{engine(), clock_, metrics_, logger_});
    return *governor_;
  }
  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((tree_ / path).parent_path());
    std::ofstream(tree_ / path) << text << "\n";
  }
  void set_c(double celsius) const {
    write("sys/class/thermal/thermal_zone0/temp", std::to_string(static_cast<int>(celsius * 1000)));
  }
  [[nodiscard]] std::vector<std::string> events(const std::string& kind, const std::string& field) {
    std::vector<std::string> found;
    const auto status = governor().status();  // named: a loop over a part of a temporary outlives it
    for (const auto& event : status.at("events"))
      if (event["kind"] == kind) found.push_back(event.value(field, ""));
    return found;
  }
  // Looks until it holds, for some seconds.
  template <class Condition>
  bool look_until(Condition holds) {
    for (int i = 0; i < 300; ++i) {
      governor().look();
      if (holds()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  const std::filesystem::path tree_ =
      std::filesystem::path(testing::TempDir()) / ("hearth-machine-" + std::to_string(getpid()));
  ServerGovernorOptions options_governor_;
  std::unique_ptr<ServerGovernor> governor_;
};

TEST_F(ServerGovernorTest, heat_goes_down_the_ladder_and_calm_comes_up_again) {
  provider_.offer("words", {kWords});
  EXPECT_EQ(governor().rung(), "full");
  governor().look();
  set_c(90);
  governor().look();
  EXPECT_EQ(governor().rung(), "fewer threads");
  EXPECT_DOUBLE_EQ(engine().governance().limits.threads_share, 0.5);
  EXPECT_EQ(engine().model("words")->rung, "fewer threads");
  EXPECT_FALSE(answer(text("words", "go", 8))->error()) << "and answers all the while";
  ASSERT_TRUE(look_until([this] { return governor().rung() == "short answers"; }));
  EXPECT_EQ(answer(text("words", "go", 50))->tokens().size(), 5U);
  set_c(40);
  ASSERT_TRUE(look_until([this] { return governor().rung() == "full"; }));
  EXPECT_EQ(answer(text("words", "go", 50))->tokens().size(), 50U);
  const auto status = governor().status();
  EXPECT_EQ(events("step", "to").front(), "fewer threads");
  EXPECT_EQ(events("step", "cause").front(), "heat");
  EXPECT_FALSE(events("effect", "to").empty()) << "what a step came to is told";
  EXPECT_EQ(status["sample"]["temperature_c"], 40);
  EXPECT_NE(metrics_.prometheus_text().find("hearth_governor_steps_total"), std::string::npos);
}

TEST_F(ServerGovernorTest, a_step_to_the_smaller_model_unloads_the_other_once_its_streams_have_ended) {
  provider_.offer("big", {kSlow});
  provider_.offer("small", {kWords});
  options_governor_.smaller = {{"big", "small"}};
  options_governor_.limits.calm_s = 60;
  const auto under_way = submit(text("big", "go", 80));
  ASSERT_TRUE(under_way->wait_for_tokens(2));
  governor().look();
  set_c(95);
  // Above the throttle point by eight degrees it pauses too, so go there and come back below it.
  ASSERT_TRUE(look_until([this] { return !engine().governance().limits.instead.empty(); }));
  set_c(79);
  governor().look();
  EXPECT_EQ(answer(text("big", "go", 3))->accepted()[0].model, "small");
  ASSERT_TRUE(under_way->wait());
  EXPECT_EQ(under_way->tokens().size(), 80U);
  EXPECT_TRUE(look_until([this] { return engine().model("big")->state == ModelState::kAbsent; }));
}

TEST_F(ServerGovernorTest, memory_that_runs_short_costs_caches_and_idle_models_before_quality) {
  provider_.offer("words", {.script = kWords, .ram_bytes = 1U << 20U});
  provider_.offer("idle", {kWords});
  options_governor_.limits.memory_first_s = 0.3;
  options_governor_.watchdog.memory_low = 0.06;
  options_governor_.watchdog.memory_calm_s = 0.1;
  (void)answer(text("idle", "go", 1));
  write("proc/meminfo", "MemTotal: 1000000 kB\nMemAvailable: 500000 kB");
  governor().look();
  write("proc/meminfo", "MemTotal: 1000000 kB\nMemAvailable: 20000 kB");
  governor().look();
  EXPECT_FALSE(engine().governance().prefixes_in_ram);
  EXPECT_EQ(events("watchdog", "remedy"), std::vector<std::string>{"give caches back"});
  EXPECT_EQ(governor().rung(), "full") << "nothing else yet";
  EXPECT_TRUE(look_until([this] { return engine().model("idle")->state == ModelState::kAbsent; }));
  EXPECT_TRUE(look_until([this] { return governor().rung() == "cache in Q8_0"; })) << "the first rung that saves any";
  write("proc/meminfo", "MemTotal: 1000000 kB\nMemAvailable: 500000 kB");
  EXPECT_TRUE(look_until([this] { return engine().governance().prefixes_in_ram && governor().rung() == "full"; }));
}

TEST_F(ServerGovernorTest, allocations_that_go_on_failing_cost_rungs_and_then_service) {
  provider_.offer("starved", {kStarved});
  options_governor_.watchdog.backoff_s = 0.01;
  options_governor_.watchdog.memory_settle_s = 0;
  options_governor_.watchdog.memory_calm_s = 0.5;
  options_governor_.modalities[0].lowest = 2;
  options_governor_.limits.calm_s = 60;
  governor().look();
  const auto fails = [this] { return answer(text("starved", "go", 1)); };
  for (int i = 0; i < 40 && !engine().governance().refusal; ++i) {
    (void)fails();
    governor().look();
  }
  ASSERT_TRUE(engine().governance().refusal);
  EXPECT_EQ(governor().rung(), "cache in Q8_0");
  const auto refused = fails();
  ASSERT_TRUE(refused->error());
  EXPECT_EQ(refused->error()->code, ErrorCode::kOverloaded);
  EXPECT_TRUE(governor().status()["refusing"].get<bool>() ||
              look_until([this] { return governor().status()["refusing"].get<bool>(); }));
  EXPECT_TRUE(look_until([this] { return !engine().governance().refusal; })) << "and is open again when all is calm";
}

TEST_F(ServerGovernorTest, a_model_that_hangs_is_ended_and_answers_again) {
  provider_.offer("hangs", {kHangs});
  options_governor_.stall_s = 0.2;
  governor().look();
  const auto hung = submit(text("hangs", "go", 50));
  ASSERT_TRUE(hung->wait_for_tokens(2));
  EXPECT_TRUE(look_until([&] { return hung->over(); }));
  ASSERT_TRUE(hung->error());
  EXPECT_EQ(hung->error()->code, ErrorCode::kUnavailable);
  EXPECT_EQ(events("watchdog", "remedy").front(), "kill");
  EXPECT_FALSE(answer(text("hangs", "go", 2))->error());
}

TEST_F(ServerGovernorTest, three_crashes_are_a_quarantine_with_the_way_out) {
  provider_.offer("dies", {kDies});
  options_governor_.watchdog.backoff_s = 0.01;
  governor().look();
  std::optional<Error> last;
  for (int i = 0; i < 3; ++i) last = answer(text("dies", "go", 1))->error();
  ASSERT_TRUE(last);
  EXPECT_NE(last->message.find("crashed 3 times"), std::string::npos) << last->message;
  EXPECT_NE(last->hint.find("/v1/hearth/models/dies/release"), std::string::npos);
  EXPECT_EQ(provider_.loads_["dies"], 3);
  EXPECT_EQ(events("watchdog", "remedy").back(), "quarantine");
  EXPECT_FALSE(governor().release("nothing"));
  EXPECT_TRUE(governor().release("dies"));
  EXPECT_TRUE(answer(text("dies", "go", 1))->error());
  EXPECT_GT(provider_.loads_["dies"], 3) << "it was tried again";
}

TEST_F(ServerGovernorTest, its_thread_samples_by_itself_and_ends_when_told) {
  provider_.offer("words", {kWords});
  std::atomic<int> samples{0};
  governor().start([&samples] { ++samples; });
  for (int i = 0; i < 300 && samples == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_GT(samples, 0);
  governor().stop();
  const int then = samples;
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(samples, then);
}

TEST(GovernedLadder, keeps_what_the_server_can_carry_out) {
  Ladder ladder;
  ladder.rungs.push_back(rung("as planned", 1, 1, {}));
  ladder.rungs.push_back(rung("fewer at once", 0.9, 1, {.concurrency_share = 0.5}));
  ladder.rungs.push_back(rung("slower clocks", 0.9, 1, {.clock_share = 0.75}));
  ladder.rungs.push_back(rung("smaller model", 0.9, 1, {.model = "smaller"}));
  ladder.rungs.push_back(rung("short answers", 0.9, 1, {.max_new_tokens = 9, .remote = true}));
  ServedModelSettings one;
  one.slots = 1;
  const Ladder least = carried_out(ladder, text_abilities({one}, 1));
  ASSERT_EQ(least.rungs.size(), 2U);
  EXPECT_EQ(least.rungs[1].name, "short answers");
  EXPECT_FALSE(least.rungs[1].settings.remote) << "nobody here sends it elsewhere";
  one.slots = 4;
  one.smaller = "other";
  const Ladder more = carried_out(ladder, text_abilities({one}, 8));
  ASSERT_EQ(more.rungs.size(), 4U);
  EXPECT_EQ(more.rungs[2].name, "smaller model");
}

TEST(GovernedLadder, keeps_of_pictures_and_speech_what_the_served_models_allow) {
  Ladder ladder;
  ladder.modality = Modality::kHearing;
  ladder.rungs.push_back(rung("as planned", 1, 1, {}));
  ladder.rungs.push_back(rung("smaller", 0.9, 1, {.model = "smaller", .precision = "int8"}));
  ladder.rungs.push_back(rung("other precision", 0.9, 1, {.precision = "int8"}));
  ladder.rungs.push_back(rung("floor", 0.9, 1, {.model = "floor"}));
  ladder.rungs.push_back(rung("512 pixels", 0.9, 1, {.resolution = 512}));
  ladder.rungs.push_back(rung("every second frame", 0.9, 1, {.frame_every = 2}));
  const auto names = [&](const MediaAbilities& abilities) {
    std::vector<std::string> kept;
    for (const LadderRung& each : carried_out(ladder, abilities).rungs) kept.push_back(each.name);
    return kept;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(media_abilities(Modality::kHearing, {"base"}, {})), (Names{"as planned"}));
  EXPECT_EQ(names(media_abilities(Modality::kHearing, {"base"}, {{"base", "tiny"}})), (Names{"as planned", "smaller"}))
      << "the only smaller model is the floor as well";
  EXPECT_EQ(names(media_abilities(Modality::kHearing, {"base"}, {{"base", "tiny"}, {"tiny", "words"}})),
            (Names{"as planned", "smaller", "floor"}));
  EXPECT_EQ(names(media_abilities(Modality::kVision, {"camera"}, {})),
            (Names{"as planned", "512 pixels", "every second frame"}));
  EXPECT_EQ(media_abilities(Modality::kHearing, {"a"}, {{"a", "b"}, {"b", "a"}}).smaller_models, 2U) << "a circle ends";
}

TEST_F(ServerGovernorTest, a_hot_machine_costs_pictures_their_size_and_hearing_its_model) {
  auto media = std::make_shared<MediaGovernance>(clock_, std::map<std::string, std::string>{{"base", "tiny"}});
  Ladder vision;
  vision.modality = Modality::kVision;
  vision.rungs.push_back(rung("as planned", 1, 1, {}));
  vision.rungs.push_back(rung("512 pixels", 0.6, 1, {.resolution = 512}));
  Ladder hearing;
  hearing.modality = Modality::kHearing;
  hearing.rungs.push_back(rung("as planned", 1, 1, {}));
  hearing.rungs.push_back(rung("tiny", 0.6, 1, {.model = "smaller"}));
  options_governor_.modalities.clear();
  governor_ = std::make_unique<ServerGovernor>(options_governor_,
                                               ServerGovernorPorts{engine(), clock_, metrics_, logger_, media.get()});
  governor_->govern_too({vision, 1});
  governor_->govern_too({hearing, 1});
  governor_->look();
  EXPECT_EQ(media->rung(Modality::kVision), "full");
  set_c(90);
  ASSERT_TRUE(look_until(
      [&] { return media->rung(Modality::kHearing) != "full" && media->settings(Modality::kVision).resolution; }));
  EXPECT_EQ(media->settings(Modality::kVision).resolution, 512U);
  EXPECT_EQ(media->model_for(Modality::kHearing, "base"), "tiny");
  EXPECT_EQ(governor_->rung(Modality::kVision), "512 pixels");
  EXPECT_EQ(governor_->rung(), "full") << "no text model is governed";
  set_c(40);
  ASSERT_TRUE(look_until(
      [&] { return media->rung(Modality::kVision) == "full" && media->rung(Modality::kHearing) == "full"; }));
  EXPECT_EQ(media->model_for(Modality::kHearing, "base"), "base");
}

}  // namespace
}  // namespace hearth
