#include "vision/labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth {
namespace {

using ::testing::ElementsAre;

TEST(Labels, every_usual_form_is_read) {
  EXPECT_THAT(*parse_labels("person\r\nhot dog\n\n"), ElementsAre("person", "hot dog"));
  EXPECT_THAT(*parse_labels("n01440764 tench, Tinca tinca\nn01443537 goldfish\n"),
              ElementsAre("tench, Tinca tinca", "goldfish"));
  EXPECT_THAT(*parse_labels(R"(["a", "b"])"), ElementsAre("a", "b"));
  EXPECT_THAT(*parse_labels(R"({"1": "b", "0": "a"})"), ElementsAre("a", "b"));
  EXPECT_THAT(*parse_labels(R"({0: 'a', 1: "b's", 2: 'c\'s'})"), ElementsAre("a", "b's", "c's"));
  EXPECT_THAT(*parse_labels("0: 'a'\n1: 'b'\n"), ElementsAre("a", "b"));
  EXPECT_THAT(*parse_labels("\xEF\xBB\xBF"
                            "chat\n\xC3\xA9l\xC3\xA9phant"),
              ElementsAre("chat", "\xC3\xA9l\xC3\xA9phant"));
}

TEST(Labels, bad_files_are_refused) {
  EXPECT_FALSE(parse_labels(""));
  EXPECT_FALSE(parse_labels(" \n\n"));
  EXPECT_FALSE(parse_labels("\xFF\xFE\x00z"));
  EXPECT_FALSE(parse_labels("{0: person}"));
  EXPECT_FALSE(parse_labels(R"({"9999999": "a"})"));
  EXPECT_FALSE(parse_labels(std::string(2000, 'x')));
  EXPECT_FALSE(parse_labels(R"([1, 2])"));
}

TEST(Labels, coco_has_eighty_names_and_ninety_ids) {
  EXPECT_EQ(coco_labels().size(), 80U);
  EXPECT_EQ(coco_labels()[5], "bus");
  EXPECT_EQ(coco_labels()[79], "toothbrush");
  const auto categories = coco_category_labels();
  ASSERT_EQ(categories.size(), 90U);
  EXPECT_EQ(categories[0], "person");
  EXPECT_EQ(categories[11], "") << "12 was never given out";
  EXPECT_EQ(categories[12], "stop sign");
  EXPECT_EQ(categories[89], "toothbrush");
}

TEST(Labels, background_is_added_or_taken_off_for_the_model) {
  EXPECT_THAT(*labels_for_classifier({"a", "b"}, 3), ElementsAre("background", "a", "b"));
  EXPECT_THAT(*labels_for_classifier({"background", "a", "b"}, 2), ElementsAre("a", "b"));
  EXPECT_THAT(*labels_for_classifier({"a", "b"}, 2), ElementsAre("a", "b"));
  EXPECT_EQ(labels_for_classifier({"a", "b"}, 5).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace hearth
