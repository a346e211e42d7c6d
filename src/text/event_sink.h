// Collects what parsers find into events; pieces of one kind that follow each other become one event.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/output_event.h"

namespace hearth {

// Where the parsers of calls put what they find. One call is open at a time.
class CallEvents {
 public:
  virtual ~CallEvents() = default;
  virtual void start_call(std::string_view name, std::string_view id) = 0;
  virtual void call_arguments(std::string_view text) = 0;
  virtual void end_call(bool malformed) = 0;
};

// Externally synchronised.
class EventSink {
 public:
  // Ids for calls that come without: the prefix and the index, or nine letters and digits hashed from them.
  enum class Ids { kPrefixed, kNineLetters };
  explicit EventSink(std::string id_prefix, Ids ids = Ids::kPrefixed) : id_prefix_(std::move(id_prefix)), ids_(ids) {}

  void content(std::string_view text, bool malformed = false);
  void reasoning(std::string_view text);
  void start_call(std::string_view name, std::string_view id);  // no id: one is made
  void call_arguments(std::string_view text);
  void end_call(bool malformed);

  [[nodiscard]] std::vector<OutputEvent> take() { return std::exchange(events_, {}); }

 private:
  void append(OutputKind kind, std::string_view text, bool malformed);
  [[nodiscard]] std::string made_id() const;
  std::string id_prefix_;
  Ids ids_;
  std::uint32_t calls_ = 0;
  std::vector<OutputEvent> events_;
};

}  // namespace hearth
