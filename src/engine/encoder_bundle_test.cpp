#include "engine/encoder_bundle.h"

#include <gtest/gtest.h>

#include <fstream>

namespace hearth {
namespace {

namespace fs = std::filesystem;

class EncoderBundleFiles : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "1_Pooling");
    write("tokenizer.json",
          R"({"model": {"type": "WordPiece", "vocab": {"[UNK]": 0}}, "truncation": {"max_length": 99}})");
  }
  void TearDown() override { fs::remove_all(folder_); }
  void write(const char* name, const char* text) { std::ofstream(folder_ / name) << text; }
  [[nodiscard]] Result<EncoderBundle> read(const char* model = "model.onnx") const {
    return read_encoder_bundle(folder_ / model);
  }
  fs::path folder_;
};

TEST_F(EncoderBundleFiles, takes_what_the_maker_wrote_for_sentences_before_the_rest) {
  write("1_Pooling/config.json", R"({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false})");
  write("sentence_bert_config.json", R"({"max_seq_length": 256})");
  write("tokenizer_config.json", R"({"model_max_length": 512})");
  write("config.json", R"({"max_position_embeddings": 512, "model_type": "bert"})");
  write("config_sentence_transformers.json", R"({"prompts": {"query": "query: "}, "default_prompt_name": "query"})");
  const auto bundle = read();
  ASSERT_TRUE(bundle) << bundle.error().message;
  EXPECT_EQ(bundle->settings.pooling, Pooling::kCls);
  EXPECT_EQ(bundle->settings.max_tokens, 256U);
  EXPECT_EQ(bundle->settings.prompts.at("query"), "query: ");
  EXPECT_EQ(bundle->settings.default_prompt, "query");
  EXPECT_FALSE(bundle->settings.is_cross_encoder);
}

TEST_F(EncoderBundleFiles, never_goes_beyond_the_places_the_weights_have) {
  write("sentence_bert_config.json", R"({"max_seq_length": 4096})");
  write("config.json", R"({"max_position_embeddings": 514, "model_type": "xlm-roberta",
                           "architectures": ["XLMRobertaForSequenceClassification"]})");
  const auto bundle = read();
  ASSERT_TRUE(bundle);
  EXPECT_EQ(bundle->settings.max_tokens, 512U);
  EXPECT_TRUE(bundle->settings.is_cross_encoder);
}

TEST_F(EncoderBundleFiles, finds_the_files_above_a_folder_of_exports) {
  fs::create_directories(folder_ / "onnx");
  const auto bundle = read("onnx/model.onnx");
  ASSERT_TRUE(bundle) << bundle.error().message;
  EXPECT_EQ(bundle->settings.max_tokens, 99U);  // the tokenizer's own
}

TEST_F(EncoderBundleFiles, refuses_poolings_it_cannot_do_and_files_that_lie) {
  write("1_Pooling/config.json", R"({"pooling_mode_weightedmean_tokens": true})");
  EXPECT_EQ(read().error().code, ErrorCode::kUnsupported);
  write("1_Pooling/config.json", R"({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true})");
  EXPECT_EQ(read().error().code, ErrorCode::kUnsupported);
  write("1_Pooling/config.json", R"({"pooling_mode_cls_token": "yes"})");
  EXPECT_EQ(read().error().code, ErrorCode::kInvalidData);
  write("1_Pooling/config.json", "{");
  EXPECT_EQ(read().error().code, ErrorCode::kInvalidData);
}

TEST_F(EncoderBundleFiles, says_where_a_tokenizer_was_looked_for) {
  fs::remove(folder_ / "tokenizer.json");
  const auto bundle = read();
  ASSERT_FALSE(bundle);
  EXPECT_EQ(bundle.error().code, ErrorCode::kNotFound);
  EXPECT_NE(bundle.error().message.find("tokenizer.json"), std::string::npos);
}

}  // namespace
}  // namespace hearth
