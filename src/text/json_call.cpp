#include "text/json_call.h"

#include <nlohmann/json.hpp>
#include <optional>

namespace hearth {
namespace {

constexpr std::size_t kNameMax = 256;

// The value of a JSON string with its quotes; nothing when it is no string or no valid text.
std::optional<std::string> decoded_string(const std::string& json) {
  std::string mended;
  bool in_string = false;
  for (const char c : json) {
    mended += json_byte(c, in_string);
    in_string = true;  // only the opening quote stands outside
  }
  const auto value = nlohmann::json::parse(mended, nullptr, false);
  if (!value.is_string()) return std::nullopt;
  return value.get<std::string>();
}

bool is_object(std::string_view json) {
  JsonScanner scanner;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const Step step = scanner.put(json[i]);
    if (step == Step::kDone) return json[0] == '{' && is_blank(json.substr(i + 1));
    if (step != Step::kMore) return false;
  }
  return false;
}

}  // namespace

void JsonCall::reset() {
  JsonCall fresh(std::move(rules_));
  *this = std::move(fresh);
}

bool JsonCall::name_is_known() const {
  if (name_.empty() || name_.size() > kNameMax) return false;
  return !rules_.tentative || !rules_.knows_tool || rules_.knows_tool(name_);
}

bool JsonCall::accept_key() {
  const auto text = decoded_string(text_);
  if (!text) return false;
  if (*text == "name") {
    key_ = Key::kName;
    return !has_name_;
  }
  if (*text == "arguments" || *text == "parameters") {
    key_ = Key::kArguments;
    return !has_arguments_;
  }
  key_ = *text == "id" ? Key::kId : Key::kType;
  return *text == "id" || *text == "type";
}

Step JsonCall::in_key(char c) {
  const Step step = scanner_.put(c);
  if (step == Step::kFailed) return step;
  text_ += c;
  if (step == Step::kMore) return step;
  if (!accept_key()) return Step::kFailed;
  state_ = State::kColon;
  return Step::kMore;
}

Step JsonCall::start_value(char c, CallEvents& out) {
  scanner_.reset();
  text_.clear();
  streaming_ = false;
  if (key_ == Key::kArguments) {
    if (c != '{' && c != '"' && c != 'n') return Step::kFailed;
    has_arguments_ = true;
    if (c == '{' && has_name_) {
      out.start_call(name_, id_);
      started_ = streaming_ = true;
    }
  }
  state_ = State::kValue;
  return in_value(c, out);
}

Step JsonCall::in_value(char c, CallEvents& out) {
  const bool in_string = scanner_.in_string();
  const Step step = scanner_.put(c);
  if (step == Step::kFailed) return step;
  if (step != Step::kDoneBefore) {
    if (streaming_)
      out.call_arguments(json_byte(c, in_string));
    else if (key_ == Key::kArguments)
      text_ += json_byte(c, in_string);
    else
      text_ += c;
  }
  if (step == Step::kMore) return step;
  if (end_of_value() == Step::kFailed) return Step::kFailed;
  state_ = State::kCommaOrEnd;
  return step == Step::kDoneBefore ? put(c, out) : Step::kMore;
}

Step JsonCall::take_arguments() {
  if (streaming_) return Step::kMore;
  if (text_ == "null") {
    arguments_ = "{}";
  } else if (text_.front() == '"') {
    const auto inner = decoded_string(text_);
    if (!inner || !is_object(*inner)) return Step::kFailed;
    arguments_ = *inner;
  } else {
    arguments_ = text_;
  }
  return Step::kMore;
}

Step JsonCall::end_of_value() {
  if (key_ == Key::kArguments) return take_arguments();
  if (key_ == Key::kName) {
    const auto name = decoded_string(text_);
    if (!name) return Step::kFailed;
    name_ = *name;
    has_name_ = true;
    return name_is_known() ? Step::kMore : Step::kFailed;
  }
  if (key_ == Key::kId) id_ = decoded_string(text_).value_or("");
  return Step::kMore;
}

Step JsonCall::finish(CallEvents& out) {
  if (!has_name_ || (rules_.tentative && !has_arguments_)) return Step::kFailed;
  if (!started_) {
    out.start_call(name_, id_);
    out.call_arguments(has_arguments_ ? arguments_ : "{}");
  }
  out.end_call(false);
  return Step::kDone;
}

Step JsonCall::put(char c, CallEvents& out) {
  if (state_ == State::kKey) return in_key(c);
  if (state_ == State::kValue) return in_value(c, out);
  if (is_space(c)) return Step::kMore;
  switch (state_) {
    case State::kOpen:
      if (c != '{') return Step::kFailed;
      state_ = State::kFirstKey;
      return Step::kMore;
    case State::kFirstKey:
    case State::kNextKey:
      if (c != '"') return Step::kFailed;
      scanner_.reset();
      text_.clear();
      state_ = State::kKey;
      return in_key(c);
    case State::kColon:
      if (c != ':') return Step::kFailed;
      state_ = State::kValueStart;
      return Step::kMore;
    case State::kValueStart: return start_value(c, out);
    default:
      if (c == '}') return finish(out);
      if (c != ',') return Step::kFailed;
      state_ = State::kNextKey;
      return Step::kMore;
  }
}

void JsonCalls::reset() {
  call_.reset();
  state_ = State::kStart;
  is_list_ = false;
}

Step JsonCalls::start_element(char c, CallEvents& out) {
  if (c != '{') return Step::kFailed;
  call_.reset();
  state_ = State::kCall;
  return call_.put(c, out);
}

Step JsonCalls::in_call(char c, CallEvents& out) {
  const Step step = call_.put(c, out);
  if (step != Step::kDone || !is_list_) return step;
  state_ = State::kCommaOrEnd;
  return Step::kMore;
}

Step JsonCalls::put(char c, CallEvents& out) {
  if (state_ == State::kCall) return in_call(c, out);
  if (is_space(c)) return Step::kMore;
  switch (state_) {
    case State::kStart:
      if (c != '[') return start_element(c, out);
      is_list_ = true;
      state_ = State::kElementOrEnd;
      return Step::kMore;
    case State::kCommaOrEnd:
      if (c == ']') return Step::kDone;
      if (c != ',') return Step::kFailed;
      state_ = State::kElement;
      return Step::kMore;
    default: return start_element(c, out);  // an empty list is no call
  }
}

}  // namespace hearth
