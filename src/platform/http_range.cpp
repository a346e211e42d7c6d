#include "platform/http_range.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <list>
#include <thread>

#include "platform/http_transfer.h"

namespace hearth {
namespace {

constexpr std::chrono::milliseconds kBackoffMax{5'000};
constexpr std::uint64_t kReadAheadBlocks = 4;    // of one request, once reads follow one another
constexpr std::uint64_t kSizeMax = 1ULL << 60U;  // no file; keeps sums inside 64 bits
constexpr const char* kDownload = "download the file and name that";

bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool may_pass(long status) { return status == 429 || (status >= 500 && status != 501 && status != 505); }

}  // namespace

bool is_http_url(std::string_view text) {
  const auto begins = [&](std::string_view scheme) {
    return text.size() > scheme.size() && std::equal(scheme.begin(), scheme.end(), text.begin(), [](char a, char b) {
             return a == std::tolower(static_cast<unsigned char>(b));
           });
  };
  return begins("http://") || begins("https://");
}

Result<std::string> redirect_target(const std::string& from, const std::string& to) {
  HEARTH_ASSIGN(old_address, parse_http_address(from));
  const auto new_address = parse_http_address(to);
  if (!new_address)
    return fail(ErrorCode::kUnsupported, "'" + from + "' redirects to something that is no http address", kDownload);
  if (old_address.scheme == "https" && new_address->scheme != "https")
    return fail(ErrorCode::kUnsupported,
                "'" + from + "' redirects from https to plain http, where anybody could change what is read",
                "give the https address of the file");
  return to;
}

class HttpRangeReader::Impl {
 public:
  Impl(std::string url, const HttpRangeOptions& options, std::unique_ptr<HttpTransfer> transfer)
      : url_(std::move(url)), at_(url_), options_(options), transfer_(std::move(transfer)) {
    options_.block_bytes = std::max<std::size_t>(options_.block_bytes, 1);
    options_.blocks_kept = std::max<std::size_t>(options_.blocks_kept, 1);
  }

  Status open() {
    size_ = options_.block_bytes;  // until the first answer tells
    return fetch(0, 1);
  }

  Status read_at(std::uint64_t offset, std::span<std::byte> out) {
    if (offset > size_ || out.size() > size_ - offset)
      return fail(ErrorCode::kInvalidArgument, "'" + url_ + "' ends before what is read");
    while (!out.empty()) {
      const std::uint64_t index = offset / options_.block_bytes;
      HEARTH_ASSIGN(block, block_of(index));
      const std::size_t from = static_cast<std::size_t>(offset % options_.block_bytes);
      const std::size_t n = std::min(out.size(), block->size() - from);
      std::memcpy(out.data(), block->data() + from, n);
      out = out.subspan(n);
      offset += n;
    }
    return {};
  }

  const std::string url_;
  std::string at_;  // where the redirects ended
  std::string tag_;
  std::uint64_t size_ = 0;
  std::uint64_t requests_ = 0;
  [[nodiscard]] std::uint64_t received_bytes() const { return transfer_->received_bytes(); }

 private:
  struct Block {
    std::uint64_t index;
    std::vector<std::byte> bytes;
  };

  // The block's bytes, fetched where they are not kept; valid until the next call.
  Result<const std::vector<std::byte>*> block_of(std::uint64_t index) {
    auto found = find(index);
    if (found == kept_.end()) {
      run_ = index == next_ ? std::min(run_ * 2, kReadAheadBlocks) : 1;
      const std::uint64_t blocks = (size_ + options_.block_bytes - 1) / options_.block_bytes;
      std::uint64_t n = std::min({run_, blocks - index, static_cast<std::uint64_t>(options_.blocks_kept)});
      for (std::uint64_t i = 1; i < n; ++i)
        if (find(index + i) != kept_.end()) n = i;
      HEARTH_TRY(fetch(index, n));
      found = find(index);
    }
    kept_.splice(kept_.begin(), kept_, found);
    return &kept_.front().bytes;
  }

  std::list<Block>::iterator find(std::uint64_t index) {
    return std::find_if(kept_.begin(), kept_.end(), [&](const Block& block) { return block.index == index; });
  }

  Status fetch(std::uint64_t index, std::uint64_t n) {
    const std::uint64_t first = index * options_.block_bytes;
    const std::uint64_t last = std::min(first + n * options_.block_bytes, size_) - 1;
    HEARTH_ASSIGN(answer, request(first, last));
    HEARTH_TRY(check(answer, first, last));
    next_ = index + n;
    for (std::size_t at = 0; at < answer.body.size(); at += options_.block_bytes) {
      const std::size_t end = std::min(at + options_.block_bytes, answer.body.size());
      const auto* bytes = answer.body.data();
      kept_.push_front({index + at / options_.block_bytes, {bytes + at, bytes + end}});
    }
    while (kept_.size() > options_.blocks_kept) kept_.pop_back();
    return {};
  }

  // Follows redirects from where the last request ended.
  Result<HttpAnswer> request(std::uint64_t first, std::uint64_t last) {
    for (int hop = 0; hop <= options_.redirects_max; ++hop) {
      HEARTH_ASSIGN(answer, answer_after_attempts(first, last));
      if (!is_redirect(answer.status)) return answer;
      HEARTH_ASSIGN(target, redirect_target(at_, answer.location));
      at_ = std::move(target);
    }
    return fail(ErrorCode::kUnsupported,
                "'" + url_ + "' redirects more than " + std::to_string(options_.redirects_max) + " times", kDownload);
  }

  Result<HttpAnswer> answer_after_attempts(std::uint64_t first, std::uint64_t last) {
    auto wait = options_.backoff;
    for (int attempt = 1;; ++attempt) {
      ++requests_;
      HEARTH_ASSIGN(answer, transfer_->get(at_, first, last));
      if (!answer.broken && !may_pass(answer.status)) return answer;
      if (attempt >= options_.attempts_max) {
        if (answer.broken) return fail(std::move(*answer.broken));
        return answer;
      }
      std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(
          std::max<std::chrono::milliseconds>(wait, answer.retry_after), kBackoffMax));
      wait *= 2;
    }
  }

  Status check(HttpAnswer& answer, std::uint64_t first, std::uint64_t last) {
    // A short file sent whole by a server that knows no ranges is as good.
    if (const auto size = answer.content_length;
        answer.status == 200 && size && *size > 0 && *size == answer.body.size()) {
      answer.status = 206;
      answer.range = HttpByteRange{0, *size - 1, *size};
    }
    HEARTH_TRY(check_status(answer.status));
    const bool opening = kept_.empty();
    if (!answer.content_encoding.empty() && answer.content_encoding != "identity")
      return fail(ErrorCode::kUnsupported,
                  "the server of '" + url_ + "' compresses what it sends, so that parts of the file can't be read",
                  kDownload);
    if (!answer.range || !answer.range->total || answer.range->first != first || *answer.range->total > kSizeMax)
      return fail(ErrorCode::kInvalidData, "the server of '" + url_ + "' answers with another part than was asked for",
                  kDownload);
    if (opening) {
      size_ = *answer.range->total;
      tag_ = answer.entity_tag;
    } else if (size_ != *answer.range->total || tag_ != answer.entity_tag) {
      return fail(ErrorCode::kInvalidData, "'" + url_ + "' was replaced on the server while it was read", "try again");
    }
    const std::uint64_t wanted = std::min(last + 1, size_) - first;
    if (answer.range->last - first + 1 != wanted || answer.body.size() != wanted)
      return fail(ErrorCode::kInvalidData,
                  "the server of '" + url_ + "' sent " + std::to_string(answer.body.size()) + " of " +
                      std::to_string(wanted) + " bytes",
                  kDownload);
    return {};
  }

  [[nodiscard]] Status check_status(long status) const {
    const std::string said = "(HTTP status " + std::to_string(status) + ")";
    if (status == 206) return {};
    if (status == 200)
      return fail(ErrorCode::kUnsupported,
                  "the server of '" + url_ + "' sends only the whole file, not parts of it; nothing of it was fetched",
                  kDownload);
    if (status == 404 || status == 410)
      return fail(ErrorCode::kNotFound, "there is no file at '" + url_ + "' " + said, "check the address");
    if (status == 401 || status == 403)
      return fail(ErrorCode::kPermissionDenied, "the server doesn't give '" + url_ + "' to everybody " + said,
                  "log in or accept its licence there, download the file and name that");
    if (status == 416)
      return fail(ErrorCode::kInvalidData, "the file at '" + url_ + "' is empty " + said, "check the address");
    return fail(ErrorCode::kUnavailable, "the server of '" + url_ + "' can't answer " + said, "try again later");
  }

  HttpRangeOptions options_;
  std::unique_ptr<HttpTransfer> transfer_;
  std::list<Block> kept_;       // used last first
  std::uint64_t next_ = ~0ULL;  // the block after the last one fetched
  std::uint64_t run_ = 1;
};

HttpRangeReader::HttpRangeReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpRangeReader::HttpRangeReader(HttpRangeReader&&) noexcept = default;
HttpRangeReader& HttpRangeReader::operator=(HttpRangeReader&&) noexcept = default;
HttpRangeReader::~HttpRangeReader() = default;

Result<HttpRangeReader> HttpRangeReader::open(const std::string& url, const HttpRangeOptions& options) {
  HEARTH_TRY(parse_http_address(url));
  HEARTH_ASSIGN(transfer, HttpTransfer::create(options));
  auto impl = std::make_unique<Impl>(url, options, std::move(transfer));
  HEARTH_TRY(impl->open());
  return HttpRangeReader(std::move(impl));
}

std::uint64_t HttpRangeReader::size_bytes() const { return impl_->size_; }
const std::string& HttpRangeReader::url() const { return impl_->url_; }
std::uint64_t HttpRangeReader::fetched_bytes() const { return impl_->received_bytes(); }
std::uint64_t HttpRangeReader::n_requests() const { return impl_->requests_; }
const std::string& HttpRangeReader::entity_tag() const { return impl_->tag_; }
Status HttpRangeReader::read_at(std::uint64_t offset, std::span<std::byte> out) { return impl_->read_at(offset, out); }

}  // namespace hearth
