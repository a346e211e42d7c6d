#include "serve/realtime_responder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "serve/base64.h"
#include "serve/openai_answer.h"
#include "serve/realtime_tokens.h"

namespace hearth::serve {
namespace {

// In one event: a fifth of a second, so that what is cut off by an interruption is short. 12.8 kB in base64.
constexpr std::size_t kSamplesPerEvent = kRealtimeRateHz / 5;

std::string pcm16_base64(std::span<const float> samples) {
  std::string bytes;
  bytes.reserve(samples.size() * 2);
  for (const float sample : samples) {
    const auto value = static_cast<std::uint16_t>(std::lround(std::clamp(sample, -1.0F, 1.0F) * 32767.0F));
    bytes += static_cast<char>(value & 0xFFU);
    bytes += static_cast<char>(value >> 8U);
  }
  return encode_base64(bytes);
}

Json usage_json(const TextUsage& usage) {
  return {{"total_tokens", usage.prompt_tokens + usage.completion_tokens},
          {"input_tokens", usage.prompt_tokens},
          {"output_tokens", usage.completion_tokens},
          {"input_token_details",
           {{"text_tokens", usage.prompt_tokens}, {"audio_tokens", 0}, {"cached_tokens", usage.cached()}}},
          {"output_token_details", {{"text_tokens", usage.completion_tokens}, {"audio_tokens", 0}}}};
}

}  // namespace

// All but the interruption is of the answering thread, once it has begun.
struct RealtimeResponder::Answer {
  RealtimeAsk ask;
  std::string id;
  RealtimeItem item;
  std::uint64_t n_samples = 0;
  TextUsage usage{};
  std::string incomplete_reason{};  // why the model did not write to its end
  std::optional<Error> error{};

  mutable std::mutex gate{};  // of all below
  std::string cancel_reason{};
  RealtimeTokens* tokens = nullptr;  // while it is written
  ReplySpeaker* speaker = nullptr;   // while it is spoken

  void cancel(const std::string& reason) {
    const std::lock_guard lock(gate);
    if (cancel_reason.empty()) cancel_reason = reason;
    if (tokens != nullptr) tokens->stop();
    if (speaker != nullptr) speaker->interrupt();
  }
  // Empty where it was not cancelled.
  [[nodiscard]] std::string cancelled_for() const {
    const std::lock_guard lock(gate);
    return cancel_reason;
  }
  [[nodiscard]] bool is_cancelled() const { return !cancelled_for().empty(); }
  // What is to be ended by an interruption, which may have come before.
  void watch(RealtimeTokens* new_tokens, ReplySpeaker* new_speaker) {
    const std::lock_guard lock(gate);
    tokens = new_tokens;
    speaker = new_speaker;
    if (cancel_reason.empty()) return;
    if (tokens != nullptr) tokens->stop();
    if (speaker != nullptr) speaker->interrupt();
  }
  // Of events that belong to the answer's one piece of content.
  [[nodiscard]] Json place() const {
    return {{"response_id", id}, {"item_id", item.id}, {"output_index", 0}, {"content_index", 0}};
  }
  [[nodiscard]] Json json(const std::string& status, const std::string& reason) const {
    Json details;
    if (status == "cancelled" || status == "incomplete") details = {{"type", status}, {"reason", reason}};
    if (error) details = Json{{"type", "failed"}};
    const bool begun = status != "in_progress";
    return {{"object", "realtime.response"},
            {"id", id},
            {"status", status},
            {"status_details", details},
            {"output", begun ? Json::array({item_json(item)}) : Json::array()},
            {"output_modalities", Json::array({ask.settings.audio ? "audio" : "text"})},
            {"metadata", ask.metadata},
            {"usage", begun ? usage_json(usage) : Json()}};
  }
};

RealtimeResponder::RealtimeResponder(RealtimeState& state, std::shared_ptr<Speaker> speaker)
    : state_(state), speaker_(std::move(speaker)), thread_([this] { run(); }) {}

RealtimeResponder::~RealtimeResponder() {
  {
    const std::lock_guard lock(gate_);
    closing_ = true;
    following_.reset();
    if (active_ != nullptr) active_->cancel("client_cancelled");
  }
  changed_.notify_all();
  thread_.join();
}

std::shared_ptr<RealtimeResponder::Answer> RealtimeResponder::next_answer(RealtimeAsk ask) const {
  auto answer = std::make_shared<Answer>();
  answer->ask = std::move(ask);
  answer->id = state_.ids.next("resp_");
  answer->item.id = state_.ids.next("item_");
  answer->item.role = "assistant";
  answer->item.status = "in_progress";
  answer->item.is_audio = answer->ask.settings.audio;
  return answer;
}

bool RealtimeResponder::create(RealtimeAsk ask, bool then) {
  const std::lock_guard lock(gate_);
  if (closing_ || (active_ != nullptr && !then)) return false;
  auto made = next_answer(std::move(ask));
  if (active_ != nullptr) {
    following_ = std::move(made);
    return false;
  }
  active_ = std::move(made);
  tell_created(*active_);
  changed_.notify_all();
  return true;
}

bool RealtimeResponder::cancel(const std::string& id, const std::string& reason) {
  const std::lock_guard lock(gate_);
  following_.reset();
  if (active_ == nullptr || (!id.empty() && active_->id != id)) return false;
  active_->cancel(reason);
  changed_.notify_all();
  return true;
}

void RealtimeResponder::await_words() {
  const std::lock_guard lock(gate_);
  ++n_awaited_;
}

void RealtimeResponder::words_came() {
  const std::lock_guard lock(gate_);
  --n_awaited_;
  changed_.notify_all();
}

void RealtimeResponder::run() {
  std::unique_lock lock(gate_);
  for (;;) {
    changed_.wait(lock,
                  [this] { return closing_ || (active_ != nullptr && (n_awaited_ == 0 || active_->is_cancelled())); });
    if (active_ == nullptr) return;
    const auto present = active_;
    lock.unlock();
    const std::string status = answer(*present);
    lock.lock();
    // With the gate held: whoever hears of it may ask for the next one at once.
    tell_done(*present, status);
    active_ = std::exchange(following_, nullptr);
    if (active_ != nullptr) tell_created(*active_);
    if (closing_) return;
  }
}

std::string RealtimeResponder::answer(Answer& answer) {
  begin_item(answer);
  const Status written = write(answer);
  if (!written) answer.error = written.error();
  std::string status = "completed";
  if (answer.is_cancelled())
    status = "cancelled";
  else if (answer.error)
    status = "failed";
  else if (!answer.incomplete_reason.empty())
    status = "incomplete";
  if (status != "failed") answer.error.reset();
  answer.item.status = status == "completed" ? "completed" : "incomplete";
  answer.item.audio_ms = answer.n_samples * 1000 / kRealtimeRateHz;
  end_item(answer, status);
  state_.parts.metrics
      .counter("hearth_realtime_responses_total", "Answers in realtime sessions", metric_label("outcome", status))
      .add();
  return status;
}

Status RealtimeResponder::write(Answer& answer) {
  TextRequest request;
  request.model = state_.offer.model;
  request.key = state_.socket->request().key;
  request.priority = RequestPriority::kInteractive;
  request.max_tokens = answer.ask.settings.max_output_tokens;
  request.truncation = Truncation::kOldest;
  request.sampling.seed = state_.ids.number();
  if (answer.ask.settings.temperature) request.sampling.temperature = *answer.ask.settings.temperature;
  {
    const std::lock_guard lock(state_.gate);
    request.prompt = PromptRequest{state_.conversation.messages(answer.ask.settings.instructions)};
  }
  std::unique_ptr<ReplySpeaker> speaker;
  if (answer.ask.settings.audio) {
    HEARTH_ASSIGN(ports, voice_ports(answer));
    speaker = std::make_unique<ReplySpeaker>(std::move(ports));
  }
  const auto tokens = std::make_shared<RealtimeTokens>();
  answer.watch(tokens.get(), speaker.get());
  const std::uint64_t request_id = state_.parts.service.submit(std::move(request), tokens);
  Status followed = follow(answer, *tokens, speaker.get());
  if (!followed || answer.is_cancelled()) state_.parts.service.cancel(request_id);
  answer.watch(nullptr, nullptr);
  return followed;
}

// Hands the model's text on as it comes, and waits until it is spoken.
Status RealtimeResponder::follow(Answer& answer, RealtimeTokens& tokens, ReplySpeaker* speaker) {
  const char* const type =
      answer.item.is_audio ? "response.output_audio_transcript.delta" : "response.output_text.delta";
  while (auto text = tokens.next()) {
    answer.item.text += *text;
    Json event = answer.place();
    event["delta"] = *text;
    if (!state_.send(type, event)) tokens.stop();
    if (speaker != nullptr && !speaker->say(*text)) break;
  }
  const auto end = tokens.end();
  answer.usage = end.usage;
  if (end.finish == FinishReason::kLength) answer.incomplete_reason = "max_output_tokens";
  if (speaker != nullptr) {
    if (end.error) speaker->interrupt();
    HEARTH_ASSIGN(spoken, speaker->finish());
    if (!spoken.interrupted) HEARTH_TRY(voice_->flush());
  }
  if (end.error) return fail(openai_error(*end.error));
  return {};
}

Result<ReplySpeaker::Ports> RealtimeResponder::voice_ports(Answer& answer) {
  if (voice_ == nullptr) {
    HEARTH_ASSIGN(voice, SentenceVoice::create(speaker_, kRealtimeRateHz));
    voice_ = std::move(voice);
  }
  return voice_->ports(answer.ask.settings.style, state_.parts.clock,
                       [this, &answer](std::span<const float> samples) { play(answer, samples); });
}

// On the voice's thread, which keeps to the client's pace here.
void RealtimeResponder::play(Answer& answer, std::span<const float> samples) {
  if (answer.n_samples == 0 && answer.ask.asked_at)
    state_.parts.metrics
        .histogram("hearth_realtime_first_audio_ms", "From the end of a turn to the answer's first audio")
        .observe(std::chrono::duration<double, std::milli>(state_.parts.clock.now() - *answer.ask.asked_at).count());
  for (; !samples.empty() && state_.socket->wait_for_room();
       samples = samples.subspan(std::min(samples.size(), kSamplesPerEvent))) {
    if (answer.is_cancelled()) return;
    const auto piece = samples.first(std::min(samples.size(), kSamplesPerEvent));
    answer.n_samples += piece.size();
    Json event = answer.place();
    event["delta"] = pcm16_base64(piece);
    state_.send("response.output_audio.delta", event);
  }
}

void RealtimeResponder::tell_created(const Answer& answer) {
  state_.send("response.created", {{"response", answer.json("in_progress", {})}});
}

void RealtimeResponder::begin_item(const Answer& answer) {
  const std::lock_guard lock(state_.gate);
  state_.send("response.output_item.added",
              {{"response_id", answer.id}, {"output_index", 0}, {"item", item_json(answer.item)}});
  (void)state_.add_item(answer.item, std::nullopt, false);  // its id is new
  Json event = answer.place();
  event["part"] = content_json(answer.item);
  state_.send("response.content_part.added", event);
}

void RealtimeResponder::end_item(const Answer& answer, const std::string& status) {
  const std::lock_guard lock(state_.gate);
  // A client may have deleted it meanwhile.
  if (RealtimeItem* item = state_.conversation.find(answer.item.id)) *item = answer.item;
  Json event = answer.place();
  if (answer.item.is_audio) {
    state_.send("response.output_audio.done", event);
    event["transcript"] = answer.item.text;
    state_.send("response.output_audio_transcript.done", event);
    event.erase("transcript");
  } else {
    event["text"] = answer.item.text;
    state_.send("response.output_text.done", event);
    event.erase("text");
  }
  event["part"] = content_json(answer.item);
  state_.send("response.content_part.done", event);
  state_.send("response.output_item.done",
              {{"response_id", answer.id}, {"output_index", 0}, {"item", item_json(answer.item)}});
  if (status != "cancelled") state_.send("conversation.item.done", {{"item", item_json(answer.item)}});
}

void RealtimeResponder::tell_done(const Answer& answer, const std::string& status) {
  std::string reason = answer.incomplete_reason;
  if (status == "cancelled") reason = answer.cancelled_for();
  Json response = answer.json(status, reason);
  if (answer.error) {
    Json told = Json::parse(error_json(*answer.error, ErrorForm::kOpenAi)).at("error");
    response["status_details"]["error"] = {
        {"type", told["type"]}, {"code", told["code"]}, {"message", told["message"]}};
  }
  state_.send("response.done", {{"response", std::move(response)}});
}

}  // namespace hearth::serve
