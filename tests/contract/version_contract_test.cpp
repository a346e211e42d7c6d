// Plugins of other versions: what is newer serves, what is older lacks only what it lacks, the rest is refused by name.
#include "contract_fixture.h"
#include "support/paths.h"

namespace hearth::contract {
namespace {

class VersionContract : public testing::TestWithParam<Transport> {
 protected:
  [[nodiscard]] Result<std::shared_ptr<Runtime>> open(const std::string& name) {
    return registry_.open(name, GetParam());
  }
  [[nodiscard]] static std::shared_ptr<TextModel> load(const Runtime& runtime) {
    LoadOptions options;
    options.path = "anything";
    return must(TextModel::from(must(runtime.load(options))));
  }

 private:
  RuntimeRegistry registry_{
      {{test::build_dir() / "tests/contract_plugins"}, registry_options().worker_program, nullptr}};
};
INSTANTIATE_TEST_SUITE_P(All, VersionContract, testing::Values(Transport::kInProcess, Transport::kWorker),
                         [](const auto& test) { return test.param == Transport::kWorker ? "worker" : "in_process"; });

TEST_P(VersionContract, a_newer_minor_serves) {
  const auto runtime = must(open("newer"));
  EXPECT_EQ(must(runtime->describe()).name, "counting");
  const auto model = load(*runtime);
  const auto context = must(model->new_context({}));
  EXPECT_EQ(greedy(*context, {5}, 4), (std::vector<Token>{6, 7, 8, 9}));
}

TEST_P(VersionContract, an_older_text_table_serves_what_it_has) {
  const auto runtime = must(open("older_text"));
  const auto model = load(*runtime);
  const auto context = must(model->new_context({}));
  EXPECT_EQ(greedy(*context, {5}, 4), (std::vector<Token>{6, 7, 8, 9}));
  must_fail(context->save(0, [](auto) { return true; }), {ErrorCode::kUnsupported});
  must_fail(context->restore(0, [](auto) { return std::size_t{0}; }), {ErrorCode::kUnsupported});
  must_fail(model->load_adapter("x"), {ErrorCode::kUnsupported});
  std::vector<Token> tokens;  // asked for one by one where the table has no call for all
  must(model->token_table([&](const TokenRow& row) { tokens.push_back(row.token); }));
  EXPECT_EQ(tokens.size(), 300U);
  EXPECT_EQ(tokens.back(), 299);
}

TEST_P(VersionContract, what_cannot_be_called_is_refused) {
  for (const char* name : {"cut_table", "other_major", "no_table"}) {
    SCOPED_TRACE(name);
    const auto error = must_fail(open(name), {ErrorCode::kInvalidData});
    EXPECT_NE(to_string(error).find(name), std::string::npos) << to_string(error);
  }
  const auto error = must_fail(open("refuses"), {ErrorCode::kUnavailable});
  EXPECT_NE(to_string(error).find("driver is missing"), std::string::npos) << to_string(error);
  must_fail(open("nosuchplugin"), {ErrorCode::kNotFound});
}

}  // namespace
}  // namespace hearth::contract
