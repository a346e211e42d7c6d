// What an answer is held to, in each of the forms that clients send.
#include "serve/openai_request.h"

namespace hearth::serve {
namespace {

using Found = std::vector<ConstraintSpec>;

void read_schema(ObjectReader& from, std::string_view name, Found& found) {
  std::string schema;
  if (from.object_text(name, schema)) found.push_back({ConstraintKind::kJsonSchema, std::move(schema)});
}

void read_text(ObjectReader& from, std::string_view name, ConstraintKind kind, Found& found) {
  std::string text;
  if (!from.text(name, text)) return;
  if (text.empty()) return from.refuse(name, "must not be empty");
  found.push_back({kind, std::move(text)});
}

// One of a few answers is a regular expression of alternatives.
void read_choice(ObjectReader& from, std::string_view name, Found& found) {
  constexpr std::size_t kAlternativesMax = 1024;
  std::vector<std::string> answers;
  if (!from.texts(name, kAlternativesMax, answers)) return;
  if (answers.empty()) return from.refuse(name, "must have one string at least");
  std::string regex;
  for (const std::string& answer : answers) {
    regex += regex.empty() ? "(" : "|";
    for (const char c : answer) {
      if (std::string_view("\\^$.|?*+()[]{}/-").find(c) != std::string_view::npos) regex += '\\';
      regex += c;
    }
  }
  found.push_back({ConstraintKind::kRegex, regex + ")"});
}

void read_structured(ObjectReader outputs, Found& found) {
  read_schema(outputs, "json", found);
  read_text(outputs, "regex", ConstraintKind::kRegex, found);
  read_text(outputs, "grammar", ConstraintKind::kGrammar, found);
  read_choice(outputs, "choice", found);
  bool any_object = false;
  if (outputs.flag("json_object", any_object) && any_object) found.push_back({ConstraintKind::kJson, {}});
  outputs.note_rest();
}

}  // namespace

void read_format(ObjectReader format, bool schema_beside_type, Found& found) {
  if (!format.has("type")) return format.refuse("type", "is missing", R"(give "text", "json_object" or "json_schema")");
  const auto type = format.one_of("type", {"text", "json_object", "json_schema"});
  if (type == 1) {
    // llama-server's form of a schema.
    if (format.has("schema")) return read_schema(format, "schema", found);
    found.push_back({ConstraintKind::kJson, {}});
  }
  if (type == 2) {
    auto holder = schema_beside_type ? std::optional<ObjectReader>(format) : format.object("json_schema");
    if (!holder) return format.refuse("json_schema", "is missing");
    if (!holder->has("schema"))
      return holder->refuse("schema", "is missing", "give the JSON Schema the answer must follow");
    read_schema(*holder, "schema", found);
    holder->skip({"name", "description", "strict", "type"});
    holder->note_rest();
  }
  if (!schema_beside_type) format.note_rest();
}

void read_constraint(ObjectReader& body, TextRequest& request) {
  Found found;
  if (auto format = body.object("response_format")) read_format(*format, false, found);
  read_schema(body, "guided_json", found);
  read_schema(body, "json_schema", found);
  read_text(body, "guided_regex", ConstraintKind::kRegex, found);
  read_text(body, "regex", ConstraintKind::kRegex, found);
  read_text(body, "guided_grammar", ConstraintKind::kGrammar, found);
  read_text(body, "grammar", ConstraintKind::kGrammar, found);
  read_choice(body, "guided_choice", found);
  if (auto outputs = body.object("structured_outputs")) read_structured(*outputs, found);
  if (found.size() > 1)
    return body.refuse("response_format", "and the fields like it hold the answer to more than one form",
                       "give one of them");
  if (!found.empty()) request.constraint = std::move(found.front());
}

}  // namespace hearth::serve
