#include "platform/http_post.h"

#include <algorithm>

#include "platform/curl_egress.h"

namespace hearth {
namespace {

class CurlPoster final : public HttpPoster {
 public:
  CurlPoster(CurlEasy easy, const HttpPostOptions& options)
      : easy_(std::move(easy)), egress_(easy_.get(), options.egress), answer_bytes_max_(options.answer_bytes_max) {
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
    set(CURLOPT_ERRORBUFFER, reason_);
    set(CURLOPT_WRITEFUNCTION, &CurlPoster::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_POST, 1L);
  }

  Result<HttpPostAnswer> post(const HttpPostRequest& request) override {
    CurlList headers;
    HEARTH_TRY(add_header(headers, "content-type", request.content_type));
    HEARTH_TRY(add_header(headers, "expect", ""));  // the body is sent at once
    for (const auto& [name, value] : request.headers) HEARTH_TRY(add_header(headers, name, value));
    HEARTH_TRY(egress_.aim(request.url));
    answer_ = {};
    reason_[0] = '\0';
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.data());
    const CURLcode code = curl_easy_perform(easy_.get());
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &answer_.status);
    set(CURLOPT_HTTPHEADER, static_cast<curl_slist*>(nullptr));
    set(CURLOPT_POSTFIELDS, static_cast<const char*>(nullptr));
    if (auto unconnected = egress_.finish()) return fail(std::move(*unconnected));
    if (code == CURLE_OK) return std::move(answer_);
    const std::string where = "'" + egress_.address().host + "', port " + std::to_string(egress_.address().port);
    const std::string why = reason_[0] != '\0' ? reason_ : curl_easy_strerror(code);
    if (code == CURLE_OPERATION_TIMEDOUT)
      return fail(ErrorCode::kDeadlineExceeded, where + " did not answer in time: " + why, "check that it runs");
    return fail(ErrorCode::kUnavailable, "can't send to " + where + ": " + why, "check the address and that it runs");
  }

 private:
  template <class T>
  void set(CURLoption option, T value) {
    curl_easy_setopt(easy_.get(), option, value);
  }

  static Status add_header(CurlList& headers, const std::string& name, const std::string& value) {
    const std::string line = value.empty() ? name + ":" : name + ": " + value;  // libcurl: no value, not sent at all
    if (line.find_first_of("\r\n") != std::string::npos || name.empty())
      return fail(ErrorCode::kInvalidArgument,
                  "the header '" + name + "' can't be sent: it has a line break or no name", "correct it");
    curl_slist* const list = headers.release();
    curl_slist* const longer = curl_slist_append(list, line.c_str());
    headers.reset(longer == nullptr ? list : longer);
    if (longer == nullptr) return fail(ErrorCode::kOutOfMemory, "no memory for a header", "end other programs");
    return {};
  }

  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
    auto& poster = *static_cast<CurlPoster*>(self);
    const std::size_t room = poster.answer_bytes_max_ - poster.answer_.body.size();
    poster.answer_.body.append(data, std::min(size, room));
    return size;
  }

  CurlEasy easy_;
  CurlEgress egress_;
  const std::size_t answer_bytes_max_;
  HttpPostAnswer answer_;
  char reason_[CURL_ERROR_SIZE] = {};
};

}  // namespace

Result<std::unique_ptr<HttpPoster>> HttpPoster::create(const HttpPostOptions& options) {
  HEARTH_ASSIGN(easy, make_curl_easy());
  return std::unique_ptr<HttpPoster>(std::make_unique<CurlPoster>(std::move(easy), options));
}

}  // namespace hearth
