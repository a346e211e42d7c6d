#include "text/harmony.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace hearth {
namespace {

enum Marker { kStart, kChannel, kConstrain, kMessage, kEnd, kCall, kReturn };

struct Header {
  std::string_view channel, recipient;
};

constexpr std::string_view kChannelMark = "<|channel|>";
constexpr std::string_view kRecipientMark = "to=";

// The next word of `text`, or the marker it begins with; cut off from it.
std::string_view next_word(std::string_view& text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  std::size_t end = std::min(text.find_first_of(" \n\r\t<"), text.size());
  if (end == 0 && !text.empty()) end = std::min(text.find('>'), text.size() - 1) + 1;
  const auto word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

bool is_channel(std::string_view word) { return word == "analysis" || word == "commentary" || word == "final"; }

// Nothing when the header holds what headers don't.
std::optional<Header> read_header(std::string_view text) {
  Header header;
  std::string_view before;
  for (auto word = next_word(text); !word.empty(); before = word, word = next_word(text)) {
    if (before == kChannelMark) {
      if (!is_channel(word)) return std::nullopt;
      header.channel = word;
    } else if (word.starts_with(kRecipientMark) && header.recipient.empty()) {
      header.recipient = word.substr(kRecipientMark.size());
    } else if (word != "assistant" && word != "json" && !word.starts_with("<|")) {
      return std::nullopt;
    }
  }
  return header;
}

}  // namespace

HarmonyParser::HarmonyParser(EventSink& sink, Options options)
    : sink_(sink),
      options_(options),
      gate_({"<|start|>", "<|channel|>", "<|constrain|>", "<|message|>", "<|end|>", "<|call|>", "<|return|>"}) {}

void HarmonyParser::begin_message() {
  const std::string text = std::exchange(header_, {});
  const auto header = read_header(text);
  body_ = Body::kContent;
  if (!header) {
    sink_.content(text, true);
    return;
  }
  std::string_view recipient = header->recipient;
  constexpr std::string_view kFunctions = "functions.";
  if (recipient.starts_with(kFunctions)) recipient.remove_prefix(kFunctions.size());
  if (!recipient.empty() && options_.parse_calls) {
    name_ = recipient;
    object_.reset();
    body_ = Body::kCall;
    held_.clear();
  } else if (header->channel == "analysis" && options_.separate_reasoning) {
    body_ = Body::kReasoning;
  }
}

void HarmonyParser::end_message() {
  if (body_ == Body::kCall) {
    if (name_.empty())
      sink_.end_call(true);
    else
      sink_.content(held_.empty() ? name_ : name_ + held_, true);  // a call without arguments: no object came
  }
  body_ = Body::kNone;
}

void HarmonyParser::marker(int index) {
  seen_marker_ = true;
  switch (index) {
    case kMessage: begin_message(); break;
    case kEnd:
    case kCall:
    case kReturn:
      if (!is_blank(header_)) sink_.content(header_, true);
      header_.clear();
      end_message();
      break;
    default:
      if (body_ != Body::kNone) end_message();
      header_ += gate_.marker(index);
  }
}

// name_ is empty once the call has started.
void HarmonyParser::call_text(char c) {
  if (!name_.empty()) {
    if (is_space(c)) {
      held_ += c;
      return;
    }
    if (c != '{') {
      sink_.content(std::exchange(name_, {}) + std::exchange(held_, {}) + c, true);
      body_ = Body::kContent;
      return;
    }
    sink_.start_call(std::exchange(name_, {}), {});
  }
  switch (object_.put(c, *this)) {
    case Step::kMore: break;
    case Step::kDone:
      sink_.end_call(false);
      body_ = Body::kAfterCall;
      break;
    default:
      sink_.end_call(true);
      sink_.content({&c, 1}, true);
      body_ = Body::kContent;
  }
}

void HarmonyParser::text(std::string_view text) {
  for (const char c : text) {
    switch (body_) {
      case Body::kNone: header_ += c; break;
      case Body::kReasoning: sink_.reasoning({&c, 1}); break;
      case Body::kContent: sink_.content({&c, 1}); break;
      case Body::kCall: call_text(c); break;
      case Body::kAfterCall:
        if (!is_space(c)) sink_.content({&c, 1}, true);
    }
  }
}

void HarmonyParser::put(char c) {
  std::string released;
  const int found = gate_.put(c, released);
  text(released);
  if (found != MarkerGate::kNone) marker(found);
}

void HarmonyParser::end() {
  text(gate_.flush());
  if (!is_blank(header_)) sink_.content(header_, seen_marker_);
  header_.clear();
  end_message();
}

}  // namespace hearth
