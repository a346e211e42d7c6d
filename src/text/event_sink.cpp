#include "text/event_sink.h"

namespace hearth {

void EventSink::append(OutputKind kind, std::string_view text, bool malformed) {
  if (text.empty()) return;
  const std::uint32_t index = kind == OutputKind::kCallArguments ? calls_ - 1 : 0;
  if (events_.empty() || events_.back().kind != kind || events_.back().malformed != malformed) {
    OutputEvent event;
    event.kind = kind;
    event.call_index = index;
    event.malformed = malformed;
    events_.push_back(std::move(event));
  }
  events_.back().text.append(text);
}

void EventSink::content(std::string_view text, bool malformed) { append(OutputKind::kContent, text, malformed); }

void EventSink::reasoning(std::string_view text) { append(OutputKind::kReasoning, text, false); }

std::string EventSink::made_id() const {
  std::string id = id_prefix_ + std::to_string(calls_);
  if (ids_ == Ids::kPrefixed) return id;
  // FNV-1a, then 9 digits of base 36. Source: draft-eastlake-fnv, the 64-bit constants.
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  id.assign(9, '0');
  for (char& c : id) {
    c = "0123456789abcdefghijklmnopqrstuvwxyz"[hash % 36];
    hash /= 36;
  }
  return id;
}

void EventSink::start_call(std::string_view name, std::string_view id) {
  OutputEvent event;
  event.kind = OutputKind::kCallStart;
  event.call_index = calls_;
  event.call_id = id.empty() ? made_id() : std::string(id);
  event.call_name = name;
  events_.push_back(std::move(event));
  ++calls_;
}

void EventSink::call_arguments(std::string_view text) { append(OutputKind::kCallArguments, text, false); }

void EventSink::end_call(bool malformed) {
  OutputEvent event;
  event.kind = OutputKind::kCallEnd;
  event.call_index = calls_ - 1;
  event.malformed = malformed;
  events_.push_back(std::move(event));
}

}  // namespace hearth
