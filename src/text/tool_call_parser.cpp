#include "text/tool_call_parser.h"

namespace hearth {

ToolCallParser::ToolCallParser(EventSink& sink, std::vector<std::string> markers, std::string bare)
    : sink_(sink), gate_(std::move(markers)), bare_(std::move(bare)) {}

void ToolCallParser::start_call(std::string_view name, std::string_view id) {
  raw_.clear();
  call_open_ = reported_ = true;
  sink_.start_call(name, id);
}

void ToolCallParser::call_arguments(std::string_view text) {
  raw_.clear();
  reported_ = true;
  sink_.call_arguments(text);
}

void ToolCallParser::end_call(bool malformed) {
  call_open_ = false;
  reported_ = after_call_ = true;
  if (!malformed) raw_.clear();
  sink_.end_call(malformed);
}

void ToolCallParser::open_section(int marker, std::string_view begun_with) {
  in_section_ = true;
  raw_ = std::exchange(space_, {}) + std::string(begun_with);
  opened(marker);
}

// Prose that holds no marker; white space waits for what follows it.
void ToolCallParser::plain(std::string_view text) {
  for (const char c : text) {
    space_ += c;
    if (is_space(c)) continue;
    sink_.content(std::exchange(space_, {}));
    prose_seen_ = true;
    after_call_ = false;
  }
}

void ToolCallParser::prose(char c) {
  if (!prose_seen_ && !gate_.holds() && bare_.find(c) != std::string::npos) {
    open_section(kBare, {});
    put(c);
    return;
  }
  std::string released;
  const int marker = gate_.put(c, released);
  plain(released);
  if (marker != MarkerGate::kNone) open_section(marker, gate_.marker(marker));
}

void ToolCallParser::fail() {
  in_section_ = false;
  const bool was_open = call_open_;
  if (was_open) end_call(true);
  const std::string raw = std::exchange(raw_, {});
  if (!was_open && between_calls()) {
    for (const char c : raw) put(c);
    return;
  }
  sink_.content(raw, was_open || !tentative());
  after_call_ = false;
  prose_seen_ = true;
}

void ToolCallParser::put(char c) {
  if (!in_section_) {
    prose(c);
    return;
  }
  reported_ = false;
  switch (body(c)) {
    case Step::kMore:
      if (!reported_) raw_ += c;
      break;
    case Step::kDone:
      in_section_ = false;
      raw_.clear();
      break;
    case Step::kDoneBefore:
      in_section_ = false;
      space_ = std::exchange(raw_, {});
      put(c);
      break;
    case Step::kFailed:
      fail();
      put(c);
      break;
  }
}

void ToolCallParser::end() {
  while (in_section_) {
    if (!call_open_ && ended()) {
      in_section_ = false;
      raw_.clear();
    } else {
      fail();
    }
  }
  plain(gate_.flush());
  if (!after_call_) sink_.content(space_);
  space_.clear();
}

}  // namespace hearth
