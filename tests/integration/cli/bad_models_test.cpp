// Everything a user may hand over instead of a model: one clear sentence with what to do, the right exit status, no
// crash.
#include <fstream>
#include <iterator>

#include "cli_fixture.h"
#include "hearth/error.h"
#include "support/bad_gguf.h"
#include "support/paths.h"

namespace hearth::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string read_starter() {
  std::ifstream file(test::source_dir() / "data/starter/hearth-starter.gguf", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class BadModelTest : public CliTest {
 protected:
  // Every command that reads a model refuses it alike.
  void expect_refused(const fs::path& model, int exit_status, const std::string& what) const {
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {"run", "complete", "-m", model.string(), "-p", "x", "-n", "1"}, {"fit", "-m", model.string()}}) {
      const json error = hearth_error(arguments, exit_status);
      EXPECT_EQ(error["message"].get<std::string>().find('\n'), std::string::npos) << what << error;
      EXPECT_NE(error["hint"], "") << what << ": " << error;
    }
  }
};

TEST_F(BadModelTest, a_missing_file_a_folder_and_a_device_are_named) {
  expect_refused("/no/such/model.gguf", 4, "missing");
  expect_refused("no-such-name", 4, "unknown name");
  expect_refused(home_.path(), 5, "folder");
  expect_refused("/dev/null", 5, "device");
}

TEST_F(BadModelTest, a_file_that_may_not_be_read_is_permission_denied) {
  const auto model = home_.file("secret.gguf", read_starter());
  fs::permissions(model, fs::perms::none);
  fs::permissions(home_.path(), fs::perms::all);
  auto run = command({"run", "complete", "-m", model.string(), "-p", "x", "--json"});
  run.as_nobody = true;
  const auto result = run_program(run);
  if (result.exit_status == 126 || result.exit_status == 127)
    GTEST_SKIP() << "another user may not run the program at " << run.program;
  EXPECT_EQ(result.exit_status, error_code_info(ErrorCode::kPermissionDenied).exit_status) << result.out << result.err;
  EXPECT_EQ(schema_violation(json::parse(result.out), "error"), "");
  EXPECT_NE(result.out.find("secret.gguf"), std::string::npos) << result.out;
}

TEST_F(BadModelTest, damaged_files_are_refused_with_the_reason) {
  for (const auto& bad : bad_ggufs()) {
    const auto model = home_.file(bad.name + ".gguf", bad.bytes);
    const int status = error_code_info(bad.code).exit_status;
    const json error = hearth_error({"run", "complete", "-m", model.string(), "-p", "x", "-n", "1"}, status);
    EXPECT_NE(error["hint"], "") << bad.name << ": " << error;
    fs::remove(model);
  }
}

TEST_F(BadModelTest, a_model_cut_off_anywhere_is_refused) {
  for (const auto& bad : truncated_ggufs(read_starter())) {
    const auto model = home_.file("cut.gguf", bad.bytes);
    const json error = hearth_error({"run", "complete", "-m", model.string(), "-p", "x", "-n", "1"}, 5);
    EXPECT_NE(error["hint"], "") << bad.name << ": " << error;
  }
}

TEST_F(BadModelTest, a_context_beyond_memory_is_refused_with_the_numbers) {
  for (const char* context : {"1000000000", "536870912"}) {
    const json error = hearth_error({"run", "complete", "-m", "starter", "-p", "x", "--ctx", context}, 3);
    EXPECT_EQ(error["code"], "does_not_fit");
    EXPECT_NE(error["message"].get<std::string>().find("GiB"), std::string::npos) << error;
    EXPECT_NE(error["hint"], "") << error;
  }
}

}  // namespace
}  // namespace hearth::test
