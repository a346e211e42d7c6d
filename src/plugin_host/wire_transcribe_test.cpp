#include "plugin_host/wire_transcribe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hearth {
namespace {

struct Heard {
  std::vector<std::string> lines;
  hearth_transcribe_emit emit() {
    return {this,
            [](void* ctx, const hearth_transcribe_segment* segment) {
              static_cast<Heard*>(ctx)->lines.push_back("segment " + std::string(view(segment->text)) + " " +
                                                        std::to_string(segment->start_ns) + " " +
                                                        std::to_string(segment->is_final));
            },
            [](void* ctx, const hearth_transcribe_word* word) {
              static_cast<Heard*>(ctx)->lines.push_back("word " + std::string(view(word->text)) + " " +
                                                        std::to_string(word->end_ns));
            }};
  }
};

WireWriter spoken() {
  WireWriter out;
  hearth_transcribe_segment segment{};
  segment.is_final = 1;
  segment.start_ns = 5;
  segment.end_ns = 9;
  segment.text = borrow("one two");
  segment.language = borrow("en");
  segment.confidence = 0.5;
  put(out, segment);
  hearth_transcribe_word word{};
  word.start_ns = 5;
  word.end_ns = 7;
  word.text = borrow("one");
  put(out, word);
  word.end_ns = 9;
  word.text = borrow("two");
  put(out, word);
  segment.is_final = 0;
  segment.text = borrow("");
  put(out, segment);
  return out;
}

TEST(WireTranscribe, segments_and_words_come_out_in_their_order) {
  const WireWriter message = spoken();
  WireReader in(message.bytes());
  Heard heard;
  EXPECT_TRUE(emit_spoken(in, heard.emit()));
  EXPECT_THAT(heard.lines, ::testing::ElementsAre("segment one two 5 1", "word one 7", "word two 9", "segment  5 0"));
}

TEST(WireTranscribe, a_message_cut_anywhere_but_between_is_broken) {
  const WireWriter message = spoken();
  std::size_t n_whole = 0;
  for (std::size_t n = 0; n <= message.bytes().size(); ++n) {
    WireReader in(message.bytes().first(n));
    Heard heard;
    n_whole += emit_spoken(in, heard.emit()) ? 1 : 0;
  }
  EXPECT_EQ(n_whole, 5U);  // nothing, and behind each of the four
}

TEST(WireTranscribe, an_unknown_kind_is_broken) {
  WireWriter out;
  out.put(std::uint8_t{3});
  WireReader in(out.bytes());
  Heard heard;
  EXPECT_FALSE(emit_spoken(in, heard.emit()));
}

TEST(WireTranscribe, options_and_info_survive) {
  hearth_transcribe_options options{};
  options.translate = HEARTH_TOGGLE_ON;
  options.partials = HEARTH_TOGGLE_OFF;
  options.language = borrow("de");
  options.prompt = borrow("before");
  options.extra_json = borrow("{}");
  WireWriter out;
  put(out, options);
  hearth_transcribe_info info{};
  info.sample_rate_hz = 16'000;
  info.has_words = 1;
  info.window_ms = 30'000;
  info.languages = borrow("de,en");
  put(out, info);
  WireReader in(out.bytes());
  const auto options_back = get_transcribe_options(in);
  const auto info_back = get_transcribe_info(in);
  EXPECT_TRUE(in.done());
  EXPECT_EQ(options_back.translate, HEARTH_TOGGLE_ON);
  EXPECT_EQ(view(options_back.language), "de");
  EXPECT_EQ(view(options_back.prompt), "before");
  EXPECT_EQ(info_back.sample_rate_hz, 16'000U);
  EXPECT_EQ(info_back.window_ms, 30'000U);
  EXPECT_EQ(view(info_back.languages), "de,en");
}

}  // namespace
}  // namespace hearth
