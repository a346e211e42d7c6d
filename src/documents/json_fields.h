// One list of fields a type, used for writing and for reading. Internal to documents.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hearth/result.h"

namespace hearth::documents {

using Json = nlohmann::ordered_json;

// fields(io, value) calls io(name, member) for each member; found by argument-dependent lookup or in this namespace.
class FieldWriter;
class FieldReader;

template <class T>
concept Number = std::is_arithmetic_v<T> && !std::same_as<T, bool>;

class FieldWriter {
 public:
  explicit FieldWriter(Json& out) : out_(out) {}

  // An unknown value is absent: empty text and empty options are left out, lists and numbers are not.
  template <class T>
  void operator()(const char* name, T& value) {
    Json json = to_json(value);
    if (!json.is_null()) out_[name] = std::move(json);
  }

  template <class T>
  static Json to_json(T& value) {
    if constexpr (std::same_as<T, std::string>) {
      return value.empty() ? Json() : Json(value);
    } else if constexpr (std::is_arithmetic_v<T>) {
      return Json(value);
    } else {
      return compound(value);
    }
  }

 private:
  template <class T>
  static Json compound(std::optional<T>& value) {
    return value ? to_json(*value) : Json();
  }
  template <class T>
  static Json compound(std::vector<T>& values) {
    Json out = Json::array();
    for (auto& value : values) {
      Json one = to_json(value);
      out.push_back(one.is_null() ? Json("") : std::move(one));
    }
    return out;
  }
  template <class T>
  static Json compound(std::map<std::string, T>& values) {
    Json out = Json::object();
    for (auto& [name, value] : values) out[name] = to_json(value);
    return out;
  }
  template <class T>
  static Json compound(T& value) {
    Json out = Json::object();
    FieldWriter writer(out);
    fields(writer, value);
    return out;
  }

  Json& out_;
};

// The first fault is kept, with the place it is at: "choices[0].memory.items[2].bytes: a whole number is wanted".
class FieldReader {
 public:
  FieldReader(const Json& in, std::string path, std::string& fault) : in_(in), path_(std::move(path)), fault_(fault) {}

  template <class T>
  void operator()(const char* name, T& value) {
    const auto it = in_.find(name);
    if (it == in_.end() || it->is_null()) return;
    read(*it, value, path_.empty() ? name : path_ + "." + name);
  }

 private:
  void fail_at(const std::string& place, const char* wanted) {
    if (fault_.empty()) fault_ = place + ": " + wanted + " is wanted";
  }

  void read(const Json& json, std::string& value, const std::string& place) {
    if (!json.is_string()) return fail_at(place, "text");
    value = json.get<std::string>();
  }
  void read(const Json& json, bool& value, const std::string& place) {
    if (!json.is_boolean()) return fail_at(place, "true or false");
    value = json.get<bool>();
  }
  template <Number T>
  void read(const Json& json, T& value, const std::string& place) {
    if constexpr (std::is_floating_point_v<T>) {
      if (!json.is_number()) return fail_at(place, "a number");
      value = json.get<T>();
    } else {
      if (!json.is_number_integer()) return fail_at(place, "a whole number");
      if constexpr (std::is_unsigned_v<T>) {
        if (!json.is_number_unsigned()) return fail_at(place, "a number of 0 or more");
        const auto wide = json.get<std::uint64_t>();
        if (wide > std::numeric_limits<T>::max()) return fail_at(place, "a smaller number");
        value = static_cast<T>(wide);
      } else {
        const auto wide = json.get<std::int64_t>();
        if (wide > std::numeric_limits<T>::max() || wide < std::numeric_limits<T>::min())
          return fail_at(place, "a number in range");
        value = static_cast<T>(wide);
      }
    }
  }
  template <class T>
  void read(const Json& json, std::optional<T>& value, const std::string& place) {
    read(json, value.emplace(), place);
  }
  template <class T>
  void read(const Json& json, std::vector<T>& values, const std::string& place) {
    if (!json.is_array()) return fail_at(place, "a list");
    values.clear();
    for (std::size_t i = 0; i < json.size(); ++i)
      read(json[i], values.emplace_back(), place + "[" + std::to_string(i) + "]");
  }
  template <class T>
  void read(const Json& json, std::map<std::string, T>& values, const std::string& place) {
    if (!json.is_object()) return fail_at(place, "an object");
    for (const auto& [name, one] : json.items()) read(one, values[name], place + "." + name);
  }
  template <class T>
  void read(const Json& json, T& value, const std::string& place) {
    if (!json.is_object()) return fail_at(place, "an object");
    FieldReader reader(json, place, fault_);
    fields(reader, value);
  }

  const Json& in_;
  std::string path_;
  std::string& fault_;
};

}  // namespace hearth::documents
