#include "plan/request_words.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "plan/word_reader.h"

namespace hearth {
namespace {

struct Records {
  std::vector<CatalogDevice> devices{3};
  std::vector<CatalogModel> models{3};
  std::vector<CatalogPrecision> precisions{1};
  Records() {
    devices[0].id = "jetson-orin-nano-8gb";
    devices[0].aliases = {"orin-nano"};
    devices[1].id = "jetson-nano";
    devices[1].aliases = {"nano"};
    devices[2].id = "pi5-8gb";
    devices[2].aliases = {"pi-5", "raspberry-pi-5"};
    models[0].id = "qwen3-8b";
    models[0].kind = "llm";
    models[0].parameters_total = 8'190'000'000;
    models[1].id = "yolov8n";
    models[1].kind = "detection";
    models[2].id = "whisper-tiny";
    models[2].kind = "stt";
    precisions[0].id = "q5-k-m";
    precisions[0].name = "Q5_K_M";
    precisions[0].aliases = {"q5_k_m"};
  }
  [[nodiscard]] PlanCatalog view() const { return {devices, models, {}, precisions, {}, {}}; }
};

PlanRequest read(std::string_view words) {
  static const Records records;
  auto understood = read_request_words(words, {}, records.view());
  EXPECT_TRUE(understood) << words;
  return understood ? understood->request : PlanRequest{};
}

bool asks(const PlanRequest& request, std::string_view task) {
  return std::any_of(request.wishes.begin(), request.wishes.end(), [&](const auto& wish) { return wish.task == task; });
}

TEST(RequestWords, the_longest_name_wins) {
  EXPECT_EQ(read("YOLOv8n on an Orin Nano").device, "jetson-orin-nano-8gb");
  EXPECT_EQ(read("yolov8n on a nano").device, "jetson-nano");
}

TEST(RequestWords, a_model_brings_its_task) {
  const PlanRequest request = read("orin nano + yolov8n + Whisper-tiny streaming");
  ASSERT_EQ(request.wishes.size(), 2U);
  EXPECT_TRUE(asks(request, "detect"));
  EXPECT_TRUE(asks(request, "stt"));
  for (const auto& wish : request.wishes) EXPECT_EQ(wish.streaming, wish.task == "stt");
}

TEST(RequestWords, a_voice_assistant_hears_thinks_and_speaks) {
  const PlanRequest request = read("private voice assistant on a Raspberry Pi 5, no cloud");
  EXPECT_TRUE(asks(request, "stt") && asks(request, "chat") && asks(request, "tts"));
  EXPECT_TRUE(request.offline);
  EXPECT_TRUE(request.privacy);
}

TEST(RequestWords, numbers_go_with_their_units) {
  const PlanRequest request = read("qwen3-8b in Q5_K_M for 12 users with 32k context at 25 tok/s on 64 GB");
  EXPECT_EQ(request.users, 12U);
  EXPECT_EQ(request.context_length, 32768U);
  EXPECT_EQ(request.slo_tok_s, 25.0);
  EXPECT_EQ(request.memory_bytes, 64ULL << 30U);
  EXPECT_EQ(request.precision, "q5-k-m");
}

TEST(RequestWords, cards_are_counted) {
  EXPECT_EQ(read("chat on 2x pi 5").accelerators, 2U);
  EXPECT_EQ(read("chat on 4 gpus, pi 5").accelerators, 4U);
  EXPECT_FALSE(read("chat on a pi 5").accelerators);
}

TEST(RequestWords, a_size_names_the_best_model_of_it) {
  const PlanRequest request = read("8B on a pi 5");
  ASSERT_EQ(request.wishes.size(), 1U);
  EXPECT_EQ(request.wishes[0].model, "qwen3-8b");
}

TEST(RequestWords, what_flags_said_stays) {
  const Records records;
  PlanRequest flags;
  flags.device = "jetson-nano";
  auto understood = read_request_words("chat on a pi 5", flags, records.view());
  ASSERT_TRUE(understood);
  EXPECT_EQ(understood->request.device, "jetson-nano");
}

TEST(WordReader, uses_each_word_once_and_lists_the_rest) {
  WordReader words("fast Fast teleportation for the Pi-5");
  EXPECT_TRUE(words.take_phrase("fast"));
  EXPECT_TRUE(words.take_phrase("fast"));
  EXPECT_FALSE(words.take_phrase("fast"));
  EXPECT_TRUE(words.take_name("pi-5"));
  EXPECT_EQ(words.left_over(), std::vector<std::string>{"teleportation"});
}

}  // namespace
}  // namespace hearth
