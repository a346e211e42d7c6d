// Reads JSON bodies strictly: what has the wrong type or is out of range is refused by one sentence that names its
// place; what nobody asks for is ignored, but named.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/result.h"

namespace hearth::serve {

using Json = nlohmann::ordered_json;

// What bounds a body beside its bytes, which the server bounds.
struct JsonLimits {
  std::size_t depth = 64;
  std::size_t values = 1'000'000;
  // Sum over all objects of (number of members)^2: what finding duplicates costs in an object that keeps its order.
  std::uint64_t member_pairs = 1U << 26U;
};

// A JSON object in UTF-8. kInvalidArgument names the byte; "param" is absent.
[[nodiscard]] Result<Json> parse_json_object(std::string_view body, const JsonLimits& limits = {});

// kInvalidArgument with "param" in its context: "`place` `complaint`".
[[nodiscard]] Error field_error(const std::string& place, const std::string& complaint, std::string hint = {});
// The same for what is valid elsewhere but can't be done here: kUnsupported, answered with status 400.
[[nodiscard]] Error unsupported_error(const std::string& place, const std::string& complaint, std::string hint = {});

// The value as a message shows it: a text in quotes and cut short, an object and a list by their names.
[[nodiscard]] std::string shown(const Json& value);

// What came to light while a body was read. The first fault counts.
struct ReadingNotes {
  std::optional<Error> fault;
  std::vector<std::string> ignored;  // places nobody asked for, at most 32

  void refuse(Error error) {
    if (!fault) fault = std::move(error);
  }
  void ignore(std::string place);
  [[nodiscard]] Status status() const { return fault ? Status(fail(*fault)) : Status(); }
  // The ignored places as a header's value: only characters that are safe there.
  [[nodiscard]] std::string ignored_header() const;
};

template <class T>
struct Bounds {
  T min = std::numeric_limits<T>::lowest();
  T max = std::numeric_limits<T>::max();
};

// One JSON object. Absent fields and null leave the target as it was. Externally synchronised; borrows the object and
// the notes.
class ObjectReader {
 public:
  // `place` of the object: "" for the body, "messages[2]" ...
  ObjectReader(const Json& object, std::string place, ReadingNotes& notes)
      : object_(object), place_(std::move(place)), notes_(notes) {}

  // Null when absent or null. Whoever asks has read it.
  const Json* find(std::string_view name);
  bool has(std::string_view name) { return find(name) != nullptr; }
  [[nodiscard]] std::string place_of(std::string_view name) const;

  bool text(std::string_view name, std::string& value);
  bool flag(std::string_view name, bool& value);
  // True when there was one and it was taken.
  bool number(std::string_view name, Bounds<double> bounds, float& value);
  template <std::unsigned_integral T>
  bool whole(std::string_view name, Bounds<T> bounds, T& value) {
    std::int64_t wide = 0;
    // A value above what JSON integers are read as is out of range for all who ask.
    constexpr std::uint64_t kWidest = std::numeric_limits<std::int64_t>::max();
    const auto max = static_cast<std::int64_t>(std::min<std::uint64_t>(bounds.max, kWidest));
    if (!integer(name, {static_cast<std::int64_t>(bounds.min), max}, wide)) return false;
    value = static_cast<T>(wide);
    return true;
  }
  bool integer(std::string_view name, Bounds<std::int64_t> bounds, std::int64_t& value);
  // The index of the text among `names`.
  std::optional<std::size_t> one_of(std::string_view name, std::initializer_list<std::string_view> names);
  // A list of at most `most` items; null when absent or wrong.
  const Json* list(std::string_view name, std::size_t most);
  // A list of texts, or one text: no longer than `most`.
  bool texts(std::string_view name, std::size_t most, std::vector<std::string>& values);
  std::optional<ObjectReader> object(std::string_view name);
  // The value as JSON text, an object or a text that is JSON; false when absent or wrong.
  bool object_text(std::string_view name, std::string& value);

  // Takes them as read: they have no effect here.
  void skip(std::initializer_list<std::string_view> names);
  void refuse(std::string_view name, const std::string& complaint, std::string hint = {}) {
    notes_.refuse(field_error(place_of(name), complaint, std::move(hint)));
  }
  void refuse_unsupported(std::string_view name, const std::string& complaint, std::string hint = {}) {
    notes_.refuse(unsupported_error(place_of(name), complaint, std::move(hint)));
  }
  // Notes as ignored what was not asked for.
  void note_rest();

  [[nodiscard]] bool failed() const { return notes_.fault.has_value(); }
  [[nodiscard]] ReadingNotes& notes() { return notes_; }
  [[nodiscard]] const Json& json() const { return object_; }
  [[nodiscard]] const std::string& place() const { return place_; }

 private:
  const Json& object_;
  std::string place_;
  ReadingNotes& notes_;
  std::set<std::string, std::less<>> read_;
};

// Item `index` of a list as an object; nothing when it is none, which is noted.
[[nodiscard]] std::optional<ObjectReader> object_at(const Json& list, std::size_t index, const std::string& place,
                                                    ReadingNotes& notes);

// The value as JSON text, members in their order, invalid text impossible since the body was UTF-8.
[[nodiscard]] std::string json_text(const Json& value);

}  // namespace hearth::serve
