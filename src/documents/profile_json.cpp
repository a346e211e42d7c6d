#include "documents/profile_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "documents/profile_fields.h"

namespace hearth {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr Provenance kProvenances[] = {Provenance::kMeasured, Provenance::kSystem, Provenance::kCatalogue,
                                       Provenance::kAssumed};

bool is_gpu(const ProfileAccelerator& each) { return each.kind == "gpu"; }

// Empty text, absent values and objects without fields are not written.
class JsonWriter {
 public:
  JsonWriter(ordered_json& into, Provenance of_leaves) : into_(into), of_leaves_(of_leaves) {}

  void text(const char* key, const std::string& value) {
    if (!value.empty()) into_[key] = value;
  }
  void texts(const char* key, const std::vector<std::string>& values) { into_[key] = values; }
  void flag(const char* key, bool value) { into_[key] = value; }
  template <class T>
  void fact(const char* key, const Fact<T>& fact, const std::string& unit) {
    ordered_json leaf = {{"value", fact.value}, {"unit", unit}, {"provenance", provenance_name(fact.provenance)}};
    if (fact.spread) leaf["spread"] = *fact.spread;
    into_[key] = std::move(leaf);
  }
  template <class T>
  void fact(const char* key, const Known<T>& known, const std::string& unit) {
    if (known) fact(key, *known, unit);
  }
  // The words themselves, as the contract has them; where they come from stands beside them.
  void words(const char* key, const Known<std::vector<std::string>>& known) {
    into_[key] = known ? known->value : std::vector<std::string>();
    if (known) into_[std::string(key) + "_provenance"] = provenance_name(known->provenance);
  }
  // A value that the profile holds without its provenance: that of the group it is in.
  template <class T>
  void leaf(const char* key, const T& value, const char* unit) {
    fact(key, Fact<T>{value, of_leaves_}, unit);
  }
  template <class T>
  void leaf(const char* key, const std::optional<T>& value, const char* unit) {
    if (value) leaf(key, *value, unit);
  }
  template <class T>
  void object(const char* key, T& value, Provenance of_leaves) {
    ordered_json inner = ordered_json::object();
    JsonWriter writer(inner, of_leaves);
    visit(writer, value);
    into_[key] = std::move(inner);
  }
  template <class T>
  void list(const char* key, std::vector<T>& values, Provenance of_leaves) {
    ordered_json all = ordered_json::array();
    for (auto& value : values) all.push_back(item(value, of_leaves));
    into_[key] = std::move(all);
  }
  void accelerators(std::vector<ProfileAccelerator>& values) {
    ordered_json gpus = ordered_json::array();
    ordered_json npus = ordered_json::array();
    for (auto& value : values) (is_gpu(value) ? gpus : npus).push_back(item(value, Provenance::kSystem));
    into_["gpus"] = std::move(gpus);
    into_["npus"] = std::move(npus);
  }

 private:
  template <class T>
  static ordered_json item(T& value, Provenance of_leaves) {
    ordered_json inner = ordered_json::object();
    JsonWriter writer(inner, of_leaves);
    visit(writer, value);
    return inner;
  }
  ordered_json& into_;
  Provenance of_leaves_;
};

// Keeps the first fault; afterwards nothing more is read.
struct ReadFault {
  std::optional<Error> error;
  void report(const std::string& where, const std::string& found) {
    if (!error)
      error = Error(ErrorCode::kInvalidData, "the profile's " + where + " " + found,
                    "correct the field, or write the file anew with `hearth probe --json`");
  }
};

class JsonReader {
 public:
  JsonReader(const json& from, std::string path, ReadFault& fault)
      : from_(from), path_(std::move(path)), fault_(fault) {
    if (!from_.is_object()) fault_.report(path_.empty() ? "document" : path_, "is not an object");
  }
  // A misspelt field must not pass for an absent one.
  void reject_unknown() {
    if (!from_.is_object()) return;
    for (const auto& [key, value] : from_.items())
      if (std::find(known_.begin(), known_.end(), key) == known_.end()) fault_.report(where(key), "is no field of one");
  }

  void text(const char* key, std::string& into) {
    if (const json* value = find(key)) scalar(*value, where(key), into);
  }
  void texts(const char* key, std::vector<std::string>& into) {
    if (const json* value = find(key)) strings(*value, where(key), into);
  }
  void flag(const char* key, bool& into) {
    if (const json* value = find(key)) scalar(*value, where(key), into);
  }
  template <class T>
  void fact(const char* key, Fact<T>& into, const std::string&) {
    const json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_object() || !value->contains("value"))
      return fault_.report(where(key), "is not an object with a value");
    scalar(value->at("value"), where(key) + ".value", into.value);
    if (value->contains("provenance"))
      into.provenance = provenance(value->at("provenance"), where(key) + ".provenance");
    if (!value->contains("spread")) return;
    double spread = 0;
    scalar(value->at("spread"), where(key) + ".spread", spread);
    into.spread = spread;
  }
  template <class T>
  void fact(const char* key, Known<T>& into, const std::string& unit) {
    if (find(key) == nullptr) return;
    into.emplace();
    fact(key, *into, unit);
  }
  void words(const char* key, Known<std::vector<std::string>>& into) {
    const std::string from = std::string(key) + "_provenance";
    known_.push_back(from);
    const json* value = find(key);
    if (value == nullptr) return;
    Fact<std::vector<std::string>> fact;
    strings(*value, where(key), fact.value);
    if (const auto at = from_.find(from); at != from_.end()) fact.provenance = provenance(*at, where(from));
    if (!fact.value.empty()) into = std::move(fact);
  }
  template <class T>
  void leaf(const char* key, T& into, const char* unit) {
    Fact<T> held{into};
    fact(key, held, unit);
    into = std::move(held.value);
  }
  template <class T>
  void leaf(const char* key, std::optional<T>& into, const char* unit) {
    if (find(key) == nullptr) return;
    into.emplace();
    leaf(key, *into, unit);
  }
  template <class T>
  void object(const char* key, T& into, Provenance) {
    if (const json* value = find(key)) item(*value, where(key), into);
  }
  template <class T>
  void list(const char* key, std::vector<T>& into, Provenance) {
    const json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_array()) return fault_.report(where(key), "is not a list");
    for (std::size_t i = 0; i < value->size() && !fault_.error; ++i) {
      into.emplace_back();
      item((*value)[i], where(key) + "[" + std::to_string(i) + "]", into.back());
    }
  }
  void accelerators(std::vector<ProfileAccelerator>& into) {
    list("gpus", into, Provenance::kSystem);
    list("npus", into, Provenance::kSystem);
  }

 private:
  const json* find(const char* key) {
    known_.emplace_back(key);
    if (fault_.error || !from_.is_object()) return nullptr;
    const auto at = from_.find(key);
    return at == from_.end() ? nullptr : &*at;
  }
  [[nodiscard]] std::string where(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

  template <class T>
  void item(const json& value, const std::string& path, T& into) {
    JsonReader reader(value, path, fault_);
    visit(reader, into);
    reader.reject_unknown();
  }
  Provenance provenance(const json& value, const std::string& path) {
    for (const Provenance each : kProvenances)
      if (value == provenance_name(each)) return each;
    fault_.report(path, "is none of measured, os, catalogue, assumed");
    return Provenance::kSystem;
  }
  void strings(const json& value, const std::string& path, std::vector<std::string>& into) {
    if (!value.is_array()) return fault_.report(path, "is not a list");
    for (const auto& each : value) {
      into.emplace_back();
      scalar(each, path, into.back());
    }
  }

  void scalar(const json& value, const std::string& path, std::string& into) {
    if (!value.is_string()) return fault_.report(path, "is not text");
    into = value.get<std::string>();
  }
  void scalar(const json& value, const std::string& path, bool& into) {
    if (!value.is_boolean()) return fault_.report(path, "is neither true nor false");
    into = value.get<bool>();
  }
  void scalar(const json& value, const std::string& path, double& into) {
    if (!value.is_number()) return fault_.report(path, "is not a number");
    into = value.get<double>();
  }
  void scalar(const json& value, const std::string& path, std::uint64_t& into) {
    if (!value.is_number_unsigned()) return fault_.report(path, "is not a whole number from 0");
    into = value.get<std::uint64_t>();
  }
  void scalar(const json& value, const std::string& path, int& into) {
    constexpr std::uint64_t kCountMax = 1'000'000'000;
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > kCountMax)
      return fault_.report(path, "is not a whole number from 0 to 10^9");
    into = value.get<int>();
  }
  void scalar(const json& value, const std::string& path, std::vector<int>& into) {
    if (!value.is_array()) return fault_.report(path, "is not a list");
    for (const auto& each : value) {
      into.emplace_back();
      scalar(each, path, into.back());
    }
  }

  const json& from_;
  std::string path_;
  ReadFault& fault_;
  std::vector<std::string> known_;
};

}  // namespace

const char* provenance_name(Provenance provenance) {
  switch (provenance) {
    case Provenance::kMeasured: return "measured";
    case Provenance::kSystem: return "os";
    case Provenance::kCatalogue: return "catalogue";
    case Provenance::kAssumed: return "assumed";
  }
  return "assumed";
}

ordered_json profile_to_json(const HardwareProfile& profile) {
  ordered_json document = ordered_json::object();
  JsonWriter writer(document, Provenance::kSystem);
  HardwareProfile copy = profile;  // one list of fields serves the reader too, which writes to them
  visit(writer, copy);
  return document;
}

std::string write_profile(const HardwareProfile& profile) {
  return profile_to_json(profile).dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

Result<HardwareProfile> profile_from_json(const json& document) {
  HardwareProfile profile;
  ReadFault fault;
  JsonReader reader(document, "", fault);
  visit(reader, profile);
  reader.reject_unknown();
  for (const char* required : {"cpu", "memory"})
    if (document.is_object() && !document.contains(required)) fault.report(required, "is missing");
  if (fault.error) return fail(std::move(*fault.error));
  return profile;
}

Result<HardwareProfile> read_profile(std::string_view text) {
  const json document = json::parse(text, nullptr, false);
  if (document.is_discarded())
    return fail(ErrorCode::kInvalidData, "the profile is not a JSON document",
                "write it anew with `hearth probe --json`");
  return profile_from_json(document);
}

}  // namespace hearth
