#include "serve/http_head.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/beast/http/status.hpp>
#include <chrono>
#include <iterator>

namespace hearth::serve {
namespace {

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  for (const char c : value)
    if (static_cast<unsigned char>(c) >= 0x20 || c == '\t') out += c;
  out += "\r\n";
}

std::string_view reason_phrase(unsigned status) {
  if (status == 499) return "Client Closed Request";
  const auto reason = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
  return {reason.data(), reason.size()};
}

}  // namespace

std::string response_head(const AnswerFrame& frame, const HttpResponse& response,
                          std::optional<std::uint64_t> content_bytes) {
  std::string out;
  out.reserve(384);
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  fmt::format_to(std::back_inserter(out), "date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n",
                 fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
  const bool bodyless = response.status == 204 || response.status == 304;
  if (!response.content_type.empty() && !bodyless) append_header(out, "content-type", response.content_type);
  if (content_bytes && !bodyless) append_header(out, "content-length", std::to_string(*content_bytes));
  if (!content_bytes && !frame.http10) append_header(out, "transfer-encoding", "chunked");
  if (!frame.keep_alive)
    append_header(out, "connection", "close");
  else if (frame.http10)
    append_header(out, "connection", "keep-alive");
  for (const auto& [name, value] : frame.headers) append_header(out, name, value);
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  out += "\r\n";
  return out;
}

void append_chunk(std::string& out, std::string_view payload) {
  fmt::format_to(std::back_inserter(out), "{:x}\r\n", payload.size());
  out += payload;
  out += "\r\n";
}

}  // namespace hearth::serve
