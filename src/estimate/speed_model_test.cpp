#include "estimate/speed_model.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

#include "estimate/speed_text.h"
#include "support/paths.h"

namespace hearth {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

SpeedModel shipped() {
  auto model = SpeedModel::parse(read_file(test::source_dir() / "data/fit/speed_model.json"));
  EXPECT_TRUE(model) << model.error().message;
  return std::move(*model);
}

SpeedQuery query(const char* device, const char* model, const char* quant, const char* backend) {
  SpeedQuery q;
  q.device = device;
  q.model = model;
  q.quant = quant;
  q.backend = backend;
  return q;
}

TEST(SpeedText, names_become_words_cut_between_letters_and_digits) {
  EXPECT_EQ(normalise_name("NVIDIA GeForce RTX4070Ti"), " nvidia geforce rtx 4070 ti ");
  EXPECT_EQ(normalise_name("Pi 500+ (8GB)"), " pi 500 plus 8 gb ");
  EXPECT_EQ(normalise_name(""), " ");
  EXPECT_TRUE(has_needle(" rtx 4070 ti ", "rtx 4070"));
  EXPECT_FALSE(has_needle(" rtx 40700 ", "rtx 4070"));
}

TEST(SpeedText, numbers_are_positive_finite_or_absent) {
  EXPECT_EQ(positive_number(" 1008.0 "), 1008.0);
  EXPECT_EQ(positive_number("1e3"), 1000.0);
  for (const char* bad : {"", "-1", "0", "nan", "inf", "12 GB", "1e999", "1,5", "+-3"})
    EXPECT_EQ(positive_number(bad), std::nullopt) << bad;
}

TEST(SpeedText, sizes_are_read_from_model_names) {
  EXPECT_EQ(sizes_in_name("Qwen3-30B-A3B-Q4_K_M.gguf").total_B, 30.0);
  EXPECT_EQ(sizes_in_name("Qwen3-30B-A3B-Q4_K_M.gguf").active_B, 3.0);
  EXPECT_EQ(sizes_in_name("SmolLM2-360M").total_B, 0.36);
  EXPECT_EQ(sizes_in_name("LFM2.5-1.2B-4bit").total_B, 1.2);
  EXPECT_EQ(sizes_in_name("phi-4-4bit").total_B, std::nullopt);
}

TEST(SpeedText, boards_and_cores_are_read_from_device_names) {
  EXPECT_EQ(boards_in_name("4090 24GB * 4", normalise_name("4090 24GB * 4")), 4);
  EXPECT_EQ(boards_in_name("RTX 3090 x2", normalise_name("RTX 3090 x2")), 2);
  EXPECT_EQ(boards_in_name("AmpereOne A192-32X (512GB)", normalise_name("AmpereOne A192-32X (512GB)")), 1);
  EXPECT_EQ(gpu_cores_in_name(normalise_name("Apple M2 Max 8P+4E+30GPU")), 30);
  EXPECT_EQ(gpu_cores_in_name(normalise_name("M1 Ultra (48 GPU Core) 64GB")), 48);
  EXPECT_EQ(gpu_cores_in_name(normalise_name("Apple M2 Max 38-core GPU")), 38);
  EXPECT_EQ(gpu_cores_in_name(normalise_name("Apple M4")), 0);
}

TEST(SpeedModel, projections_keep_the_order_that_physics_demands) {
  const auto model = shipped();
  const auto on = [&](const char* device, const char* name, const char* quant) {
    return model.predict(query(device, name, quant, "CUDA fa=1")).decode->value;
  };
  EXPECT_GT(on("RTX 4090", "Llama-3.1-8B", "Q4_K_M"), on("RTX 3060", "Llama-3.1-8B", "Q4_K_M"));
  EXPECT_GT(on("RTX 4090", "Llama-3.1-8B", "Q4_K_M"), on("RTX 4090", "Llama-3.1-8B", "F16"));
  EXPECT_GT(on("RTX 4090", "Qwen3-30B-A3B", "Q4_K_M"), on("RTX 4090", "Qwen3-32B", "Q4_K_M"));
  // 40 GiB of weights on 24 GiB of memory go through the host
  EXPECT_LT(on("RTX 4090", "Llama-3.3-70B", "Q4_K_M"), on("RTX 6000 Ada", "Llama-3.3-70B", "Q4_K_M") / 2);
}

TEST(SpeedModel, bounds_enclose_the_value_and_a_stated_bandwidth_beats_the_table) {
  const auto model = shipped();
  auto q = query("Apple M4 Max 40-core GPU", "Qwen3-8B", "Q4_K_M", "Metal");
  const auto from_table = model.predict(q);
  ASSERT_TRUE(from_table.decode && from_table.prefill);
  EXPECT_EQ(from_table.note, "bandwidth from the device table");
  for (const auto& e : {*from_table.decode, *from_table.prefill}) {
    EXPECT_LT(e.low, e.value);
    EXPECT_LT(e.value, e.high);
  }
  q.bandwidth_GBps = 273.0;
  const auto stated = model.predict(q);
  EXPECT_EQ(stated.note, "");
  EXPECT_LT(stated.decode->value, from_table.decode->value);
}

TEST(SpeedModel, deep_contexts_slow_a_sequence_and_batches_raise_the_total) {
  const auto model = shipped();
  const auto q = query("RTX 4090", "Qwen3-30B-A3B", "Q4_K_M", "CUDA fa=1");
  const auto profile = model.profile(q).value();
  const auto size = model.size(q).value();
  const double alone = profile.decode_tok_s(size).value;
  const double deep = profile.decode_tok_s(size, {1, 2e9}).value;
  const double together = profile.decode_tok_s(size, {8, 0}).value;
  EXPECT_LT(deep, alone);
  EXPECT_LT(together, alone);
  EXPECT_GT(8 * together, alone);
  EXPECT_LT(profile.prefill_tok_s(size, {1, 1e9}).value, profile.prefill_tok_s(size).value);
}

TEST(SpeedModel, declines_with_a_reason_what_it_cannot_know) {
  const auto model = shipped();
  const auto nowhere = model.predict(query("Quantum Abacus", "Llama-3.1-8B", "Q4_K_M", "CUDA"));
  EXPECT_FALSE(nowhere.decode);
  EXPECT_NE(nowhere.note.find("bandwidth unknown"), std::string::npos);
  const auto sizeless = model.predict(query("RTX 4090", "mystery", "Q4_K_M", "CUDA"));
  EXPECT_FALSE(sizeless.decode);
  EXPECT_NE(sizeless.note.find("size unknown"), std::string::npos);
  const auto odd_quant = model.predict(query("RTX 4090", "mystery-7B", "Z9", "CUDA"));
  EXPECT_NE(odd_quant.note.find("bytes per weight unknown"), std::string::npos);
  auto unlisted = query("Quantum Abacus", "Llama-3.1-8B", "Q4_K_M", "CUDA");
  unlisted.bandwidth_GBps = 500;
  EXPECT_TRUE(model.predict(unlisted).decode);
}

TEST(SpeedModel, latency_of_vision_and_audio_networks_has_bounds_or_a_reason) {
  const auto model = shipped();
  const auto nano =
      model.latency_ms(LatencyKind::kVision, {"jetson-orin-nano-8gb", "yolo26n", "fp16", "tensorrt", "640x640"});
  const auto large =
      model.latency_ms(LatencyKind::kVision, {"jetson-orin-nano-8gb", "yolo26x", "fp16", "tensorrt", "640x640"});
  ASSERT_TRUE(nano && large);
  EXPECT_LT(nano->low, nano->value);
  EXPECT_LT(nano->value, large->value);
  EXPECT_TRUE(model.latency_ms(LatencyKind::kAudio, {"Raspberry Pi 5", "whisper-base", "", "NEON 4t", "30s window"}));
  EXPECT_EQ(model.latency_ms(LatencyKind::kVision, {"Raspberry Pi 5", "mystery", "", "", ""}).error().code,
            ErrorCode::kNotFound);
}

TEST(SpeedModel, a_broken_file_is_invalid_data_and_names_what_is_wrong) {
  EXPECT_EQ(SpeedModel::parse("").error().code, ErrorCode::kInvalidData);
  EXPECT_EQ(SpeedModel::parse("[]").error().code, ErrorCode::kInvalidData);
  const auto missing = SpeedModel::parse(R"({"version":1,"fit_date":"2026-01-01"})");
  EXPECT_NE(missing.error().message.find("tables"), std::string::npos);
  EXPECT_NE(SpeedModel::parse(R"({"version":99})").error().message.find("version 99"), std::string::npos);
}

TEST(SpeedModel, a_resolved_profile_answers_without_looking_anything_up) {
  const auto model = shipped();
  const auto q = query("RTX 4090", "Llama-3.1-8B", "Q4_K_M", "CUDA fa=1");
  const auto profile = model.profile(q);
  const auto size = model.size(q);
  ASSERT_TRUE(profile && size);
  EXPECT_DOUBLE_EQ(profile->decode_tok_s(*size).value, model.predict(q).decode->value);
  constexpr int kRounds = 20000;
  double sum = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) sum += profile->decode_tok_s({size->bytes + i, size->params_B, 1.0}).value;
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
  EXPECT_GT(sum, 0);
  RecordProperty("microseconds_per_estimate", std::to_string(took.count() / kRounds));
  // the aim is 1 us; the bound allows for sanitizers and a loaded machine
  EXPECT_LT(took.count() / kRounds, 20.0);
}

}  // namespace
}  // namespace hearth
