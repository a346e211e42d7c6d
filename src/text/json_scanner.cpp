#include "text/json_scanner.h"

namespace hearth {
namespace {

constexpr std::size_t kDepthMax = 128;
constexpr std::size_t kScalarMax = 128;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::size_t skip_digits(std::string_view s, std::size_t at) {
  while (at < s.size() && is_digit(s[at])) ++at;
  return at;
}

// Source: RFC 8259, section 6.
bool is_number(std::string_view s) {
  std::size_t at = !s.empty() && s[0] == '-' ? 1 : 0;
  if (at >= s.size() || !is_digit(s[at])) return false;
  at = s[at] == '0' ? at + 1 : skip_digits(s, at);
  if (at < s.size() && s[at] == '.') {
    const std::size_t end = skip_digits(s, at + 1);
    if (end == at + 1) return false;
    at = end;
  }
  if (at < s.size() && (s[at] == 'e' || s[at] == 'E')) {
    ++at;
    if (at < s.size() && (s[at] == '+' || s[at] == '-')) ++at;
    const std::size_t end = skip_digits(s, at);
    if (end == at) return false;
    at = end;
  }
  return at == s.size();
}

bool may_start_scalar(char c) { return c == '-' || is_digit(c) || c == 't' || c == 'f' || c == 'n'; }
bool may_continue_scalar(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || c == '.' || c == '+' || c == '-' || c == 'E';
}
bool is_scalar(std::string_view s) { return s == "true" || s == "false" || s == "null" || is_number(s); }

}  // namespace

Step JsonScanner::end_of_value() {
  state_ = State::kCommaOrEnd;
  return stack_.empty() ? Step::kDone : Step::kMore;
}

Step JsonScanner::start_value(char c) {
  if (c == '{' || c == '[') {
    if (stack_.size() >= kDepthMax) return Step::kFailed;
    stack_ += c;
    state_ = c == '{' ? State::kKeyOrEnd : State::kValueOrEnd;
    return Step::kMore;
  }
  if (c == '"') {
    state_ = State::kString;
    string_is_key_ = false;
    return Step::kMore;
  }
  if (!may_start_scalar(c)) return Step::kFailed;
  scalar_ = c;
  state_ = State::kScalar;
  return Step::kMore;
}

Step JsonScanner::close(char c) {
  if (stack_.empty() || stack_.back() != (c == '}' ? '{' : '[')) return Step::kFailed;
  stack_.pop_back();
  return end_of_value();
}

Step JsonScanner::end_of_scalar(char c) {
  if (may_continue_scalar(c)) {
    scalar_ += c;
    return scalar_.size() > kScalarMax ? Step::kFailed : Step::kMore;
  }
  if (!is_scalar(scalar_)) return Step::kFailed;
  state_ = State::kCommaOrEnd;
  return stack_.empty() ? Step::kDoneBefore : put(c);
}

Step JsonScanner::in_escape(char c) {
  if (state_ == State::kHex) {
    if (!is_hex(c)) return Step::kFailed;
    if (--hex_left_ == 0) state_ = State::kString;
    return Step::kMore;
  }
  if (std::string_view("\"\\/bfnrtu").find(c) == std::string_view::npos) return Step::kFailed;
  state_ = c == 'u' ? State::kHex : State::kString;
  hex_left_ = 4;
  return Step::kMore;
}

Step JsonScanner::put(char c) {
  switch (state_) {
    case State::kString:
      if (c == '\\') state_ = State::kEscape;
      if (c != '"') return Step::kMore;
      if (!string_is_key_) return end_of_value();
      state_ = State::kColon;
      return Step::kMore;
    case State::kEscape:
    case State::kHex: return in_escape(c);
    case State::kScalar: return end_of_scalar(c);
    default: break;
  }
  if (is_space(c)) return stack_.empty() ? Step::kFailed : Step::kMore;
  switch (state_) {
    case State::kValueOrEnd:
      if (c == ']') return close(c);
      return start_value(c);
    case State::kKeyOrEnd:
      if (c == '}') return close(c);
      [[fallthrough]];
    case State::kKey:
      if (c != '"') return Step::kFailed;
      state_ = State::kString;
      string_is_key_ = true;
      return Step::kMore;
    case State::kColon:
      if (c != ':') return Step::kFailed;
      state_ = State::kValue;
      return Step::kMore;
    case State::kCommaOrEnd:
      if (c != ',') return close(c);
      if (stack_.empty()) return Step::kFailed;
      state_ = stack_.back() == '{' ? State::kKey : State::kValue;
      return Step::kMore;
    default: return start_value(c);
  }
}

std::string json_byte(char c, bool in_string) {
  if (!in_string || static_cast<unsigned char>(c) >= 0x20) return {c};
  return json_escaped({&c, 1});
}

std::string json_escaped(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) {
          out += c;
        } else {
          out += "\\u00";
          out += kHex[static_cast<unsigned char>(c) >> 4U];
          out += kHex[static_cast<unsigned char>(c) & 15U];
        }
    }
  }
  return out;
}

Step ObjectStream::put(char c, CallEvents& out) {
  if (!begun_ && c != '{') return Step::kFailed;
  begun_ = true;
  const bool in_string = scanner_.in_string();
  const Step step = scanner_.put(c);
  if (step == Step::kMore || step == Step::kDone) out.call_arguments(json_byte(c, in_string));
  return step;
}

}  // namespace hearth
