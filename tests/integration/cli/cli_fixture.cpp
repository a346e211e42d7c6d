#include "cli_fixture.h"

#include <fstream>
#include <sstream>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "support/paths.h"

namespace hearth::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const fs::path kBuild = test::build_dir();
const fs::path kSource = test::source_dir();
const fs::path kShared = test::shared_dir();

}  // namespace

std::string schema_violation(const json& document, const std::string& schema_name) {
  std::ifstream file(kSource / "data/schemas" / (schema_name + ".schema.json"));
  if (!file) return "there is no schema " + schema_name;
  const json schema_json = json::parse(file);
  valijson::Schema schema;
  valijson::SchemaParser parser;
  parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_json), schema);
  valijson::Validator validator;
  valijson::ValidationResults results;
  if (validator.validate(schema, valijson::adapters::NlohmannJsonAdapter(document), &results)) return {};
  std::ostringstream text;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    for (const auto& part : error.context) text << part;
    text << ": " << error.description << "\n";
  }
  return text.str();
}

ProgramRun CliTest::command(std::vector<std::string> arguments) const {
  ProgramRun run;
  run.program = kBuild / "bin/hearth";
  run.arguments = std::move(arguments);
  run.environment = {"HEARTH_HOME=" + home_.path().string(), "NO_COLOR=1"};
  return run;
}

json CliTest::hearth_json(std::vector<std::string> arguments, const std::string& schema) const {
  arguments.emplace_back("--json");
  const auto result = hearth(std::move(arguments));
  EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
  const json document = json::parse(result.out, nullptr, false);
  EXPECT_FALSE(document.is_discarded()) << result.out;
  EXPECT_EQ(schema_violation(document, schema), "") << result.out;
  return document;
}

json CliTest::hearth_error(std::vector<std::string> arguments, int exit_status) const {
  arguments.emplace_back("--json");
  const auto result = hearth(std::move(arguments));
  EXPECT_EQ(result.exit_status, exit_status) << result.out << result.err;
  EXPECT_FALSE(result.timed_out);
  const json document = json::parse(result.out, nullptr, false);
  EXPECT_FALSE(document.is_discarded()) << result.out << result.err;
  EXPECT_EQ(schema_violation(document, "error"), "") << result.out;
  return document.is_object() && document.contains("error") ? document["error"] : json::object();
}

std::string CliTest::script(const std::string& name) { return (kSource / "runtimes/fake/scripts" / name).string(); }

fs::path CliTest::shared_model(const std::string& name) {
  const fs::path path = kShared / "models/llm" / name;
  return fs::exists(path) ? path : fs::path();
}

}  // namespace hearth::test
