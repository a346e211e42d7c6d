// Everything a plugin does, over both transports.
#include <gmock/gmock.h>

#include <thread>

#include "plugin_host/test_plugin/plugin_fixture.h"
#include "support/paths.h"

namespace hearth::test {
namespace {

using ::testing::HasSubstr;

class Transports : public ::testing::TestWithParam<Transport> {
 protected:
  void SetUp() override {
    auto opened = open_runtime(GetParam(), "whole", &logger_);
    ASSERT_TRUE(opened) << to_string(opened.error());
    runtime_ = *opened;
  }
  std::unique_ptr<TextContext> context(const std::string& path = "model") {
    auto text = load_text(*runtime_, path);
    if (!text) return nullptr;
    auto made = (*text)->new_context({});
    return made ? std::move(*made) : nullptr;
  }
  RememberingLogger logger_;
  std::shared_ptr<Runtime> runtime_;
};

INSTANTIATE_TEST_SUITE_P(Both, Transports, ::testing::Values(Transport::kInProcess, Transport::kWorker),
                         [](const auto& param) { return param.param == Transport::kWorker ? "worker" : "in_process"; });

TEST_P(Transports, describes_scores_and_estimates) {
  auto info = runtime_->describe();
  ASSERT_TRUE(info) << to_string(info.error());
  EXPECT_EQ(info->name, "test");
  ASSERT_EQ(info->devices.size(), 1U);
  EXPECT_EQ(info->devices[0].total_bytes, 1024U);
  EXPECT_FALSE(info->devices[0].free_bytes.has_value());
  auto score = runtime_->score();
  ASSERT_TRUE(score);
  EXPECT_EQ(score->score, 60);
  LoadOptions load;
  load.path = "four";
  TextOptions text;
  text.n_ctx = 12;
  auto bytes = runtime_->estimate(load, text);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->component_bytes("weights"), 4U);
  EXPECT_EQ(bytes->component_bytes("kv_cache"), 12U);
  EXPECT_EQ(bytes->mapped_bytes(), 8U);
}

TEST_P(Transports, load_tells_the_runtimes_own_error) {
  for (const auto& [path, code, text] : {std::tuple("missing", ErrorCode::kNotFound, "there is no file"),
                                         std::tuple("nothing", ErrorCode::kInvalidData, "says it loaded"),
                                         std::tuple("strange", ErrorCode::kInternal, "status 77")}) {
    LoadOptions options;
    options.path = path;
    auto model = runtime_->load(options);
    ASSERT_FALSE(model) << path;
    EXPECT_EQ(model.error().code, code) << to_string(model.error());
    EXPECT_THAT(model.error().message, HasSubstr(text));
  }
}

TEST_P(Transports, load_ends_at_its_deadline_and_when_cancelled) {
  LoadOptions options;
  options.path = "slow";
  EXPECT_EQ(code_of(runtime_->load(options, deadline_in(std::chrono::milliseconds(30)))), ErrorCode::kDeadlineExceeded);
  const CancelToken cancel;
  CallBounds bounds;
  bounds.cancel = &cancel;
  std::thread asker([&] { cancel.request(); });
  EXPECT_EQ(code_of(runtime_->load(options, bounds)), ErrorCode::kCancelled);
  asker.join();
}

TEST_P(Transports, what_the_plugin_logs_is_there_when_the_call_returns) {
  ASSERT_TRUE(load_text(*runtime_));
  EXPECT_TRUE(logger_.has("test: loaded"));
}

TEST_P(Transports, model_facts_and_tokens) {
  auto text = load_text(*runtime_);
  ASSERT_TRUE(text) << to_string(text.error());
  auto info = (*text)->info();
  ASSERT_TRUE(info);
  EXPECT_EQ(info->n_vocab, kVocab);
  EXPECT_EQ(info->eos, 2);
  EXPECT_EQ(info->eot, HEARTH_TOKEN_NONE) << "a token outside the vocabulary is none";
  EXPECT_EQ(*(*text)->metadata("general.architecture"), "test");
  EXPECT_EQ(code_of((*text)->metadata("other")), ErrorCode::kNotFound);
  EXPECT_EQ(*(*text)->tokenize("ab", true, false), (std::vector<Token>{1, 'a', 'b'}));
  EXPECT_EQ(*(*text)->tokenize("", false, false), std::vector<Token>());
  const std::string long_text(1'000'000, 'x');
  EXPECT_EQ((*text)->tokenize(long_text, false, false)->size(), long_text.size());
  EXPECT_EQ(*(*text)->token_bytes('q'), "q");
  EXPECT_EQ(*(*text)->token_attributes(2), HEARTH_TOKEN_END);
}

TEST_P(Transports, rows_arrive_whole_and_grow) {
  for (const char* path : {"model", "shared"}) {
    auto made = context(path);
    ASSERT_NE(made, nullptr);
    EXPECT_EQ(made->granted()->n_ctx, 64U);
    EXPECT_EQ(made->granted()->kv_type_k, "f16");
    for (const std::uint32_t n : {1U, 1U, 3U, 9U, 4U}) {
      std::vector<BatchEntry> batch;
      for (std::uint32_t i = 0; i < n; ++i)
        batch.push_back({static_cast<Token>(10 * n + i), static_cast<std::int32_t>(i), 0, i != 1});
      auto rows = made->decode(batch);
      ASSERT_TRUE(rows) << to_string(rows.error());
      ASSERT_EQ(rows->n_rows, n > 1 ? n - 1 : 1);
      EXPECT_TRUE(row_is(*rows, 0, static_cast<Token>(10 * n))) << path << " " << n;
      EXPECT_TRUE(row_is(*rows, rows->n_rows - 1, static_cast<Token>(10 * n + n - 1))) << path << " " << n;
    }
    auto none = made->decode(std::vector<BatchEntry>{{5, 0, 0, false}});
    ASSERT_TRUE(none);
    EXPECT_EQ(none->n_rows, 0U);
  }
}

TEST_P(Transports, absurd_rows_are_an_error_and_no_crash) {
  auto made = context();
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(code_of(made->decode(one(kTokenAbsurd))), ErrorCode::kInvalidData);
  EXPECT_TRUE(made->decode(one(4)));
}

TEST_P(Transports, decode_ends_at_its_deadline_and_when_cancelled) {
  auto made = context();
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(code_of(made->decode(one(kTokenWait), deadline_in(std::chrono::milliseconds(30)))),
            ErrorCode::kDeadlineExceeded);
  const CancelToken cancel;
  cancel.request();
  CallBounds bounds;
  bounds.cancel = &cancel;
  EXPECT_EQ(code_of(made->decode(one(kTokenWait), bounds)), ErrorCode::kCancelled);
  EXPECT_TRUE(made->decode(one(4))) << "the flag of the last call must not cancel this one";
}

TEST_P(Transports, sequences) {
  auto made = context();
  ASSERT_NE(made, nullptr);
  ASSERT_TRUE(made->decode(std::vector<BatchEntry>{{5, 7, 1, true}}));
  EXPECT_EQ(made->range(1)->last, 7);
  ASSERT_TRUE(made->copy(1, 2, -1, -1));
  EXPECT_EQ(made->range(2)->last, 7);
  ASSERT_TRUE(made->trim(2, 3, -1));
  EXPECT_EQ(made->range(2)->last, 2);
  EXPECT_EQ(code_of(made->shift(1, 0, -1, 3)), ErrorCode::kUnsupported);
}

TEST_P(Transports, state_streams_both_ways) {
  auto made = context();
  ASSERT_NE(made, nullptr);
  std::vector<std::byte> state;
  ASSERT_TRUE(made->save(0, [&](std::span<const std::byte> part) {
    state.insert(state.end(), part.begin(), part.end());
    return true;
  }));
  ASSERT_EQ(state.size(), kStateBytes);
  std::size_t given = 0;
  const auto read = [&](std::span<std::byte> out) {
    const std::size_t n = std::min({out.size(), state.size() - given, std::size_t{100'000}});
    std::copy_n(state.begin() + static_cast<std::ptrdiff_t>(given), n, out.begin());
    given += n;
    return n;
  };
  state.push_back(std::byte{1});
  ASSERT_TRUE(made->restore(1, read));
  EXPECT_EQ(given, kStateBytes) << "what follows the state in the source belongs to somebody else";
  EXPECT_EQ(made->range(1)->last, 99);
  given = 0;
  state[500'000] ^= std::byte{1};
  EXPECT_EQ(code_of(made->restore(1, read)), ErrorCode::kInvalidData);
  given = state.size();
  EXPECT_EQ(code_of(made->restore(1, read)), ErrorCode::kInvalidData);
}

TEST_P(Transports, a_receiver_that_stops_ends_the_save) {
  auto made = context();
  ASSERT_NE(made, nullptr);
  int n_calls = 0;
  EXPECT_EQ(code_of(made->save(0, [&](std::span<const std::byte>) { return ++n_calls < 2; })), ErrorCode::kCancelled);
  EXPECT_EQ(n_calls, 2);
  EXPECT_TRUE(made->save(0, [](std::span<const std::byte>) { return true; })) << "the stop must not stay";
}

TEST_P(Transports, adapters_are_set_replaced_and_cleared) {
  auto text = load_text(*runtime_);
  ASSERT_TRUE(text);
  EXPECT_EQ(code_of((*text)->load_adapter("missing")), ErrorCode::kNotFound);
  auto adapter = (*text)->load_adapter("lora");
  ASSERT_TRUE(adapter);
  auto made = (*text)->new_context({});
  ASSERT_TRUE(made);
  ASSERT_TRUE((*made)->set_adapters({{*adapter, 0.5F}, {*adapter, 2.0F}}));
  EXPECT_TRUE(row_is(*(*made)->decode(one(3)), 0, 3, 2.5F));
  ASSERT_TRUE((*made)->set_adapters({}));
  EXPECT_TRUE(row_is(*(*made)->decode(one(3)), 0, 3));
}

TEST_P(Transports, memory_follows_contexts) {
  auto text = load_text(*runtime_);
  ASSERT_TRUE(text);
  EXPECT_EQ((*text)->model()->placement()->component_bytes("kv_cache"), 0U);
  TextOptions large;
  large.n_ctx = 5000;
  EXPECT_EQ(code_of((*text)->new_context(large)), ErrorCode::kOutOfMemory);
  auto made = (*text)->new_context({});
  EXPECT_EQ((*text)->model()->memory_now()->component_bytes("kv_cache"), 100U);
  *made = nullptr;
  EXPECT_EQ((*text)->model()->memory_now()->component_bytes("kv_cache"), 0U);
}

TEST_P(Transports, unknown_capabilities_are_absent) {
  EXPECT_EQ(runtime_->capability("telepathy", 1), nullptr);
  EXPECT_EQ(runtime_->capability(HEARTH_CAP_TEXT, 2), nullptr);
  EXPECT_NE(runtime_->capability(HEARTH_CAP_TEXT, 1), nullptr);
}

class FaultyPlugins : public ::testing::TestWithParam<Transport> {};
INSTANTIATE_TEST_SUITE_P(Both, FaultyPlugins, ::testing::Values(Transport::kInProcess, Transport::kWorker),
                         [](const auto& param) { return param.param == Transport::kWorker ? "worker" : "in_process"; });

TEST_P(FaultyPlugins, are_refused_with_one_sentence) {
  for (const auto& [variant, code, text] : {std::tuple("major_2", ErrorCode::kInvalidData, "speaks plugin ABI 2."),
                                            std::tuple("no_entry", ErrorCode::kInvalidData, "is no plugin"),
                                            std::tuple("refuses", ErrorCode::kUnsupported, "no driver for this plugin"),
                                            std::tuple("absent", ErrorCode::kNotFound, "no such file")}) {
    auto opened = open_runtime(GetParam(), variant);
    ASSERT_FALSE(opened) << variant;
    EXPECT_EQ(opened.error().code, code) << to_string(opened.error());
    EXPECT_THAT(opened.error().message, HasSubstr(text));
    EXPECT_THAT(opened.error().message, ::testing::Not(HasSubstr("\n")));
  }
}

TEST_P(FaultyPlugins, wrong_json_is_invalid_data) {
  auto opened = open_runtime(GetParam(), "bad_json");
  ASSERT_TRUE(opened) << to_string(opened.error());
  EXPECT_EQ(code_of((*opened)->describe()), ErrorCode::kInvalidData);
  EXPECT_EQ(code_of((*opened)->score()), ErrorCode::kInvalidData);
}

TEST_P(FaultyPlugins, a_newer_minor_and_a_shorter_table_are_welcome) {
  auto opened = open_runtime(GetParam(), "short");
  ASSERT_TRUE(opened) << to_string(opened.error());
  auto text = load_text(**opened);
  ASSERT_TRUE(text) << to_string(text.error());
  auto made = (*text)->new_context({});
  ASSERT_TRUE(made);
  EXPECT_TRUE((*made)->decode(one(3)));
  EXPECT_TRUE((*made)->range(0));
  EXPECT_EQ(code_of((*made)->save(0, [](std::span<const std::byte>) { return true; })), ErrorCode::kUnsupported);
  EXPECT_EQ(code_of((*made)->set_adapters({})), ErrorCode::kUnsupported);
  EXPECT_EQ(code_of((*text)->load_adapter("lora")), ErrorCode::kUnsupported);
}

TEST_P(FaultyPlugins, a_file_that_is_no_library) {
  const auto folder =
      std::filesystem::path(::testing::TempDir()) / ("hearth_no_library_" + std::to_string(own_process_id()));
  std::filesystem::create_directories(folder);
  const auto path = folder / "libhearth_runtime_text.so";
  ASSERT_TRUE(write_file_atomic(path, "this is no library\n"));
  RegistryOptions options;
  options.plugin_folders = {folder};
  options.worker_program = test::build_dir() / "libexec/hearth/hearth-worker";
  RuntimeRegistry registry(options);
  EXPECT_EQ(code_of(registry.open("text", GetParam())), ErrorCode::kInvalidData);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace hearth::test
