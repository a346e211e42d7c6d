#include "serve/http_target.h"

#include <algorithm>

#include "base/display_text.h"

namespace hearth::serve {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Unexpected bad_target(std::string_view what, std::string_view text) {
  constexpr std::size_t kShown = 120;
  return fail(ErrorCode::kInvalidArgument,
              "the address '" + one_line(text.substr(0, kShown)) + "' " + std::string(what),
              "send a path that begins with '/', with '%' and two hexadecimal digits for special bytes");
}

// The part after scheme and host of an absolute address; others as they are.
std::string_view without_host(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    target.remove_prefix(scheme.size());
    const auto end = target.find_first_of("/?");
    return end == std::string_view::npos ? std::string_view("/") : target.substr(end);
  }
  return target;
}

Status parse_query(std::string_view text, std::map<std::string, std::string>& out) {
  while (!text.empty()) {
    const auto field = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), field.size() + 1));
    if (field.empty()) continue;
    const auto equals = std::min(field.find('='), field.size());
    HEARTH_ASSIGN(name, percent_decoded(field.substr(0, equals), true));
    HEARTH_ASSIGN(value, percent_decoded(field.substr(std::min(field.size(), equals + 1)), true));
    out.insert_or_assign(std::move(name), std::move(value));
  }
  return {};
}

}  // namespace

Result<std::string> percent_decoded(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = high < 0 ? -1 : hex_value(text[i + 2]);
      if (low < 0) return bad_target("has a '%' without two hexadecimal digits", text);
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_blank) {
      c = ' ';
    }
    if (c == '\0') return bad_target("has a byte 0", text);
    out += c;
  }
  return out;
}

Result<HttpTarget> parse_target(std::string_view target) {
  HttpTarget out;
  if (target == "*") {
    out.path = "*";
    return out;
  }
  const std::string_view local = without_host(target);
  const auto path_end = std::min(local.find_first_of("?#"), local.size());
  std::string_view path = local.substr(0, path_end);
  if (path.empty() && local.size() < target.size()) path = "/";
  if (!path.starts_with('/')) return bad_target("is no path", target);
  HEARTH_ASSIGN(decoded, percent_decoded(path, false));
  out.path = std::move(decoded);
  for (std::string_view rest = path; !rest.empty();) {
    rest.remove_prefix(1);
    const auto segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(segment.size());
    HEARTH_ASSIGN(text, percent_decoded(segment, false));
    out.segments.push_back(std::move(text));
  }
  std::string_view query = local.substr(path_end);
  if (query.starts_with('?')) HEARTH_TRY(parse_query(query.substr(1, query.find('#') - 1), out.query));
  return out;
}

}  // namespace hearth::serve
