#include "catalog/schema_check.h"

#include <cstddef>
#include <exception>
#include <utility>
#include <vector>

// Without this valijson ends the process on a schema it cannot parse.
#define VALIJSON_USE_EXCEPTIONS 1
// valijson is not ours to keep free of our warnings.
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
#pragma GCC diagnostic pop

namespace hearth {
namespace {

using Adapter = valijson::adapters::NlohmannJsonAdapter;

// "<root>[decoder][layers]" becomes "decoder/layers".
std::string place_of(const std::string& context) {
  std::string place;
  for (std::size_t i = context.find('['); i != std::string::npos; i = context.find('[', i + 1)) {
    const std::size_t end = context.find(']', i);
    if (end == std::string::npos) break;
    place += (place.empty() ? "" : "/") + context.substr(i + 1, end - i - 1);
  }
  return place.empty() ? "the record" : place;
}

// The library matches patterns by recursion, a frame a letter: longer texts would end the stack.
constexpr std::size_t kTextLettersMax = 4096;

// Iterative, as nesting has no bound.
bool holds_long_text(const nlohmann::json& record) {
  std::vector<const nlohmann::json*> open{&record};
  while (!open.empty()) {
    const nlohmann::json& json = *open.back();
    open.pop_back();
    if (json.is_string() && json.get_ref<const std::string&>().size() > kTextLettersMax) return true;
    if (!json.is_structured()) continue;
    for (const auto& item : json) open.push_back(&item);
  }
  return false;
}

}  // namespace

struct SchemaCheck::Compiled {
  valijson::Schema schema;
};

SchemaCheck::SchemaCheck(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
SchemaCheck::SchemaCheck(SchemaCheck&&) noexcept = default;
SchemaCheck& SchemaCheck::operator=(SchemaCheck&&) noexcept = default;
SchemaCheck::~SchemaCheck() = default;

Result<SchemaCheck> SchemaCheck::compile(const std::string& name, const std::string& text) {
  const auto document = nlohmann::json::parse(text, nullptr, false);
  if (document.is_discarded()) return fail(ErrorCode::kInvalidData, "the schema " + name + " is not JSON");
  auto compiled = std::make_unique<Compiled>();
  try {
    valijson::SchemaParser().populateSchema(Adapter(document), compiled->schema);
  } catch (const std::exception& e) {
    return fail(ErrorCode::kInvalidData, "the schema " + name + " cannot be used: " + e.what());
  }
  return SchemaCheck(std::move(compiled));
}

Status SchemaCheck::check(const nlohmann::json& record) const {
  if (holds_long_text(record))
    return fail(ErrorCode::kInvalidData, "a text in it has more than " + std::to_string(kTextLettersMax) + " letters");
  valijson::ValidationResults results;
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  try {
    if (validator.validate(compiled_->schema, Adapter(record), &results)) return {};
  } catch (const std::exception& e) {
    return fail(ErrorCode::kInvalidData, std::string("the record cannot be checked: ") + e.what());
  }
  // The deepest context is the cause; the others only say that something below them failed.
  valijson::ValidationResults::Error error, deepest;
  std::size_t depth = 0;
  while (results.popError(error)) {
    if (deepest.description.empty() || error.context.size() > depth) {
      depth = error.context.size();
      deepest = error;
    }
  }
  std::string context;
  for (const auto& part : deepest.context) context += part;
  return fail(ErrorCode::kInvalidData, place_of(context) + ": " + deepest.description);
}

}  // namespace hearth
