// JSON Schema (draft-07) for catalogue records.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "hearth/result.h"

namespace hearth {

// A compiled schema. Immutable after compile(); check() may be called from several threads.
class SchemaCheck {
 public:
  // InvalidData when `text` is no JSON or no schema; `name` is used in messages.
  static Result<SchemaCheck> compile(const std::string& name, const std::string& text);
  SchemaCheck(SchemaCheck&&) noexcept;
  SchemaCheck& operator=(SchemaCheck&&) noexcept;
  ~SchemaCheck();

  // InvalidData naming the deepest place that broke the schema and why.
  [[nodiscard]] Status check(const nlohmann::json& record) const;

 private:
  struct Compiled;
  explicit SchemaCheck(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace hearth
