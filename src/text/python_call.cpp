#include "text/python_call.h"

#include <cctype>

#include "text/json_scanner.h"
#include "text/markers.h"

namespace hearth {
namespace {

constexpr int kDepthMax = 64;

// A recursive-descent reader; each read_* gives false when the text is something else.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<std::vector<PythonCall>> calls() {
    std::vector<PythonCall> found;
    skip();
    const bool list = take('[');
    while (skip(), at_ < text_.size() && text_[at_] != ']') {
      if (!read_statement(found)) return std::nullopt;
      skip();
      if (list ? !take(',') && peek() != ']' : (take(';'), false)) return std::nullopt;
    }
    if (list && !take(']')) return std::nullopt;
    skip();
    if (at_ != text_.size() || found.empty()) return std::nullopt;
    return found;
  }

 private:
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  bool take(char c) {
    skip();
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  static bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

  std::string word(bool dots) {
    skip();
    const std::size_t begin = at_;
    while (at_ < text_.size() && (is_word(text_[at_]) || (dots && text_[at_] == '.'))) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  bool read_statement(std::vector<PythonCall>& found) {
    const std::size_t begin = at_;
    if (word(true) == "print" && take('(') && read_call(found) && take(')')) return true;
    at_ = begin;
    return read_call(found);
  }

  bool read_call(std::vector<PythonCall>& found) {
    PythonCall call{word(true), "{"};
    if (call.name.empty() || std::isdigit(static_cast<unsigned char>(call.name[0])) != 0 || !take('(')) return false;
    while (!take(')')) {
      if (call.arguments_json.size() > 1) {
        if (!take(',')) return false;
        if (take(')')) break;
        call.arguments_json += ", ";
      }
      const std::string key = word(false);
      if (key.empty() || !take('=')) return false;
      call.arguments_json += "\"" + key + "\": ";
      if (!read_value(call.arguments_json, 0)) return false;
    }
    call.arguments_json += '}';
    found.push_back(std::move(call));
    return true;
  }

  bool read_value(std::string& out, int depth) {
    skip();
    if (depth > kDepthMax) return false;
    const char c = peek();
    if (c == '"' || c == '\'') return read_string(out);
    if (c == '[' || c == '(') return read_list(out, depth);
    if (c == '{') return read_dictionary(out, depth);
    return read_scalar(out);
  }

  bool read_scalar(std::string& out) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (is_word(text_[at_]) || text_[at_] == '.' || text_[at_] == '-' || text_[at_] == '+'))
      ++at_;
    const std::string_view scalar = text_.substr(begin, at_ - begin);
    if (scalar == "True" || scalar == "true") return out += "true", true;
    if (scalar == "False" || scalar == "false") return out += "false", true;
    if (scalar == "None" || scalar == "null") return out += "null", true;
    JsonScanner scanner;
    for (const char c : scalar)
      if (scanner.put(c) != Step::kMore) return false;
    if (scanner.put(' ') != Step::kDoneBefore) return false;
    out += scalar;
    return true;
  }

  bool read_list(std::string& out, int depth) {
    const char close = text_[at_++] == '[' ? ']' : ')';
    out += '[';
    for (bool first = true; !take(close); first = false) {
      if (!first) {
        if (!take(',')) return false;
        if (take(close)) break;
        out += ", ";
      }
      if (!read_value(out, depth + 1)) return false;
    }
    out += ']';
    return true;
  }

  bool read_dictionary(std::string& out, int depth) {
    ++at_;
    out += '{';
    for (bool first = true; !take('}'); first = false) {
      if (!first) {
        if (!take(',')) return false;
        if (take('}')) break;
        out += ", ";
      }
      skip();
      if (peek() != '"' && peek() != '\'') return false;
      if (!read_string(out) || !take(':')) return false;
      out += ": ";
      if (!read_value(out, depth + 1)) return false;
    }
    out += '}';
    return true;
  }

  bool read_string(std::string& out) {
    const char quote = text_[at_++];
    std::string value;
    while (at_ < text_.size() && text_[at_] != quote) {
      char c = text_[at_++];
      if (c == '\n') return false;
      if (c == '\\' && !read_escape(c)) return false;
      value += c;
    }
    if (at_ >= text_.size()) return false;
    ++at_;
    out += '"' + json_escaped(value) + '"';
    return true;
  }

  bool read_escape(char& c) {
    switch (peek()) {
      case 'n': c = '\n'; break;
      case 't': c = '\t'; break;
      case 'r': c = '\r'; break;
      case '\\':
      case '"':
      case '\'': c = peek(); break;
      default: return false;
    }
    ++at_;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<std::vector<PythonCall>> parse_python_calls(std::string_view text) { return Reader(text).calls(); }

}  // namespace hearth
