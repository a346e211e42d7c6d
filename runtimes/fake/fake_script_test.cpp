#include "fake_script.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "hearth/sdk/error.h"
#include "support/paths.h"

namespace hearth::fake {
namespace {

struct BadScript {
  const char* text;
  const char* said;  // must be in the message
};

const BadScript kBadScripts[] = {
    {"", "not valid JSON"},
    {"{", "not valid JSON at byte 2"},
    {"[]", "not a JSON object"},
    {"{}", "lacks the key 'hearth_fake'"},
    {R"({"hearth_fake":2})", "at most 1"},
    {R"({"hearth_fake":1,"layer":3})", "unknown key 'layer'; known are: hearth_fake, name"},
    {R"({"hearth_fake":1,"layers":0})", "layers is 0; it must be at least 1"},
    {R"({"hearth_fake":1,"layers":"4"})", "a JSON integer"},
    {R"({"hearth_fake":1,"vocabulary":["ab",7]})", "vocabulary[1] is 7"},
    {R"({"hearth_fake":1,"metadata":{"a":1}})", "metadata.a is 1"},
    {R"({"hearth_fake":1,"replies":[{"when":"a"}]})", "replies[0] lacks the key 'say'"},
    {R"({"hearth_fake":1,"otherwise":{"rule":"guess"}})", "one of: words, text, end"},
    {R"({"hearth_fake":1,"otherwise":{"rule":"text"}})", "give the key 'text'"},
    {R"({"hearth_fake":1,"latency":{"load_ms":-1}})", "latency.load_ms is -1; it must be at least 0"},
    {R"({"hearth_fake":1,"faults":[{"call":"decde","do":"throw"}]})", "faults[0].call is \"decde\""},
    {R"({"hearth_fake":1,"faults":[{"call":"load","do":"error","code":"oom"}]})", "out_of_memory"},
    {R"({"hearth_fake":1,"faults":[{"call":"load","do":"nan_logits"}]})", "only decode and run give numbers"}};

TEST(Script, a_refusal_names_the_place_and_what_it_must_be) {
  for (const auto& bad : kBadScripts) {
    try {
      (void)parse_script(bad.text, "x.fake.json");
      ADD_FAILURE() << "was taken: " << bad.text;
    } catch (const sdk::Error& error) {
      EXPECT_EQ(error.code(), HEARTH_INVALID_DATA);
      EXPECT_NE(std::string(error.what()).find(bad.said), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("x.fake.json"), std::string::npos) << error.what();
    }
  }
}

TEST(Script, keeps_defaults_for_what_is_not_said) {
  const auto script = parse_script(R"({"hearth_fake":1})", "x");
  EXPECT_EQ(script.context_length, 2048U);
  EXPECT_EQ(script.otherwise.rule, OtherwiseRule::kWords);
  EXPECT_TRUE(script.faults.empty());
}

TEST(Script, every_sample_is_read) {
  int n = 0;
  for (const auto& entry : std::filesystem::directory_iterator(test::source_dir() / "runtimes/fake/scripts")) {
    const auto path = entry.path().string();
    if (path.ends_with(".fake.json")) {
      EXPECT_NO_THROW((void)read_script(path)) << path;
    }
    if (path.ends_with(".fake-adapter.json")) {
      EXPECT_NO_THROW((void)read_adapter_script(path)) << path;
    }
    ++n;
  }
  EXPECT_GE(n, 6);
}

}  // namespace
}  // namespace hearth::fake
