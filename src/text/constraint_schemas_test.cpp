// 200 JSON Schemas, each nastier than the last: whatever the model wants to say, what comes out is JSON, and holds to
// the schema where valijson can tell; or the schema is refused by name before anything is said.
#include <gtest/gtest.h>

#include <chrono>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "text/constraint_fixture.h"

namespace hearth {
namespace {

using Json = nlohmann::json;

class SchemaGenerator {
 public:
  explicit SchemaGenerator(int nastiness)
      : nastiness_(nastiness), random_(static_cast<std::uint64_t>(nastiness) + 77) {}

  Json schema() {
    Json root = node(0);
    if (nastiness_ > 60) {
      root = Json{{"type", "object"},
                  {"properties", {{"root", std::move(root)}, {"tree", {{"$ref", "#/$defs/tree~1node"}}}}},
                  {"required", {"tree"}}};
      root["$defs"]["tree/node"] = {
          {"type", "object"},
          {"properties",
           {{"v", node(2)},
            {"kids", {{"type", "array"}, {"items", {{"$ref", "#/$defs/tree~1node"}}}, {"maxItems", 2}}}}},
          {"required", {"v"}},
          {"additionalProperties", false}};
    }
    return root;
  }

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  std::string name() {
    static const std::vector<std::string> kNames = {
        "a",           "",       "name",   "\u00e9t\u00e9",    "\u6C34", "with space", "quo\"te",
        "back\\slash", "sl/ash", "til~de", "\xF0\x9F\x94\xA5", "$ref",   "new\nline",  "type"};
    return kNames[below(static_cast<std::uint64_t>(nastiness_) < 20 ? 3 : kNames.size())];
  }

  Json node(int depth) {
    const int depth_max = 1 + nastiness_ / 25;
    const std::uint64_t kinds =
        depth >= depth_max ? 5 : 5 + std::min<std::uint64_t>(8, 2 + static_cast<std::uint64_t>(nastiness_) / 15);
    switch (below(kinds)) {
      case 0: return string();
      case 1: return number();
      case 2: return enumeration();
      case 3: return nastiness_ > 30 && below(4) == 0 ? Json(true) : Json{{"type", "boolean"}, {"title", "b"}};
      case 4: return Json{{"type", {"null", "integer"}}};
      case 5:
      case 6: return object(depth);
      case 7: return array(depth);
      case 8: return Json{{"anyOf", {node(depth + 1), node(depth + 1)}}};
      case 9: return Json{{"allOf", {object(depth), Json{{"description", "d"}}}}};
      case 10: return tuple(depth);
      case 11: return patterned(depth);
      default: return Json{{"oneOf", {string(), number(), Json{{"type", "null"}}}}, {"default", nullptr}};
    }
  }

  Json string() {
    Json s{{"type", "string"}};
    const auto pick = below(nastiness_ < 15 ? 2 : 6);
    static const std::vector<std::string> kPatterns = {"^[a-z]{2,5}$", "^(foo|ba[rz])+$", "^\\d{3}-\\w*$",
                                                       "^[^\"\\\\]*x$", "^$"};
    static const std::vector<std::string> kFormats = {"date", "ipv4", "uuid", "email", "time", "no-such-format"};
    if (pick == 1) s["minLength"] = below(5);
    if (pick == 1) s["maxLength"] = 5 + below(nastiness_ > 150 ? 1500 : 20);
    if (pick == 2) s["pattern"] = kPatterns[below(kPatterns.size())];
    if (pick == 3) s["format"] = kFormats[below(kFormats.size())];
    if (pick == 4) s["const"] = "fix \"ed\" \u00fc";
    return s;
  }

  Json number() {
    Json n{{"type", below(2) != 0 ? "integer" : "number"}};
    const int low = static_cast<int>(below(2000)) - 1000;
    if (below(2) != 0) n["minimum"] = low;
    if (below(2) != 0) n["maximum"] = low + static_cast<int>(below(900));
    if (nastiness_ > 40 && below(4) == 0) n["exclusiveMinimum"] = low - 3;
    if (nastiness_ > 80 && below(4) == 0 && n["type"] == "integer") n["multipleOf"] = 1 + below(7);
    return n;
  }

  Json enumeration() {
    return Json{{"enum", {"x", "\u6C34\n", 7, -1.5, nullptr, Json::array({1, "two"}), Json{{"k", false}}, name()}}};
  }

  Json object(int depth) {
    Json o{{"type", "object"}, {"properties", Json::object()}};
    std::vector<std::string> names;
    for (auto i = below(3 + static_cast<std::uint64_t>(nastiness_) / 30); i > 0; --i) {
      names.push_back(name());
      o["properties"][names.back()] = node(depth + 1);
    }
    for (const auto& n : names)
      if (below(2) != 0) o["required"].push_back(n);
    if (below(3) == 0) o["additionalProperties"] = false;
    if (nastiness_ > 50 && below(4) == 0) o["additionalProperties"] = node(depth + 1);
    if (nastiness_ > 90 && below(5) == 0) o["minProperties"] = below(3);
    if (nastiness_ > 120 && below(6) == 0) o["not"] = {{"required", {"never"}}};
    return o;
  }

  Json array(int depth) {
    Json a{{"type", "array"}, {"items", node(depth + 1)}};
    if (below(2) != 0) a["minItems"] = below(4);
    if (below(2) != 0) a["maxItems"] = 3 + below(nastiness_ > 140 ? 200 : 4);
    if (nastiness_ > 100 && below(4) == 0) a["uniqueItems"] = true;
    return a;
  }

  Json tuple(int depth) {
    return Json{
        {"type", "array"}, {"prefixItems", {node(depth + 1), node(depth + 1)}}, {"items", false}, {"minItems", 2}};
  }

  Json patterned(int depth) {
    return Json{
        {"type", "object"}, {"patternProperties", {{"^k_[a-z]+$", node(depth + 1)}}}, {"additionalProperties", false}};
  }

  int nastiness_;
  std::mt19937_64 random_;
};

// In the words of draft 7, which valijson knows: tuples are lists of items.
Json as_draft_7(Json schema) {
  if (schema.is_object() && schema.contains("prefixItems")) {
    schema["additionalItems"] = schema.value("items", Json(true));
    schema["items"] = schema["prefixItems"];
    schema.erase("prefixItems");
  }
  if (schema.is_structured())
    for (auto& part : schema) part = as_draft_7(part);
  return schema;
}

// Nothing: valijson can't judge this schema.
std::optional<bool> holds(const Json& schema_json, const Json& value, std::string& why) {
  valijson::Schema schema;
  try {
    valijson::SchemaParser parser;
    valijson::adapters::NlohmannJsonAdapter adapter(schema_json);
    parser.populateSchema(adapter, schema);
  } catch (const std::exception&) {
    return std::nullopt;
  }
  valijson::Validator validator;
  valijson::ValidationResults results;
  valijson::adapters::NlohmannJsonAdapter target(value);
  if (validator.validate(schema, target, &results)) return true;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) why += error.description + "; ";
  return false;
}

struct Tally {
  int refused = 0, written = 0, judged = 0, endless = 0;
};

void try_schema(ConstraintCompiler& compiler, const Json& schema, Tally& tally) {
  const std::string text = schema.dump();
  SCOPED_TRACE(text.substr(0, 3000));
  const auto constraint = compiler.compile({ConstraintKind::kJsonSchema, text});
  if (!constraint) {
    ++tally.refused;
    ASSERT_NE(constraint.error().message.find("the JSON Schema"), std::string::npos) << constraint.error().message;
    return;
  }
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    Babbler babbler(**constraint, seed);
    const auto written = babbler.write();
    if (written.empty()) {
      ++tally.endless;
      continue;
    }
    const auto value = Json::parse(written, nullptr, false);
    ASSERT_FALSE(value.is_discarded()) << written;
    ++tally.written;
    if (!(*constraint)->notices().empty() || !babbler.is_utf8()) continue;
    std::string why;
    const auto judged = holds(as_draft_7(schema), value, why);
    ASSERT_TRUE(judged.value_or(true)) << written << "\n" << why;
    tally.judged += judged.has_value() ? 1 : 0;
  }
}

TEST(ConstraintSchemas, two_hundred_of_increasing_nastiness_give_valid_json_or_a_named_refusal) {
  auto compiler = byte_compiler();
  Tally tally;
  double slowest_ms = 0;
  for (int nastiness = 0; nastiness < 200; ++nastiness) {
    const auto begin = std::chrono::steady_clock::now();
    try_schema(*compiler, SchemaGenerator(nastiness).schema(), tally);
    if (HasFatalFailure()) return;
    slowest_ms = std::max(slowest_ms,
                          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  std::printf("refused %d schemas; %d answers, %d held against their schema, %d endless; slowest schema %.0f ms\n",
              tally.refused, tally.written, tally.judged, tally.endless, slowest_ms);
  // A babbler may keep lengthening what a pattern lets it lengthen; a token limit ends that.
  EXPECT_LE(tally.endless, 3);
  EXPECT_LT(tally.refused, 30);
  EXPECT_GT(tally.judged, 300);
}

}  // namespace
}  // namespace hearth
