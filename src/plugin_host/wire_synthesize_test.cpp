#include "plugin_host/wire_synthesize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hearth {
namespace {

struct Told {
  std::vector<std::string> voices;
  hearth_voice_emit emit() {
    return {this, [](void* ctx, const hearth_voice* voice) {
              static_cast<Told*>(ctx)->voices.push_back(std::string(view(voice->id)) + " " +
                                                        std::string(view(voice->language)) + " " +
                                                        std::string(view(voice->about)));
            }};
  }
};

WireWriter two_voices() {
  WireWriter out;
  hearth_voice voice{};
  voice.id = borrow("slt");
  voice.language = borrow("en");
  voice.about = borrow("a woman");
  put(out, voice);
  voice.id = borrow("rms");
  voice.about = borrow("");
  put(out, voice);
  return out;
}

TEST(WireSynthesize, voices_come_out_in_their_order) {
  const WireWriter message = two_voices();
  WireReader in(message.bytes());
  Told told;
  EXPECT_TRUE(emit_voices(in, told.emit()));
  EXPECT_THAT(told.voices, ::testing::ElementsAre("slt en a woman", "rms en "));
}

TEST(WireSynthesize, a_message_cut_anywhere_but_between_is_broken) {
  const WireWriter message = two_voices();
  std::size_t n_whole = 0;
  for (std::size_t n = 0; n <= message.bytes().size(); ++n) {
    WireReader in(message.bytes().first(n));
    Told told;
    n_whole += emit_voices(in, told.emit()) ? 1 : 0;
  }
  EXPECT_EQ(n_whole, 3U);  // nothing, and behind each of the two
}

TEST(WireSynthesize, options_and_info_survive) {
  hearth_synthesize_options options{};
  options.voice = borrow("awb");
  options.speed = 1.5;
  options.extra_json = borrow("{}");
  WireWriter out;
  put(out, options);
  hearth_synthesize_info info{};
  info.sample_rate_hz = 22'050;
  info.normalizes = 1;
  info.text_bytes_max = 4'000;
  info.speed_min = 0.5;
  info.speed_max = 3;
  info.languages = borrow("en,de");
  put(out, info);
  WireReader in(out.bytes());
  const auto options_back = get_synthesize_options(in);
  const auto info_back = get_synthesize_info(in);
  EXPECT_TRUE(in.done());
  EXPECT_EQ(view(options_back.voice), "awb");
  EXPECT_DOUBLE_EQ(options_back.speed, 1.5);
  EXPECT_EQ(info_back.sample_rate_hz, 22'050U);
  EXPECT_EQ(info_back.normalizes, 1U);
  EXPECT_EQ(info_back.text_bytes_max, 4'000U);
  EXPECT_DOUBLE_EQ(info_back.speed_min, 0.5);
  EXPECT_DOUBLE_EQ(info_back.speed_max, 3);
  EXPECT_EQ(view(info_back.languages), "en,de");
}

}  // namespace
}  // namespace hearth
