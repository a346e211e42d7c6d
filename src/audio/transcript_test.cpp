#include "audio/transcript.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

const std::vector<TranscriptSegment> kSegments = {{.start_s = 0.5, .end_s = 1.2347, .text = "one & two"},
                                                  {.start_s = 3661.0, .end_s = 3662.5, .text = "<three>\n\n\nfour\n"}};

TEST(Transcript, is_written_as_subrip) {
  EXPECT_EQ(to_srt(kSegments),
            "1\n00:00:00,500 --> 00:00:01,235\none & two\n\n2\n01:01:01,000 --> 01:01:02,500\n<three>\nfour\n\n");
  EXPECT_EQ(to_srt({}), "");
}

TEST(Transcript, is_written_as_webvtt) {
  EXPECT_EQ(to_vtt(kSegments),
            "WEBVTT\n\n00:00:00.500 --> 00:00:01.235\none &amp; two\n\n"
            "01:01:01.000 --> 01:01:02.500\n&lt;three&gt;\nfour\n\n");
  EXPECT_EQ(to_vtt({}), "WEBVTT\n\n");
}

TEST(Transcript, texts_are_joined_by_blanks) {
  EXPECT_EQ(transcript_text(std::vector<TranscriptSegment>{{.text = "one"}, {.text = ""}, {.text = "two"}}), "one two");
}

}  // namespace
}  // namespace hearth
