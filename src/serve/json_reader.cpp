#include "serve/json_reader.h"

#include <algorithm>
#include <cmath>

#include "text/utf8_stream.h"

namespace hearth::serve {
namespace {

constexpr std::size_t kIgnoredMax = 32;
constexpr std::size_t kPlaceBytesMax = 96;

// Follows brackets, commas and colons outside of strings, before anything recurses or allocates. What is wrong with
// the JSON otherwise is the parser's to say.
class ShapeScan {
 public:
  explicit ShapeScan(const JsonLimits& limits) : limits_(limits) {}

  std::optional<Error> run(std::string_view body) {
    bool in_string = false;
    for (std::size_t at = 0; at < body.size(); ++at) {
      const char c = body[at];
      if (in_string) {
        if (c == '\\') ++at;
        if (c == '"') in_string = false;
      } else if (c == '"') {
        in_string = true;
      } else if (auto error = put(c)) {
        return error;
      }
    }
    return std::nullopt;
  }

 private:
  std::optional<Error> put(char c) {
    if (c == '{' || c == '[') {
      members_.push_back(0);
      if (members_.size() > limits_.depth) return too_much("is nested deeper than " + std::to_string(limits_.depth));
    } else if ((c == '}' || c == ']') && !members_.empty()) {
      members_.pop_back();
    } else if (c == ':' && !members_.empty()) {
      pairs_ += 2 * members_.back()++ + 1;
      if (pairs_ > limits_.member_pairs) return too_much("has objects with too many members");
    }
    if ((c == ',' || c == '{' || c == '[') && ++values_ > limits_.values)
      return too_much("has more than " + std::to_string(limits_.values) + " values");
    return std::nullopt;
  }
  static Error too_much(const std::string& what) {
    return {ErrorCode::kInvalidArgument, "the request's body " + what, "send less at once"};
  }

  const JsonLimits& limits_;
  std::vector<std::uint64_t> members_;
  std::uint64_t pairs_ = 0;
  std::size_t values_ = 0;
};

Error parse_error(std::string_view body, const std::string& what) {
  const std::string sane = utf8_sanitized(body);
  const auto differ = std::mismatch(body.begin(), body.end(), sane.begin(), sane.end()).first;
  if (differ != body.end()) {
    return {ErrorCode::kInvalidArgument,
            "the request's body has invalid UTF-8 at byte " + std::to_string(differ - body.begin()),
            "encode its text as UTF-8"};
  }
  // "[json.exception.parse_error.101] parse error at line 1, column 5: ..."
  const auto begin = what.find("] ");
  const std::string words = begin == std::string::npos ? what : what.substr(begin + 2);
  return {ErrorCode::kInvalidArgument, "the request's body is not JSON: " + utf8_sanitized(words.substr(0, 240))};
}

std::string printed(std::int64_t value) { return std::to_string(value); }
std::string printed(double value) {
  return std::trunc(value) == value ? printed(static_cast<std::int64_t>(value)) : Json(value).dump();
}

template <class T>
std::string range_words(const Bounds<T>& bounds) {
  const bool below = bounds.min != std::numeric_limits<T>::lowest();
  const bool above = bounds.max != std::numeric_limits<T>::max();
  if (below && above) return "from " + printed(bounds.min) + " to " + printed(bounds.max);
  if (below) return "of " + printed(bounds.min) + " or more";
  return above ? "of " + printed(bounds.max) + " or less" : "in range";
}

}  // namespace

Result<Json> parse_json_object(std::string_view body, const JsonLimits& limits) {
  if (body.empty()) {
    return fail(ErrorCode::kInvalidArgument, "the request has no body", "send a JSON object");
  }
  if (auto error = ShapeScan(limits).run(body)) return fail(std::move(*error));
  try {
    Json parsed = Json::parse(body);
    if (!parsed.is_object()) return fail(ErrorCode::kInvalidArgument, "the request's body must be a JSON object");
    return parsed;
  } catch (const Json::exception& exception) {
    return fail(parse_error(body, exception.what()));
  }
}

std::string shown(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  std::string text = value.dump();
  if (text.size() > 40) text = utf8_sanitized(text.substr(0, 36)) + "...";
  return text;
}

Error field_error(const std::string& place, const std::string& complaint, std::string hint) {
  return Error(ErrorCode::kInvalidArgument, place + " " + complaint, std::move(hint)).with("param", place);
}

Error unsupported_error(const std::string& place, const std::string& complaint, std::string hint) {
  return Error(ErrorCode::kUnsupported, place + " " + complaint, std::move(hint))
      .with("param", place)
      .with("http_status", "400");
}

void ReadingNotes::ignore(std::string place) {
  if (ignored.size() >= kIgnoredMax) return;
  if (place.size() > kPlaceBytesMax) place = utf8_sanitized(place.substr(0, kPlaceBytesMax)) + "...";
  ignored.push_back(std::move(place));
}

std::string ReadingNotes::ignored_header() const {
  std::string value;
  for (const std::string& place : ignored) {
    if (!value.empty()) value += ", ";
    for (const char c : place) value += c > ' ' && c < '\x7f' && c != ',' ? c : '?';
  }
  return value;
}

const Json* ObjectReader::find(std::string_view name) {
  const auto found = object_.find(name);
  if (read_.find(name) == read_.end()) read_.emplace(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::string ObjectReader::place_of(std::string_view name) const {
  std::string place(name);
  if (place_.empty()) return place;
  return place.empty() ? place_ : place_ + "." + place;
}

bool ObjectReader::text(std::string_view name, std::string& value) {
  const Json* json = find(name);
  if (json == nullptr) return false;
  if (!json->is_string()) {
    refuse(name, "must be a string, not " + shown(*json));
    return false;
  }
  value = json->get<std::string>();
  return true;
}

bool ObjectReader::flag(std::string_view name, bool& value) {
  const Json* json = find(name);
  if (json == nullptr) return false;
  if (!json->is_boolean()) {
    refuse(name, "must be true or false, not " + shown(*json));
    return false;
  }
  value = json->get<bool>();
  return true;
}

bool ObjectReader::number(std::string_view name, Bounds<double> bounds, float& value) {
  const Json* json = find(name);
  if (json == nullptr) return false;
  const double wide = json->is_number() ? json->get<double>() : std::nan("");
  if (!(wide >= bounds.min && wide <= bounds.max)) {
    refuse(name, "must be a number " + range_words(bounds) + ", not " + shown(*json));
    return false;
  }
  value = static_cast<float>(wide);
  return true;
}

bool ObjectReader::integer(std::string_view name, Bounds<std::int64_t> bounds, std::int64_t& value) {
  const Json* json = find(name);
  if (json == nullptr) return false;
  bool good = json->is_number_integer();
  if (json->is_number_unsigned()) {
    good = json->get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  } else if (json->is_number_float()) {  // JSON knows no integers: 16.0 is 16
    const auto wide = json->get<double>();
    good = std::trunc(wide) == wide && std::abs(wide) < 9e15;
  }
  const std::int64_t found = good ? json->get<std::int64_t>() : 0;
  if (!good || found < bounds.min || found > bounds.max) {
    refuse(name, "must be a whole number " + range_words(bounds) + ", not " + shown(*json));
    return false;
  }
  value = found;
  return true;
}

std::optional<std::size_t> ObjectReader::one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  const Json* json = find(name);
  if (json == nullptr) return std::nullopt;
  std::string wanted;
  std::size_t index = 0;
  for (const std::string_view candidate : names) {
    if (json->is_string() && json->get_ref<const std::string&>() == candidate) return index;
    wanted += (index++ == 0 ? "\"" : ", \"") + std::string(candidate) + "\"";
  }
  refuse(name, "must be one of " + wanted + ", not " + shown(*json));
  return std::nullopt;
}

const Json* ObjectReader::list(std::string_view name, std::size_t most) {
  const Json* json = find(name);
  if (json == nullptr) return nullptr;
  if (json->is_array() && json->size() <= most) return json;
  refuse(name, json->is_array() ? "has " + std::to_string(json->size()) + " items, more than " + std::to_string(most)
                                : "must be a list, not " + shown(*json));
  return nullptr;
}

bool ObjectReader::texts(std::string_view name, std::size_t most, std::vector<std::string>& values) {
  const Json* json = find(name);
  if (json == nullptr) return false;
  if (json->is_string()) {
    values = {json->get<std::string>()};
    return true;
  }
  const bool all =
      json->is_array() && std::all_of(json->begin(), json->end(), [](const Json& item) { return item.is_string(); });
  if (!all) {
    refuse(name, "must be a string or a list of strings");
    return false;
  }
  if (list(name, most) == nullptr) return false;
  values = json->get<std::vector<std::string>>();
  return true;
}

std::optional<ObjectReader> ObjectReader::object(std::string_view name) {
  const Json* json = find(name);
  if (json == nullptr) return std::nullopt;
  if (json->is_object()) return ObjectReader(*json, place_of(name), notes_);
  refuse(name, "must be an object, not " + shown(*json));
  return std::nullopt;
}

bool ObjectReader::object_text(std::string_view name, std::string& value) {
  const Json* json = find(name);
  if (json == nullptr) return false;
  if (json->is_object() || json->is_boolean()) {
    value = json_text(*json);
  } else if (json->is_string()) {
    value = json->get<std::string>();
  } else {
    refuse(name, "must be an object, not " + shown(*json));
    return false;
  }
  return true;
}

void ObjectReader::skip(std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) read_.emplace(name);
}

void ObjectReader::note_rest() {
  for (const auto& [name, value] : object_.items()) {
    if (read_.find(name) == read_.end()) notes_.ignore(place_of(name));
  }
}

std::optional<ObjectReader> object_at(const Json& list, std::size_t index, const std::string& place,
                                      ReadingNotes& notes) {
  const std::string here = place + "[" + std::to_string(index) + "]";
  if (list[index].is_object()) return ObjectReader(list[index], here, notes);
  notes.refuse(field_error(here, "must be an object, not " + shown(list[index])));
  return std::nullopt;
}

std::string json_text(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace hearth::serve
