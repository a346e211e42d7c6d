#include "pipeline/live_transcription.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

namespace hearth {
namespace {

constexpr std::uint32_t kRate = 1'000;  // samples are seconds / 1000; a word is one second

// Understands a word a second: "w" and the second's loudest sample.
class ScriptedRecogniser final : public SpeechRecogniser {
 public:
  explicit ScriptedRecogniser(SpeechModelFacts facts) : facts_(facts) { facts_.sample_rate_hz = kRate; }
  [[nodiscard]] const SpeechModelFacts& facts() const override { return facts_; }
  [[nodiscard]] Result<std::unique_ptr<SpeechRecognition>> begin(bool partials) override {
    return std::unique_ptr<SpeechRecognition>(std::make_unique<Recognition>(*this, partials));
  }

  std::chrono::milliseconds takes{0};        // the end of an utterance
  std::chrono::milliseconds draft_takes{0};  // a partial result
  std::atomic<bool> fails{false};
  std::atomic<std::size_t> n_accepted{0};  // samples, of all recognitions together
  std::atomic<int> n_begun{0};             // utterances of which it has heard something, with partial results
  std::atomic<int> n_begun_max{0};

 private:
  class Recognition final : public SpeechRecognition {
   public:
    Recognition(ScriptedRecogniser& of, bool partials) : of_(of), partials_(partials) {}
    ~Recognition() override { forget(); }
    [[nodiscard]] Result<Recognised> accept(std::span<const float> samples, const CallBounds& /*bounds*/) override {
      if (partials_ && heard_.empty() && !samples.empty()) {
        const int now = ++of_.n_begun;
        if (now > of_.n_begun_max) of_.n_begun_max = now;
      }
      heard_.insert(heard_.end(), samples.begin(), samples.end());
      of_.n_accepted += samples.size();
      if (!partials_) return Recognised{};
      std::this_thread::sleep_for(of_.draft_takes);
      return understood();
    }
    [[nodiscard]] Result<Recognised> finish(const CallBounds& /*bounds*/) override {
      if (of_.fails) return fail(ErrorCode::kInternal, "the engine broke");
      std::this_thread::sleep_for(of_.takes);
      auto all = understood();
      forget();
      return all;
    }

   private:
    void forget() {
      if (partials_ && !heard_.empty()) --of_.n_begun;
      heard_.clear();
    }
    [[nodiscard]] Recognised understood() const {
      Recognised all;
      for (std::size_t at = 0; at + kRate <= heard_.size(); at += kRate) {
        const auto begin = heard_.begin() + static_cast<std::ptrdiff_t>(at);
        const double start_s = static_cast<double>(at) / kRate;
        const int level = static_cast<int>(*std::max_element(begin, begin + kRate) * 1000);
        all.segments.push_back({start_s, start_s + 1, "w" + std::to_string(level), {}, {}});
      }
      return all;
    }
    ScriptedRecogniser& of_;
    bool partials_;
    std::vector<float> heard_;
  };
  SpeechModelFacts facts_;
};

std::vector<float> noise(double seconds) {
  std::mt19937 random(3);
  std::vector<float> samples(static_cast<std::size_t>(seconds * kRate));
  float level = 1;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (i % 700 == 0) level = static_cast<float>(1 + random() % 10) / 10.0F;
    samples[i] = level * static_cast<float>(random() % 1000) / 1000.0F;
  }
  return samples;
}

struct Told {
  std::string finals;
  std::vector<LiveEvent> events;
  LiveCounts counts;
};

struct Feed {
  std::size_t call_max = 100;
  LiveOptions options = {};
  unsigned n_threads = 2;
};

Told tell(SpeechRecogniser& recogniser, std::span<const float> samples, const Feed& feed) {
  SpeechWorkers workers(feed.n_threads);
  Told told;
  LiveTranscription live({.recogniser = recogniser,
                          .workers = workers,
                          .cutter = cut_by_window(10, kRate),
                          .receive = [&](const LiveEvent& event) { told.events.push_back(event); }},
                         feed.options);
  std::mt19937 random(17);
  while (!samples.empty()) {
    const auto call = samples.first(std::min<std::size_t>(samples.size(), 1 + random() % feed.call_max));
    EXPECT_TRUE(live.push(call));
    samples = samples.subspan(call.size());
  }
  EXPECT_TRUE(live.finish());
  for (const auto& event : told.events)
    if (event.is_final) told.finals += event.text + "|";
  told.counts = live.counts();
  return told;
}

class LiveTranscriptionTest : public ::testing::TestWithParam<bool> {};  // the engine has partial results of its own

TEST_P(LiveTranscriptionTest, what_is_final_does_not_depend_on_how_the_audio_was_cut) {
  ScriptedRecogniser recogniser({.has_partials = GetParam()});
  const auto samples = noise(47.3);
  const auto whole = tell(recogniser, samples, {.call_max = 1'000'000});
  EXPECT_EQ(std::ranges::count(whole.finals, '|'), static_cast<std::ptrdiff_t>(whole.counts.finals));
  EXPECT_GE(whole.counts.finals, 5U);
  for (const std::size_t call : {1U, 37U, 400U, 5'000U})
    EXPECT_EQ(tell(recogniser, samples, {.call_max = call}).finals, whole.finals);
}

TEST_P(LiveTranscriptionTest, a_recording_gets_all_its_partial_results_in_order) {
  ScriptedRecogniser recogniser({.has_partials = GetParam()});
  LiveOptions options = {};
  options.may_drop_partials = false;
  const auto told = tell(recogniser, noise(25), {.options = options});
  EXPECT_EQ(told.counts.partials_dropped, 0U);
  EXPECT_GT(told.counts.partials, 10U);
  double last_final_s = 0;
  std::string stable;
  for (const auto& event : told.events) {
    EXPECT_GE(event.start_s, last_final_s - 1e-9);
    if (event.is_final) {
      // A window is cut behind the fact: what was told of it may reach into the next.
      EXPECT_TRUE(event.text.starts_with(stable) || stable.starts_with(event.text)) << event.text << " / " << stable;
      last_final_s = event.end_s;
    }
    EXPECT_TRUE(event.is_final || event.text.starts_with(event.stable_text));
    stable = event.stable_text;
  }
}

TEST_P(LiveTranscriptionTest, under_load_partials_go_and_finals_stay) {
  ScriptedRecogniser recogniser({.has_partials = GetParam()});
  const auto samples = noise(60);
  const auto idle = tell(recogniser, samples, {});
  recogniser.takes = std::chrono::milliseconds(20);
  recogniser.draft_takes = std::chrono::milliseconds(20);
  const auto busy = tell(recogniser, samples, {.n_threads = 1});
  EXPECT_EQ(busy.finals, idle.finals);
  EXPECT_EQ(busy.counts.finals, idle.counts.finals);
  EXPECT_GT(busy.counts.partials_dropped, 0U);
  EXPECT_EQ(recogniser.n_begun, 0);
}

TEST_P(LiveTranscriptionTest, an_engine_that_breaks_ends_the_stream) {
  ScriptedRecogniser recogniser({.has_partials = GetParam()});
  recogniser.fails = true;
  SpeechWorkers workers(2);
  LiveTranscription live({.recogniser = recogniser,
                          .workers = workers,
                          .cutter = cut_by_window(10, kRate),
                          .receive = [](const LiveEvent& event) { EXPECT_FALSE(event.is_final); }},
                         {});
  (void)live.push(noise(11));
  const auto finished = live.finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().message, "the engine broke");
}

// Five seconds of speech, from then on a pause, which ends the utterance after another second.
class PauseCutter final : public UtteranceCutter {
 public:
  [[nodiscard]] Status push(std::span<const float> samples, std::vector<Utterance>& ended) override {
    held_.insert(held_.end(), samples.begin(), samples.end());
    if (is_open_ && held_.size() >= kSpeech + kRate) {
      is_open_ = false;
      ended.push_back({0, {held_.begin(), held_.begin() + kSpeech}});
    }
    return {};
  }
  [[nodiscard]] Status finish(std::vector<Utterance>& /*ended*/) override { return {}; }
  [[nodiscard]] std::optional<OpenUtterance> open() const override {
    if (!is_open_ || held_.empty()) return std::nullopt;
    return OpenUtterance{0, std::min<std::uint64_t>(held_.size(), kSpeech), held_.size() >= kSpeech};
  }
  void copy(std::uint64_t first, std::uint64_t last, std::vector<float>& out) const override {
    out.insert(out.end(), held_.begin() + static_cast<std::ptrdiff_t>(first),
               held_.begin() + static_cast<std::ptrdiff_t>(last));
  }
  [[nodiscard]] std::uint64_t end() const override { return held_.size(); }

 private:
  static constexpr std::ptrdiff_t kSpeech = 5 * kRate;
  std::vector<float> held_;
  bool is_open_ = true;
};

TEST_P(LiveTranscriptionTest, what_is_worked_on_in_a_pause_need_not_be_worked_on_at_the_end) {
  ScriptedRecogniser recogniser({.has_partials = GetParam()});
  SpeechWorkers workers(2);
  LiveOptions options;
  options.may_drop_partials = false;
  options.redraft_every_s = 100;  // only the pause makes an engine of windows begin
  std::string finals;
  LiveTranscription live({.recogniser = recogniser,
                          .workers = workers,
                          .cutter = std::make_unique<PauseCutter>(),
                          .receive = [&](const LiveEvent& event) { finals += event.is_final ? event.text : ""; }},
                         options);
  const auto samples = noise(7);
  ASSERT_TRUE(live.push(std::span(samples).first(5 * kRate + 100)));
  ASSERT_TRUE(live.push(std::span(samples).subspan(5 * kRate + 100)));
  ASSERT_TRUE(live.finish());
  EXPECT_EQ(std::ranges::count(finals, 'w'), 5);
  EXPECT_EQ(recogniser.n_accepted, std::size_t{5} * kRate);  // each sample once
}

TEST(LiveTranscription, an_engine_that_works_as_audio_comes_gets_it_though_nobody_wants_partial_results) {
  ScriptedRecogniser recogniser({.has_partials = true});
  SpeechWorkers workers(2);
  std::size_t n_partials = 0;
  LiveTranscription live({.recogniser = recogniser,
                          .workers = workers,
                          .cutter = std::make_unique<PauseCutter>(),
                          .receive = [&](const LiveEvent& event) { n_partials += event.is_final ? 0 : 1; }},
                         {.partials = false, .may_drop_partials = false});
  ASSERT_TRUE(live.push(noise(4)));
  EXPECT_GT(recogniser.n_accepted, std::size_t{3} * kRate);  // long before its end
  ASSERT_TRUE(live.finish());
  EXPECT_EQ(n_partials, 0U);
}

INSTANTIATE_TEST_SUITE_P(Engines, LiveTranscriptionTest, ::testing::Bool(),
                         [](const auto& engine) { return engine.param ? "partials" : "windows"; });

TEST(LiveTranscription, streams_share_their_threads_and_places) {
  ScriptedRecogniser recogniser({.has_partials = true});
  recogniser.takes = recogniser.draft_takes = std::chrono::milliseconds(1);
  SpeechWorkers workers(3, 2);
  const auto samples = noise(31);
  const auto expected = tell(recogniser, samples, {}).finals;
  recogniser.n_begun_max = 0;
  std::vector<std::thread> threads;
  std::vector<std::string> finals(8);
  for (std::size_t i = 0; i < finals.size(); ++i)
    threads.emplace_back([&, i] {
      LiveTranscription live({.recogniser = recogniser,
                              .workers = workers,
                              .cutter = cut_by_window(10, kRate),
                              .receive =
                                  [&, i](const LiveEvent& event) {
                                    if (event.is_final) finals[i] += event.text + "|";
                                  }},
                             {});
      EXPECT_TRUE(live.push(samples));
      EXPECT_TRUE(live.finish());
    });
  for (auto& thread : threads) thread.join();
  for (const auto& each : finals) EXPECT_EQ(each, expected);
  EXPECT_LE(recogniser.n_begun_max, 2 + 3);  // places, and on each thread one that had none
  EXPECT_EQ(recogniser.n_begun, 0);
}

std::size_t peak_resident_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1'024;  // told in KiB on Linux; elsewhere the bound is only looser
}

TEST(LiveTranscription, ten_hours_take_no_more_memory_than_ten_minutes) {
  ScriptedRecogniser recogniser({});
  SpeechWorkers workers(1);
  std::uint64_t n_finals = 0;
  LiveTranscription live({.recogniser = recogniser,
                          .workers = workers,
                          .cutter = cut_by_window(20, kRate),
                          .receive = [&](const LiveEvent& event) { n_finals += event.is_final ? 1 : 0; }},
                         {});
  const auto ten_minutes = noise(600);
  ASSERT_TRUE(live.push(ten_minutes));
  const std::size_t before = peak_resident_bytes();
  for (int i = 1; i < 60; ++i) ASSERT_TRUE(live.push(ten_minutes));
  ASSERT_TRUE(live.finish());
  EXPECT_DOUBLE_EQ(live.seconds(), 36'000);
  EXPECT_GE(n_finals, 36'000U / 20);
  EXPECT_LT(peak_resident_bytes() - before, std::size_t{8} << 20U);
}

TEST(LiveTranscription, what_waits_can_be_given_up) {
  ScriptedRecogniser recogniser({});
  recogniser.takes = std::chrono::milliseconds(50);
  SpeechWorkers workers(1);
  CancelToken cancel;
  LiveTranscription live({.recogniser = recogniser,
                          .workers = workers,
                          .cutter = cut_by_window(10, kRate),
                          .receive =
                              [&](const LiveEvent& event) {
                                if (event.is_final) cancel.request();
                              },
                          .bounds = {.cancel = &cancel}},
                         {.partials = false});
  const auto pushed = live.push(noise(500));
  ASSERT_FALSE(pushed);
  EXPECT_EQ(pushed.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace hearth
