#include "serve/multipart.h"

#include <algorithm>
#include <cctype>

namespace hearth::serve {
namespace {

bool same_letters(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The value of `name` among the parameters of a header: `; name=value` or `; name="value"`.
std::string parameter(std::string_view header, std::string_view name) {
  std::size_t at = header.find(';');
  while (at != std::string_view::npos) {
    std::string_view rest = trimmed(header.substr(at + 1));
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos) return {};
    const bool mine = same_letters(trimmed(rest.substr(0, equals)), name);
    rest = rest.substr(equals + 1);
    std::string value;
    std::size_t end = 0;
    if (rest.starts_with('"')) {
      for (end = 1; end < rest.size() && rest[end] != '"'; ++end) {
        if (rest[end] == '\\' && end + 1 < rest.size()) ++end;
        value += rest[end];
      }
    } else {
      end = std::min(rest.find(';'), rest.size());
      value = std::string(trimmed(rest.substr(0, end)));
    }
    if (mine) return value;
    const auto next = rest.find(';', std::min(end, rest.size()));
    at = next == std::string_view::npos ? next : static_cast<std::size_t>(rest.data() - header.data()) + next;
  }
  return {};
}

Unexpected broken(const char* how) {
  return fail(ErrorCode::kInvalidArgument, std::string("the form is broken: ") + how,
              "send multipart/form-data as RFC 7578 has it");
}

// Reads one part's headers; what follows them is its content.
Status read_headers(std::string_view head, FormPart& part) {
  while (!head.empty()) {
    const auto end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return broken("a header of a part has no colon");
    const std::string_view name = trimmed(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (same_letters(name, "content-disposition")) {
      part.name = parameter(value, "name");
      part.file_name = parameter(value, "filename");
    } else if (same_letters(name, "content-type")) {
      part.content_type = std::string(value);
    }
  }
  return part.name.empty() ? Status(broken("a part has no name")) : Status();
}

}  // namespace

std::string form_boundary(std::string_view content_type) {
  const auto end = std::min(content_type.find(';'), content_type.size());
  if (!same_letters(trimmed(content_type.substr(0, end)), "multipart/form-data")) return {};
  return parameter(content_type, "boundary");
}

Result<std::vector<FormPart>> parse_form(std::string_view body, std::string_view boundary, std::size_t parts_max) {
  if (boundary.empty()) return broken("the Content-Type names no boundary");
  const std::string delimiter = "--" + std::string(boundary);
  std::vector<FormPart> parts;
  std::size_t at = body.find(delimiter);
  if (at == std::string_view::npos) return broken("the boundary does not come in it");
  for (;;) {
    at += delimiter.size();
    if (body.substr(at).starts_with("--")) return parts;
    const auto line_end = body.find("\r\n", at);
    const auto head_end = body.find("\r\n\r\n", at);
    if (line_end == std::string_view::npos || head_end == std::string_view::npos)
      return broken("a part has no headers");
    const auto next = body.find("\r\n" + delimiter, head_end + 2);
    if (next == std::string_view::npos) return broken("it has no end");
    if (parts.size() == parts_max) return broken("it has too many parts");
    FormPart part;
    if (line_end < head_end) HEARTH_TRY(read_headers(body.substr(line_end + 2, head_end - line_end - 2), part));
    if (part.name.empty()) return broken("a part has no name");
    // An empty part's end may share its line break with the end of its headers.
    part.content = next < head_end + 4 ? std::string_view() : body.substr(head_end + 4, next - head_end - 4);
    parts.push_back(std::move(part));
    at = next + 2;
  }
}

}  // namespace hearth::serve
