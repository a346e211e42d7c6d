#include <curl/curl.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

#include "platform/curl_egress.h"
#include "platform/http_transfer.h"

namespace hearth {
namespace {

struct UrlTraits {
  using Type = CURLU*;
  static Type invalid() { return nullptr; }
  static void close(Type url) { curl_url_cleanup(url); }
};

std::string url_part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

template <class T>
bool take_number(std::string_view& text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take(std::string_view& text, std::string_view what) {
  if (text.size() < what.size() || ::strncasecmp(text.data(), what.data(), what.size()) != 0) return false;
  text.remove_prefix(what.size());
  return true;
}

// "bytes 0-99/1234" or "bytes 0-99/*". Source: RFC 9110, section 14.4.
std::optional<HttpByteRange> parse_content_range(std::string_view text) {
  HttpByteRange range;
  if (!take(text, "bytes ") || !take_number(text, range.first) || !take(text, "-") || !take_number(text, range.last) ||
      !take(text, "/") || range.last < range.first)
    return std::nullopt;
  if (text == "*") return range;
  std::uint64_t total = 0;
  if (!take_number(text, total) || !text.empty() || range.last >= total) return std::nullopt;
  range.total = total;
  return range;
}

class CurlTransfer final : public HttpTransfer {
 public:
  CurlTransfer(CurlEasy easy, const HttpRangeOptions& options)
      : easy_(std::move(easy)), egress_(easy_.get(), options.egress) {
    set(CURLOPT_HTTP_CONTENT_DECODING, 0L);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>((options.stall_timeout.count() + 999) / 1000));
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>((options.egress.connect_timeout + options.stall_timeout).count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.request_timeout.count()));
    set(CURLOPT_ERRORBUFFER, reason_);
    set(CURLOPT_HEADERFUNCTION, &CurlTransfer::on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &CurlTransfer::on_body);
    set(CURLOPT_WRITEDATA, this);
  }

  Result<HttpAnswer> get(const std::string& url, std::uint64_t first, std::uint64_t last) override {
    HEARTH_TRY(egress_.aim(url));
    answer_ = {};
    bytes_max_ = last - first + 1;
    takes_whole_ = first == 0;
    reason_[0] = '\0';
    const std::string range = std::to_string(first) + "-" + std::to_string(last);
    set(CURLOPT_RANGE, range.c_str());
    const CURLcode code = curl_easy_perform(easy_.get());
    char* location = nullptr;
    curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &location);
    if (location != nullptr) answer_.location = location;
    return concluded(code);
  }

  [[nodiscard]] std::uint64_t received_bytes() const override { return received_; }

 private:
  template <class T>
  void set(CURLoption option, T value) {
    curl_easy_setopt(easy_.get(), option, value);
  }

  Result<HttpAnswer> concluded(CURLcode code) {
    if (auto unconnected = egress_.finish()) return fail(std::move(*unconnected));
    // A body that isn't wanted was refused by on_body().
    if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && answer_.status != 0 && !wants_body()))
      return std::move(answer_);
    const std::string where = "'" + egress_.address().host + "', port " + std::to_string(egress_.address().port);
    const std::string why = reason_[0] != '\0' ? reason_ : curl_easy_strerror(code);
    switch (code) {
      case CURLE_OPERATION_TIMEDOUT:
        return fail(ErrorCode::kDeadlineExceeded, "the answer of " + where + " stopped: " + why,
                    "check the network and try again");
      case CURLE_RECV_ERROR:
      case CURLE_SEND_ERROR:
      case CURLE_GOT_NOTHING:
      case CURLE_PARTIAL_FILE:
      case CURLE_HTTP2:
      case CURLE_HTTP2_STREAM:
        answer_.broken = Error(ErrorCode::kUnavailable, "the connection to " + where + " broke off: " + why,
                               "check the network and try again");
        return std::move(answer_);
      case CURLE_WRITE_ERROR:
        return fail(ErrorCode::kInvalidData, "the server at " + where + " sends more than was asked for",
                    "download the file and name that");
      case CURLE_COULDNT_RESOLVE_PROXY:
      case CURLE_COULDNT_RESOLVE_HOST:
        return fail(ErrorCode::kUnavailable, "can't reach " + where + ": " + why,
                    "check the name, the network and the proxy variables");
      default:
        return fail(ErrorCode::kUnavailable, "can't read from " + where + ": " + why,
                    "check the address and the network, or download the file and name that");
    }
  }

  void take_header(std::string_view line) {
    if (take(line, "HTTP/")) {  // of an interim answer, or the real one
      answer_ = {};
      line.remove_prefix(std::min(line.size(), line.find(' ') + 1));
      take_number(line, answer_.status);
    } else if (take(line, "etag:")) {
      answer_.entity_tag = trimmed(line);
    } else if (take(line, "content-encoding:")) {
      answer_.content_encoding = trimmed(line);
    } else if (take(line, "content-length:")) {
      std::uint64_t length = 0;
      line = trimmed(line);
      if (take_number(line, length) && line.empty()) answer_.content_length = length;
    } else if (take(line, "content-range:")) {
      answer_.range = parse_content_range(trimmed(line));
    } else if (take(line, "retry-after:")) {
      std::uint32_t seconds = 0;  // dates are not worth the reading
      line = trimmed(line);
      if (take_number(line, seconds)) answer_.retry_after = std::chrono::seconds(seconds);
    }
  }

  [[nodiscard]] bool wants_body() const {
    const bool whole =
        answer_.status == 200 && takes_whole_ && answer_.content_length.value_or(UINT64_MAX) <= bytes_max_;
    return answer_.status == 206 || whole;
  }

  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) {
    static_cast<CurlTransfer*>(self)->take_header({data, size});
    return size;
  }

  // Zero stops the transfer: what follows a 200 may be a hundred gigabytes.
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<CurlTransfer*>(self);
    transfer.received_ += size;
    auto& body = transfer.answer_.body;
    if (!transfer.wants_body() || size > transfer.bytes_max_ - body.size()) return 0;
    const auto* bytes = reinterpret_cast<const std::byte*>(data);
    body.insert(body.end(), bytes, bytes + size);
    return size;
  }

  CurlEasy easy_;
  CurlEgress egress_;
  HttpAnswer answer_;
  std::uint64_t bytes_max_ = 0;
  std::uint64_t received_ = 0;
  bool takes_whole_ = false;
  char reason_[CURL_ERROR_SIZE] = {};
};

}  // namespace

Result<HttpAddress> parse_http_address(const std::string& url) {
  const UniqueHandle<UrlTraits> parsed(curl_url());
  // libcurl forgives a third slash and takes the folder for the host.
  const bool hostless = url.find(":///") != std::string::npos;
  const bool good =
      !hostless && parsed && is_http_url(url) && curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK;
  HttpAddress out;
  if (good && !url_part(parsed.get(), CURLUPART_USER).empty())
    return fail(ErrorCode::kInvalidArgument, "an address with a user or password in it would end up in plans and logs",
                "download the file and name that");
  if (good) {
    out.scheme = url_part(parsed.get(), CURLUPART_SCHEME);
    out.host = url_part(parsed.get(), CURLUPART_HOST);
    if (out.host.starts_with('[')) out.host = out.host.substr(1, out.host.size() - 2);
    const std::string port = url_part(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
    std::from_chars(port.data(), port.data() + port.size(), out.port);
  }
  if (out.host.empty() || out.port == 0)
    return fail(ErrorCode::kInvalidArgument, "'" + url + "' is no address of a file",
                "give one like https://host/folder/model.gguf");
  return out;
}

Result<std::string> url_beside(const std::string& url, std::string_view name) {
  const UniqueHandle<UrlTraits> parsed(curl_url());
  if (!parsed || !is_http_url(url) || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
    return fail(ErrorCode::kInvalidArgument, "'" + url + "' is no address of a file",
                "give one like https://host/folder/model.gguf");
  const bool leaves = name.empty() || name.front() == '/' || name.find("..") != std::string_view::npos ||
                      name.find_first_of("?#:\\") != std::string_view::npos;
  if (leaves)
    return fail(ErrorCode::kInvalidArgument, "'" + std::string(name) + "' is no file beside '" + url + "'",
                "check the model's index");
  std::string path = url_part(parsed.get(), CURLUPART_PATH);
  path.resize(path.rfind('/') + 1);
  curl_url_set(parsed.get(), CURLUPART_PATH, (path + std::string(name)).c_str(), 0);
  return url_part(parsed.get(), CURLUPART_URL);
}

Result<std::unique_ptr<HttpTransfer>> HttpTransfer::create(const HttpRangeOptions& options) {
  HEARTH_ASSIGN(easy, make_curl_easy());
  return std::unique_ptr<HttpTransfer>(std::make_unique<CurlTransfer>(std::move(easy), options));
}

}  // namespace hearth
