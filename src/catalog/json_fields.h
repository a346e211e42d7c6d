// Reads the fields of a JSON object into members: a field that is absent leaves the member as it was.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "domain/catalog_record.h"

namespace hearth {

// The library would turn a negative number into a huge one; records that no schema checked must not get that far.
struct FieldError {
  std::string message;
};

template <class T>
void read_field(const nlohmann::json& object, const char* key, T& out) {
  const auto it = object.find(key);
  if (it == object.end()) return;
  if constexpr (std::is_unsigned_v<T> && !std::is_same_v<T, bool>) {
    if (!it->is_number_unsigned())
      throw FieldError{"'" + std::string(key) + "' is " + it->dump() + ", and a whole number of 0 or more is wanted"};
  }
  it->get_to(out);
}

template <class T>
void read_field(const nlohmann::json& object, const char* key, std::optional<T>& out) {
  if (!object.contains(key)) return;
  T value{};
  read_field(object, key, value);
  out = std::move(value);
}

// The object under `key`, or an empty one.
inline const nlohmann::json& object_field(const nlohmann::json& object, const char* key) {
  static const nlohmann::json empty = nlohmann::json::object();
  const auto it = object.find(key);
  return it == object.end() ? empty : *it;
}

// The names and sources that every record has.
inline void read_record_head(const nlohmann::json& record, CatalogRecord& out) {
  read_field(record, "id", out.id);
  read_field(record, "aliases", out.aliases);
  read_field(record, "name", out.name);
  read_field(record, "source", out.source);
  read_field(record, "date", out.date);
  read_field(record, "notes", out.notes);
  std::string confidence;
  read_field(record, "confidence", confidence);
  if (confidence == "medium") out.confidence = Confidence::kMedium;
  if (confidence == "low") out.confidence = Confidence::kLow;
}

}  // namespace hearth
