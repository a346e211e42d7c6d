#include "app/intent_learning.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "router/features.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

class IntentLearningTest : public testing::Test {
 protected:
  void SetUp() override {
    home_ = fs::temp_directory_path() / ("hearth-intent-learning-" + std::to_string(::getpid()));
    fs::remove_all(home_);
    fs::create_directories(home_);
  }
  void TearDown() override { fs::remove_all(home_); }

  fs::path examples(const std::string& lines) const {
    std::ofstream(home_ / "examples.jsonl") << lines;
    return home_ / "examples.jsonl";
  }
  fs::path own_words() const {
    return examples(
        "{\"text\": \"zorb my notes\", \"label\": \"vision\"}\n\n{\"text\": \"please zorb this page\", \"label\": "
        "\"vision\"}\n"
        "{\"text\": \"zorbing time\", \"label\": \"vision\", \"has_image\": false, \"n_chars\": 12}\n");
  }
  Intent told(const char* text) const {
    auto classifier = open_intent_classifier(home_);
    if (!classifier) return ADD_FAILURE() << to_string(classifier.error()), Intent::kChat;
    RouteRequest request;
    request.text = text;
    return (*classifier)->classify(request, read_features(request)).intent;
  }
  fs::path kept() const { return home_ / "route" / "intent_head.bin"; }

  fs::path home_;
};

TEST_F(IntentLearningTest, what_is_learned_is_kept_and_undone) {
  const auto before = told("zorb my notes");
  ASSERT_NE(before, Intent::kVision) << "the word must be new to the network";
  const auto report = learn_intents(home_, own_words());
  ASSERT_TRUE(report) << to_string(report.error());
  EXPECT_EQ(report->n_examples, 3U);
  EXPECT_EQ(report->right_after, 3U);
  EXPECT_EQ(told("zorb my notes"), Intent::kVision);
  const auto left = undo_intent_learning(home_);
  ASSERT_TRUE(left) << to_string(left.error());
  EXPECT_EQ(*left, 0U);
  EXPECT_EQ(told("zorb my notes"), before);
}

TEST_F(IntentLearningTest, undoing_nothing_is_not_found) {
  const auto left = undo_intent_learning(home_);
  ASSERT_FALSE(left);
  EXPECT_EQ(left.error().code, ErrorCode::kNotFound);
}

TEST_F(IntentLearningTest, a_damaged_file_leaves_the_network_as_it_came) {
  ASSERT_TRUE(learn_intents(home_, own_words()));
  std::ofstream(kept(), std::ios::binary | std::ios::app) << "x";
  std::string notice;
  ASSERT_TRUE(open_intent_classifier(home_, &notice));
  EXPECT_FALSE(notice.empty());
  ASSERT_TRUE(undo_intent_learning(home_));
  notice.clear();
  ASSERT_TRUE(open_intent_classifier(home_, &notice));
  EXPECT_TRUE(notice.empty());
}

TEST_F(IntentLearningTest, bad_lines_are_named) {
  struct Bad {
    const char* lines;
    const char* says;
  };
  for (const auto& bad :
       {Bad{"{\"text\": \"a\", \"label\": \"code\"}\nno json", "line 2"}, Bad{"{\"label\": \"code\"}", "text"},
        Bad{"{\"text\": \"a\"}", "label"}, Bad{"{\"text\": \"a\", \"label\": \"poem\"}", "poem"}}) {
    const auto report = learn_intents(home_, examples(bad.lines));
    ASSERT_FALSE(report) << bad.lines;
    EXPECT_EQ(report.error().code, ErrorCode::kInvalidData);
    EXPECT_NE(report.error().message.find(bad.says), std::string::npos) << report.error().message;
  }
  EXPECT_FALSE(fs::exists(kept()));
}

TEST_F(IntentLearningTest, missing_and_empty_files_are_refused) {
  const auto missing = learn_intents(home_, home_ / "none.jsonl");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  const auto empty = learn_intents(home_, examples("\n"));
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace hearth
