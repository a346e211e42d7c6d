// Reads the fields of a JSON object into members: a field that is absent leaves the member as it was.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "domain/catalog_record.h"

namespace hearth {

template <class T>
void read_field(const nlohmann::json& object, const char* key, T& out) {
  if (const auto it = object.find(key); it != object.end()) it->get_to(out);
}

template <class T>
void read_field(const nlohmann::json& object, const char* key, std::optional<T>& out) {
  if (const auto it = object.find(key); it != object.end()) out = it->get<T>();
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
