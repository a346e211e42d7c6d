#include "serve/hearth_status.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

// Without this valijson ends the process on a schema it cannot parse.
#define VALIJSON_USE_EXCEPTIONS 1
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Woverloaded-virtual"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "support/paths.h"
#pragma GCC diagnostic pop

namespace hearth::serve {
namespace {

using nlohmann::json;

std::string schema_faults(const json& document) {
  std::ifstream file(test::source_dir().string() + "/data/schemas/status.schema.json");
  const json text = json::parse(file);
  valijson::Schema schema;
  valijson::SchemaParser parser;
  parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(text), schema);
  valijson::Validator validator;
  valijson::ValidationResults results;
  validator.validate(schema, valijson::adapters::NlohmannJsonAdapter(document), &results);
  std::string faults;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) faults += error.description + "\n";
  return faults;
}

EngineStatus busy_engine() {
  EngineStatus status;
  ModelFacts small;
  small.name = "small";
  small.aliases = {"claude-local"};
  small.state = ModelState::kResident;
  small.runtime = "llama";
  small.context_length = 4096;
  small.slots = 2;
  small.rung = "full";
  small.held_bytes = 700;
  small.placement = {{"cpu", "CPU", "weights", 500, 500}, {"cpu", "CPU", "kv_cache", 200, 0}};
  ModelFacts large;
  large.name = "large";
  large.rung = "kv_q8_0";
  status.models = {small, large};
  ModelLoad load{.model = "small", .waiting = 3, .running = 2, .context_cells = 8192, .used_cells = 100, .slots = {}};
  load.slots = {{.index = 0, .request = 17}};
  status.loads = {load};
  status.pools = {
      {.name = "ram", .capacity_bytes = 1000, .reserved_bytes = 50, .committed_bytes = 700, .peak_bytes = 900}};
  status.swaps = 4;
  return status;
}

TEST(HearthStatus, has_the_fields_of_the_contract) {
  const auto document = json::parse(status_json(busy_engine(), {{"cpu temperature", 61.5, "degC"}}));
  EXPECT_EQ(schema_faults(document), "");
  const auto& small = document["models"][0];
  EXPECT_EQ(small["name"], "small");
  EXPECT_EQ(small["bytes"], 700);
  EXPECT_EQ(small["rung"], "full");
  EXPECT_EQ(small["requests"], 5);
  EXPECT_EQ(small["slots"], (json{{"total", 2}, {"busy", 1}}));
  EXPECT_EQ(small["cells"], (json{{"total", 8192}, {"used", 100}}));
  EXPECT_EQ(small["components"], (json{{"kv_cache", 200}, {"weights", 500}}));
  EXPECT_EQ(document["models"][1]["requests"], 0);
  EXPECT_EQ(document["pools"][0]["committed_bytes"], 700);
  EXPECT_EQ(document["queue"], (json{{"waiting", 3}, {"running", 2}}));
  EXPECT_EQ(document["rung"], "kv_q8_0");
  EXPECT_EQ(document["sensors"]["cpu temperature"], (json{{"value", 61.5}, {"unit", "degC"}}));
  EXPECT_EQ(document["swaps"], 4);
}

TEST(HearthStatus, of_an_empty_engine_is_valid_too) {
  const auto document = json::parse(status_json({}, {}));
  EXPECT_EQ(schema_faults(document), "");
  EXPECT_EQ(document["rung"], "full");
  EXPECT_EQ(document["sensors"], json::object());
}

TEST(HearthStatus, the_schema_refuses_what_is_missing) {
  auto document = json::parse(status_json(busy_engine(), {}));
  document["models"][0].erase("rung");
  EXPECT_NE(schema_faults(document), "");
}

TEST(HearthStatus, keeps_sensors_of_one_name_apart) {
  const auto document = json::parse(status_json({}, {{"core", 1, "degC"}, {"core", 2, "degC"}}));
  EXPECT_EQ(document["sensors"]["core"]["value"], 1);
  EXPECT_EQ(document["sensors"]["core 2"]["value"], 2);
  EXPECT_EQ(schema_faults(document), "");
}

TEST(HearthStatus, survives_names_that_are_no_utf8) {
  EngineStatus status = busy_engine();
  status.models[0].name = "a\xff";
  EXPECT_EQ(schema_faults(json::parse(status_json(status, {}))), "");
  EXPECT_TRUE(json::accept(placement_json(status)));
}

TEST(HearthPlacement, lists_what_each_model_holds) {
  const auto document = json::parse(placement_json(busy_engine()));
  const json weights = {
      {"device", "cpu"}, {"kind", "CPU"}, {"component", "weights"}, {"bytes", 500}, {"mapped_bytes", 500}};
  EXPECT_EQ(document["models"][0]["placement"][0], weights);
  EXPECT_EQ(document["models"][0]["state"], "resident");
  EXPECT_EQ(document["models"][1]["placement"], json::array());
}

}  // namespace
}  // namespace hearth::serve
