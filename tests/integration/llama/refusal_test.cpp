// Files, devices and options that must be refused: one sentence, the right code, and the process lives on.
#include <unistd.h>

#include <algorithm>

#include "llama_fixture.h"
#include "support/bad_gguf.h"

namespace hearth::test {
namespace {

Error load_error(const LoadOptions& options) {
  const auto model = llama_runtime().load(options);
  EXPECT_FALSE(model) << options.path << " was loaded";
  return model ? Error() : model.error();
}

TEST(LlamaRefusal, bad_files_are_refused_by_load_and_estimate) {
  for (const auto& bad : bad_ggufs()) {
    SCOPED_TRACE(bad.name);
    const TemporaryFile file(bad.name + ".gguf", bad.bytes);
    const auto error = load_error({.path = file.path()});
    EXPECT_TRUE(error.code == ErrorCode::kInvalidData || error.code == ErrorCode::kUnsupported) << to_string(error);
    EXPECT_NE(error.message.find(file.path()), std::string::npos) << to_string(error);
    EXPECT_FALSE(llama_runtime().estimate({.path = file.path()}, {.n_ctx = 256}));
  }
}

TEST(LlamaRefusal, a_model_cut_at_any_percent_is_refused) {
  const auto path = shared_model("llm/stories260K-q4_0.gguf");
  HEARTH_NEED_MODEL(path);
  for (const auto& bad : truncated_ggufs(read_bytes(path))) {
    const TemporaryFile file(bad.name + ".gguf", bad.bytes);
    const auto error = load_error({.path = file.path()});
    EXPECT_EQ(error.code, ErrorCode::kInvalidData) << bad.name << ": " << to_string(error);
  }
}

TEST(LlamaRefusal, an_unknown_architecture_is_unsupported) {
  const TemporaryFile file("unknown.gguf", unknown_architecture_gguf());
  EXPECT_EQ(load_error({.path = file.path()}).code, ErrorCode::kUnsupported);
}

TEST(LlamaRefusal, what_is_no_file_is_told_by_what_it_is) {
  EXPECT_EQ(load_error({.path = "no-such-model.gguf"}).code, ErrorCode::kNotFound);
  EXPECT_EQ(load_error({.path = std::filesystem::temp_directory_path().string()}).code, ErrorCode::kInvalidData);
  EXPECT_EQ(load_error({.path = "/dev/null"}).code, ErrorCode::kInvalidData);
}

TEST(LlamaRefusal, a_file_without_rights_is_permission_denied) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read every file";
  const TemporaryFile file("locked.gguf", "GGUF");
  std::filesystem::permissions(file.path(), std::filesystem::perms::none);
  EXPECT_EQ(load_error({.path = file.path()}).code, ErrorCode::kPermissionDenied);
}

TEST(LlamaRefusal, a_device_that_is_not_there_is_unavailable_or_reported) {
  const auto path = shared_model("llm/stories260K-q8_0.gguf");
  HEARTH_NEED_MODEL(path);
  const auto error = load_error({.path = path.string(), .fallback = Fallback::kNone, .devices = {"WARP9"}});
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_NE(error.message.find("WARP9"), std::string::npos);
  EXPECT_NE(error.message.find("cpu"), std::string::npos) << "names what is there: " << error.message;
  EXPECT_TRUE(llama_runtime().load({.path = path.string(), .fallback = Fallback::kNone, .devices = {"cpu"}}));
  EXPECT_FALSE(llama_log().has(LogLevel::kWarn, "WARP9"));
  const auto elsewhere =
      llama_runtime().load({.path = path.string(), .fallback = Fallback::kReport, .devices = {"WARP9"}});
  ASSERT_TRUE(elsewhere) << to_string(elsewhere.error());
  EXPECT_TRUE(llama_log().has(LogLevel::kWarn, "WARP9"));
  const auto placement = (*elsewhere)->placement();
  ASSERT_TRUE(placement);
  for (const auto& item : placement->items) EXPECT_EQ(item.device, "cpu");
}

TEST(LlamaRefusal, loading_stops_when_cancelled_or_late) {
  const auto path = shared_model("llm/stories260K-f32.gguf");
  HEARTH_NEED_MODEL(path);
  const CancelToken cancel;
  cancel.request();
  const auto cancelled = llama_runtime().load({.path = path.string()}, {.cancel = &cancel});
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::kCancelled);
  const auto late = llama_runtime().load(
      {.path = path.string()}, {.deadline = std::chrono::steady_clock::now() + std::chrono::microseconds(50)});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kDeadlineExceeded);
}

TEST(LlamaRefusal, extra_options_are_checked_by_name_and_type) {
  const auto path = shared_model("llm/stories260K-f32.gguf");
  HEARTH_NEED_MODEL(path);
  for (const char* extra : {"{", "[]", R"({"no_such":1})", R"({"vocab_only":1})", R"({"split_mode":"diagonal"})",
                            R"({"tensor_split":["a"]})"}) {
    EXPECT_FALSE(llama_runtime().load({.path = path.string(), .extra_json = extra})) << extra;
  }
}

TEST(LlamaRefusal, describe_and_score_tell_this_machine) {
  const auto info = llama_runtime().describe();
  ASSERT_TRUE(info) << to_string(info.error());
  EXPECT_EQ(info->name, "llama");
  EXPECT_FALSE(info->version.empty());
  ASSERT_FALSE(info->devices.empty());
  EXPECT_EQ(std::ranges::count(info->devices, "cpu", &RuntimeDevice::id), 1);
  const auto score = llama_runtime().score();
  ASSERT_TRUE(score);
  EXPECT_GT(score->score, 0) << score->reason;
}

}  // namespace
}  // namespace hearth::test
