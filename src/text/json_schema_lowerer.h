// The steps of lower_json_schema(); json_schema.cpp composes, json_schema_types.cpp goes by type.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "text/json_schema.h"
#include "text/json_schema_merge.h"

namespace hearth {

// A pattern as it may stand in a lowered schema; nothing when it can't be enforced.
[[nodiscard]] std::optional<std::string> usable_pattern(std::string_view pattern);

struct BoundedFormat {
  int length_min = 0;
  std::string pattern{};
};
// A format as a pattern that matches `length_max` characters at most, for a bound of at least its length_min; nothing
// for formats that are left to the grammar compiler.
[[nodiscard]] std::optional<BoundedFormat> bounded_format(std::string_view format, std::optional<int> length_max);

// Lowers one document; used once. Places are JSON pointers.
class SchemaLowerer {
 public:
  using Json = nlohmann::ordered_json;
  explicit SchemaLowerer(const Json& root) : root_(root) {}
  Result<LoweredSchema> run();

 private:
  void notice(const std::string& place, const std::string& what);
  [[nodiscard]] Result<Json> resolve(const std::string& reference, const std::string& place) const;
  // The schema itself where `schema` is only a reference to it.
  [[nodiscard]] Result<Json> dereferenced(Json schema, const std::string& place) const;
  Result<Json> reference(const std::string& pointer, const std::string& place);

  Result<Json> lower(Json schema, const std::string& place, int depth);
  void drop_annotations(Json& schema, const std::string& place);
  Result<Json> lower_all_of(Json schema, const std::string& place, int depth);
  Result<Json> lower_options(Json schema, const std::string& key, const std::string& place, int depth);
  [[nodiscard]] Result<Json> merged_option(const Json& option, const Json& beside, const std::string& place) const;
  Result<Json> lower_enum(const Json& schema, const std::string& place);

  Result<Json> lower_typed(Json schema, const std::string& place, int depth);
  Result<Json> lower_type(const Json& schema, const std::string& type, const std::string& place, int depth);
  Result<Json> lower_object(const Json& schema, const std::string& place, int depth);
  Status lower_members(const Json& schema, const std::string& key, Json& out, const std::string& place, int depth);
  Status lower_required(const Json& schema, Json& out, const std::string& place);
  Result<Json> lower_array(const Json& schema, const std::string& place, int depth);
  Result<Json> lower_string(const Json& schema, const std::string& place);
  Status lower_format(const Json& schema, Json& out, const std::string& place);
  Result<Json> lower_number(const Json& schema, const std::string& type, const std::string& place);
  Status copy_count(const Json& schema, const std::string& key, Json& out, const std::string& place);

  Status check_finite(const Json& lowered);
  [[nodiscard]] bool is_finite(const Json& schema, const std::set<std::string>& finite) const;

  const Json& root_;
  std::vector<std::string> targets_;  // pointers that references name, in order of their definitions
  Json defs_ = Json::object();
  std::vector<std::string> notices_;
  std::size_t nodes_ = 0;
};

}  // namespace hearth
