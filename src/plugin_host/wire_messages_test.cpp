#include "plugin_host/wire_messages.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

namespace hearth {
namespace {

TEST(WireMessages, names_every_method) {
  for (std::uint32_t i = 1; i <= kMethodMax; ++i) EXPECT_NE(method_name(static_cast<Method>(i)), "unknown") << i;
  EXPECT_EQ(method_name(Method::kSetAdapters), "context_set_adapters");
  EXPECT_EQ(method_name(Method::kTokenTable), "token_table");
  EXPECT_EQ(method_name(static_cast<Method>(kMethodMax + 1)), "unknown");
}

TEST(WireMessages, options_arrive_as_they_were_sent) {
  hearth_load_options load{};
  load.path = borrow("/models/a.gguf");
  load.devices = borrow("cpu,CUDA0");
  load.n_gpu_layers = -1;
  load.use_mlock = HEARTH_TOGGLE_ON;
  load.extra_json = borrow("{}");
  hearth_text_options text{};
  text.n_ctx = 4096;
  text.unified_kv = HEARTH_TOGGLE_AUTO;
  text.kv_type_v = borrow("q8_0");
  WireWriter out;
  put(out, load);
  put(out, text);
  WireReader in(out.bytes());
  const auto load_in = get_load_options(in);
  const auto text_in = get_text_options(in);
  ASSERT_TRUE(in.done());
  EXPECT_EQ(load_in.struct_size, sizeof(load_in));
  EXPECT_EQ(view(load_in.path), "/models/a.gguf");
  EXPECT_EQ(view(load_in.devices), "cpu,CUDA0");
  EXPECT_EQ(load_in.n_gpu_layers, -1);
  EXPECT_EQ(load_in.use_mlock, HEARTH_TOGGLE_ON);
  EXPECT_EQ(text_in.n_ctx, 4096U);
  EXPECT_EQ(text_in.unified_kv, HEARTH_TOGGLE_AUTO);
  EXPECT_EQ(view(text_in.kv_type_v), "q8_0");
}

// Every message, written once and read at every shorter length.
TEST(WireMessages, a_message_that_is_not_whole_is_not_ok) {
  const std::int32_t numbers[] = {1, 2, 3};
  const std::uint8_t wants[] = {0, 1, 0};
  const hearth_batch batch{sizeof(batch), 3, numbers, numbers, numbers, wants};
  struct Row {
    std::function<void(WireWriter&)> write;
    std::function<void(WireReader&)> read;
  };
  const Row rows[] = {
      {[](auto& out) {
         put(out, CallHead{Method::kDecode, 4, 99});
       },
       [](auto& in) { (void)get_call_head(in); }},
      {[](auto& out) {
         put(out, ReplyHead{5, "gone"});
       },
       [](auto& in) { (void)get_reply_head(in); }},
      {[](auto& out) { put(out, hearth_load_options{}); }, [](auto& in) { (void)get_load_options(in); }},
      {[](auto& out) { put(out, hearth_text_options{}); }, [](auto& in) { (void)get_text_options(in); }},
      {[](auto& out) { put(out, hearth_memory_item{}); }, [](auto& in) { (void)get_memory_item(in); }},
      {[](auto& out) { put(out, hearth_text_info{}); }, [](auto& in) { (void)get_text_info(in); }},
      {[](auto& out) {
         put(out, TextFeatures{1, 1, 7});
       },
       [](auto& in) { (void)get_text_features(in); }},
      {[&](auto& out) { put_decode(out, 1, 2, batch); },
       [](auto& in) {
         DecodeRequest r;
         (void)get_decode(in, r);
       }},
      {[](auto& out) { put(out, RowsReply{}); }, [](auto& in) { (void)get_rows(in); }},
      {[](auto& out) {
         put(out, LogLine{1, "a", "b"});
       },
       [](auto& in) { (void)get_log_line(in); }},
  };
  for (const auto& row : rows) {
    WireWriter out;
    row.write(out);
    WireReader whole(out.bytes());
    row.read(whole);
    EXPECT_TRUE(whole.done());
    for (std::size_t n = 0; n < out.bytes().size(); ++n) {
      WireReader part(out.bytes().first(n));
      row.read(part);
      EXPECT_FALSE(part.ok()) << n;
    }
  }
}

TEST(WireMessages, a_batch_of_unequal_arrays_is_refused) {
  WireWriter out;
  out.put(WireId{1});
  out.put(std::uint64_t{0});
  out.put_array(std::span<const std::int32_t>({1, 2}));
  out.put_array(std::span<const std::int32_t>({1, 2}));
  out.put_array(std::span<const std::int32_t>({1}));
  out.put_array(std::span<const std::uint8_t>({1, 1}));
  WireReader in(out.bytes());
  DecodeRequest request;
  EXPECT_FALSE(get_decode(in, request));
}

TEST(WireMessages, rows_must_lie_inside_their_region) {
  constexpr auto kMax32 = std::numeric_limits<std::uint32_t>::max();
  constexpr auto kMax64 = std::numeric_limits<std::uint64_t>::max();
  EXPECT_TRUE(fits({1, 80, 0, 2, 10}));
  EXPECT_TRUE(fits({1, 84, 4, 2, 10}));
  EXPECT_TRUE(fits({0, 0, 0, 0, 0}));
  EXPECT_FALSE(fits({1, 79, 0, 2, 10}));
  EXPECT_FALSE(fits({1, 83, 4, 2, 10}));
  EXPECT_FALSE(fits({1, 90, 2, 2, 10})) << "not aligned for float";
  EXPECT_FALSE(fits({0, 80, 0, 2, 10})) << "no region";
  EXPECT_FALSE(fits({1, kMax64, 0, kMax32, kMax32}));
  EXPECT_FALSE(fits({1, kMax64, kMax64 - 3, 2, 10}));
}

}  // namespace
}  // namespace hearth
