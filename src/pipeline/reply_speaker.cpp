#include "pipeline/reply_speaker.h"

#include <algorithm>
#include <utility>

namespace hearth {
namespace {

constexpr std::string_view kWhite = " \t\r\n";

// Behind the first comma, semicolon or colon that ends a clause at or after `from`; absent where there is none.
std::optional<std::size_t> clause_end(std::string_view text, std::size_t from) {
  for (std::size_t i = from; i + 1 < text.size(); ++i) {
    if ((text[i] == ',' || text[i] == ';' || text[i] == ':') && text[i + 1] == ' ') return i + 1;
  }
  return std::nullopt;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(kWhite) == std::string_view::npos; }

}  // namespace

ReplySpeaker::ReplySpeaker(Ports ports, const ReplySpeakerOptions& options)
    : ports_(std::move(ports)), options_(options), thread_([this] { run(); }) {}

ReplySpeaker::~ReplySpeaker() {
  if (!thread_.joinable()) return;
  interrupt();
  thread_.join();
}

bool ReplySpeaker::say(std::string_view text) {
  {
    const std::lock_guard lock(gate_);
    if (reply_.interrupted || error_) return false;
    if (text.empty()) return true;
    reply_.times.last_text = ports_.clock.now();
    if (!reply_.times.first_text) reply_.times.first_text = reply_.times.last_text;
  }
  text_ += text;
  take_whole_sentences();
  return true;
}

// All but the last sentence are whole: only what follows tells that one has ended.
void ReplySpeaker::take_whole_sentences() {
  auto sentences = ports_.split(text_, options_.sentence_bytes_max);
  if (sentences.size() > 1) {
    // As the splitter gives it, which may have made line ends spaces, and with the white space behind: it may part two
    // words.
    text_ = sentences.back() + text_.substr(text_.find_last_not_of(kWhite) + 1);
    sentences.pop_back();
    for (auto& sentence : sentences) queue(std::move(sentence));
    return;
  }
  if (queued_any_) return;
  if (const auto end = clause_end(text_, options_.first_clause_bytes)) {
    queue(text_.substr(0, *end));
    text_.erase(0, *end);
  }
}

void ReplySpeaker::queue(std::string sentence) {
  if (is_blank(sentence)) return;
  queued_any_ = true;
  {
    const std::lock_guard lock(gate_);
    if (!reply_.times.first_sentence) reply_.times.first_sentence = ports_.clock.now();
    waiting_.push_back(std::move(sentence));
  }
  wakes_.notify_one();
}

Result<SpokenReply> ReplySpeaker::finish() {
  for (auto& sentence : ports_.split(std::exchange(text_, {}), options_.sentence_bytes_max)) queue(std::move(sentence));
  {
    const std::lock_guard lock(gate_);
    over_ = true;
  }
  wakes_.notify_one();
  thread_.join();
  if (error_) return fail(std::move(*error_));
  return std::move(reply_);
}

void ReplySpeaker::interrupt() {
  {
    const std::lock_guard lock(gate_);
    reply_.interrupted = true;
    waiting_.clear();
  }
  cancel_.request();
  wakes_.notify_one();
}

void ReplySpeaker::run() {
  std::unique_lock lock(gate_);
  while (true) {
    wakes_.wait(lock, [this] { return over_ || reply_.interrupted || !waiting_.empty(); });
    if (reply_.interrupted || error_ || waiting_.empty()) return;
    const std::string sentence = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    speak(sentence);
    lock.lock();
    if (error_) return;
  }
}

void ReplySpeaker::speak(const std::string& sentence) {
  CallBounds bounds;
  bounds.cancel = &cancel_;
  const auto receive = [this](std::span<const float> samples) {
    if (cancel_.requested()) return false;
    ports_.play(samples);
    const std::lock_guard lock(gate_);
    reply_.n_samples += samples.size();
    reply_.times.last_audio = ports_.clock.now();
    if (!reply_.times.first_audio) reply_.times.first_audio = reply_.times.last_audio;
    return true;
  };
  const Status done = ports_.synthesize(sentence, bounds, receive);
  const std::lock_guard lock(gate_);
  if (done) {
    reply_.sentences.push_back(sentence);
  } else if (!reply_.interrupted) {
    error_ = done.error();
  }
}

}  // namespace hearth
