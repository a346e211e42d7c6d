#include "fake_tensor_script.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "hearth/sdk/json_keys.h"

namespace hearth::fake {
namespace {

using nlohmann::json;
using sdk::Key;
using sdk::KeyType;

struct ElementType {
  const char* name;
  DLDataType type;
};
constexpr ElementType kTypes[] = {{"f32", {kDLFloat, 32, 1}}, {"f64", {kDLFloat, 64, 1}}, {"u8", {kDLUInt, 8, 1}},
                                  {"i8", {kDLInt, 8, 1}},     {"i32", {kDLInt, 32, 1}},   {"i64", {kDLInt, 64, 1}}};

std::vector<std::string> type_names() {
  std::vector<std::string> names;
  for (const auto& each : kTypes) names.emplace_back(each.name);
  return names;
}

Key needed_list(const char* name, const char* about) {
  return {.name = name, .type = KeyType::kArray, .about = about, .required = true};
}

std::vector<std::int64_t> read_dims(const json& list, const std::string& where) {
  std::vector<std::int64_t> dims;
  for (const auto& dim : list) {
    sdk::check_value(dim, {.name = "", .type = KeyType::kInteger, .minimum = -1, .maximum = 1e9}, where);
    dims.push_back(dim.get<std::int64_t>());
  }
  if (dims.size() > 8) throw sdk::Error(HEARTH_INVALID_DATA, where + " has more than 8 dimensions");
  return dims;
}

sdk::TensorSpec read_spec(const json& from, const std::string& where) {
  const auto* type = std::ranges::find(kTypes, from.value("type", "f32"), &ElementType::name);
  return {from["name"].get<std::string>(), type->type, read_dims(from["shape"], where + ".shape"),
          from.value("layout", "")};
}

std::vector<Key> port_keys() {
  return {{.name = "name", .about = "of the port", .required = true},
          {.name = "type", .about = "of the elements", .one_of = type_names()},
          needed_list("shape", "dimensions; -1 is open"),
          {.name = "layout", .about = "such as NCHW"}};
}

std::vector<Key> output_keys() {
  auto keys = port_keys();
  keys.push_back({.name = "rule", .about = "how it is computed", .one_of = {"affine", "table"}});
  keys.push_back({.name = "of", .type = KeyType::kInteger, .about = "index of the input", .minimum = 0, .maximum = 63});
  keys.push_back({.name = "scale", .type = KeyType::kNumber, .about = "of the rule 'affine'"});
  keys.push_back({.name = "offset", .type = KeyType::kNumber, .about = "of the rule 'affine'"});
  keys.push_back({.name = "values", .type = KeyType::kArray, .about = "of the rule 'table'"});
  return keys;
}

TensorOutput read_output(const json& from, std::size_t n_inputs, const std::string& where) {
  TensorOutput output{from.value("rule", "affine") == "table" ? TensorRule::kTable : TensorRule::kAffine,
                      from.value("of", 0U),
                      from.value("scale", 1.0),
                      from.value("offset", 0.0),
                      {}};
  if (output.of >= n_inputs) throw sdk::Error(HEARTH_INVALID_DATA, where + ".of names no input");
  if (from.contains("values")) {
    sdk::check_numbers(from["values"], 1U << 20U, where + ".values");
    output.values = from["values"].get<std::vector<double>>();
  }
  if (output.rule == TensorRule::kTable && output.values.empty())
    throw sdk::Error(HEARTH_INVALID_DATA, where + " has the rule 'table' and no values");
  return output;
}

sdk::TensorNode read_node(const json& from, const std::string& where) {
  static const std::vector<Key> kKeys = {{.name = "name", .required = true},
                                         {.name = "op", .required = true},
                                         {.name = "provider", .required = true},
                                         {.name = "device", .required = true},
                                         {.name = "precision"},
                                         {.name = "fallback", .type = KeyType::kBool}};
  sdk::check_object(from, kKeys, where);
  return {from["name"],
          from["op"],
          from["provider"],
          from["device"],
          from.value("precision", ""),
          from.value("fallback", false)};
}

template <class T>
T clamped(double value) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value);
  } else {
    if (std::isnan(value)) return 0;
    return static_cast<T>(std::clamp(std::nearbyint(value), static_cast<double>(std::numeric_limits<T>::lowest()),
                                     std::nextafter(static_cast<double>(std::numeric_limits<T>::max()), 0.0)));
  }
}

// Calls `work` with a value of the C++ type of `type`.
template <class Work>
auto with_type(const DLDataType& type, Work&& work) {
  if (type.code == kDLFloat) return type.bits == 64 ? work(double{}) : work(float{});
  if (type.code == kDLUInt) return work(std::uint8_t{});
  if (type.bits == 8) return work(std::int8_t{});
  return type.bits == 32 ? work(std::int32_t{}) : work(std::int64_t{});
}

}  // namespace

TensorScript read_tensor_script(const json& from, const std::string& where) {
  static const std::vector<Key> kKeys = {
      needed_list("inputs", "what it takes"),
      needed_list("outputs", "what it gives"),
      {.name = "run_us", .type = KeyType::kNumber, .about = "how long a run takes", .minimum = 0, .maximum = 1e9},
      {.name = "nodes", .type = KeyType::kArray, .about = "where nodes are said to run"}};
  sdk::check_object(from, kKeys, where);
  TensorScript script;
  for (const auto& each : from["inputs"]) {
    const auto at = where + ".inputs[" + std::to_string(script.ports.inputs.size()) + "]";
    sdk::check_object(each, port_keys(), at);
    script.ports.inputs.push_back(read_spec(each, at));
  }
  for (const auto& each : from["outputs"]) {
    const auto at = where + ".outputs[" + std::to_string(script.outputs.size()) + "]";
    sdk::check_object(each, output_keys(), at);
    script.ports.outputs.push_back(read_spec(each, at));
    script.outputs.push_back(read_output(each, script.ports.inputs.size(), at));
  }
  script.run_us = from.value("run_us", 0.0);
  if (from.contains("nodes")) {
    for (const auto& each : from["nodes"]) script.nodes.push_back(read_node(each, where + ".nodes"));
  }
  return script;
}

double read_element(const DLDataType& type, const void* data, std::size_t i) {
  return with_type(type, [&](auto like) {
    decltype(like) value;
    std::memcpy(&value, static_cast<const char*>(data) + i * sizeof(value), sizeof(value));
    return static_cast<double>(value);
  });
}

void write_element(const DLDataType& type, void* data, std::size_t i, double value) {
  with_type(type, [&](auto like) {
    like = clamped<decltype(like)>(value);
    std::memcpy(static_cast<char*>(data) + i * sizeof(like), &like, sizeof(like));
    return 0;
  });
}

}  // namespace hearth::fake
