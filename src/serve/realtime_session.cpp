#include "serve/realtime_session.h"

#include <array>
#include <utility>

#include "serve/base64.h"
#include "serve/realtime_audio.h"

namespace hearth::serve {
namespace {

// Source: the OpenAI API reference, realtime, input_audio_buffer.commit.
constexpr std::size_t kCommitSamplesMin = kRealtimeRateHz / 10;

Error missing(const char* name, std::string hint = {}) { return field_error(name, "is missing", std::move(hint)); }

Error no_item(const std::string& id) {
  return Error(ErrorCode::kNotFound, "there is no item '" + id.substr(0, 64) + "' in the conversation",
               "conversation.item.added tells of those that there are")
      .with("param", "item_id");
}

std::uint64_t ms_of(std::uint64_t n_samples) { return n_samples * 1000 / SpeechProbability::kSampleRateHz; }

// The text of a field that must be there.
Result<std::string> needed_text(ObjectReader& event, const char* name) {
  std::string text;
  const bool is_there = event.text(name, text);
  HEARTH_TRY(event.notes().status());
  if (!is_there) return fail(missing(name));
  return text;
}

}  // namespace

struct RealtimeSession::Handler {
  std::string_view type;
  Status (RealtimeSession::*handle)(ObjectReader&);
};

RealtimeSession::RealtimeSession(const RealtimeParts& parts, AnswerIds& ids, std::shared_ptr<WebSocket> socket,
                                 RealtimeOffer offer, std::shared_ptr<Speaker> speaker)
    : ids_(ids), state_{parts, std::move(socket), ids, std::move(offer), {}, {}, {}} {
  state_.settings = default_settings(state_.offer);
  responder_ = std::make_unique<RealtimeResponder>(state_, std::move(speaker));
  if (!state_.offer.speech_models.empty()) scribe_ = std::make_unique<UtteranceScribe>(scribe_ports());
}

RealtimeSession::~RealtimeSession() { over_.request(); }

UtteranceScribe::Ports RealtimeSession::scribe_ports() {
  return {[this](const CallBounds& bounds) {
            std::string model, language;
            {
              const std::lock_guard lock(state_.gate);
              model = state_.settings.transcription_model;
              language = state_.settings.transcription_language;
            }
            return state_.parts.listening.recogniser(model, language, bounds);
          },
          [this](const std::string& id, const std::string& text) { on_words(id, text); },
          [this](const std::string& id, Result<WrittenUtterance> written) { on_written(id, std::move(written)); }};
}

void RealtimeSession::run() {
  const std::string id = ids_.next("sess_");
  {
    const std::lock_guard lock(state_.gate);
    state_.send("session.created", {{"session", session_json(id, state_.offer, state_.settings)}});
  }
  for (std::string message; state_.socket->receive(message);) {
    std::string client_event;
    if (const Status done = handle(message, client_event); !done) state_.send_error(done.error(), client_event);
  }
}

Status RealtimeSession::handle(const std::string& message, std::string& client_event) {
  static constexpr std::array<Handler, 10> kHandlers = {{
      {"session.update", &RealtimeSession::update_session},
      {"input_audio_buffer.append", &RealtimeSession::append},
      {"input_audio_buffer.commit", &RealtimeSession::commit},
      {"input_audio_buffer.clear", &RealtimeSession::clear},
      {"conversation.item.create", &RealtimeSession::create_item},
      {"conversation.item.retrieve", &RealtimeSession::retrieve_item},
      {"conversation.item.delete", &RealtimeSession::delete_item},
      {"conversation.item.truncate", &RealtimeSession::truncate_item},
      {"response.create", &RealtimeSession::create_response},
      {"response.cancel", &RealtimeSession::cancel_response},
  }};
  HEARTH_ASSIGN(json, parse_json_object(message));
  ReadingNotes notes;
  ObjectReader event(json, "", notes);
  event.text("event_id", client_event);
  HEARTH_ASSIGN(type, needed_text(event, "type"));
  for (const Handler& handler : kHandlers)
    if (handler.type == type) return (this->*handler.handle)(event);
  std::string known;
  for (const Handler& handler : kHandlers) known += (known.empty() ? "" : ", ") + std::string(handler.type);
  return fail(
      field_error("type", "is no event that is known here: '" + type.substr(0, 64) + "'", "send one of " + known));
}

Status RealtimeSession::update_session(ObjectReader& event) {
  auto session = event.object("session");
  HEARTH_TRY(event.notes().status());
  if (!session) return fail(missing("session"));
  std::optional<RealtimeTurns> turns;
  Json shown;
  {
    const std::lock_guard lock(state_.gate);
    read_session(*session, state_.offer, state_.settings);
    turns = state_.settings.turns;
    shown = session_json({}, state_.offer, state_.settings);
  }
  HEARTH_TRY(event.notes().status());
  shown.erase("id");
  if (!event.notes().ignored.empty()) shown["hearth"] = {{"ignored", event.notes().ignored}};
  state_.send("session.updated", {{"session", std::move(shown)}});
  if (turns != turns_ || (turns && cutter_ == nullptr)) HEARTH_TRY(set_turns(turns));
  return {};
}

// What was heard of a turn that goes on is kept where the client commits from now on, and dropped else.
Status RealtimeSession::set_turns(const std::optional<RealtimeTurns>& turns) {
  turns_ = turns;
  cutter_.reset();
  if (!turns || scribe_ == nullptr) return {};
  if (!turn_.empty()) scribe_->drop();
  turn_.clear();
  auto detector = state_.parts.listening.detector({.cancel = &over_});
  TurnOptions options{turns->threshold, turns->prefix_padding_ms, turns->silence_duration_ms};
  cutter_ =
      std::make_unique<TurnCutter>(detector ? std::move(*detector) : probability_of_loudness(), options,
                                   TurnListener{[this](std::uint64_t begin) { on_turn_started(begin); },
                                                [this](std::span<const float> samples) { scribe_->push(samples); },
                                                [this](std::uint64_t end) { on_turn_stopped(end); }});
  if (!detector) return fail(std::move(detector).error());  // told; loudness decides meanwhile
  return {};
}

Status RealtimeSession::append(ObjectReader& event) {
  HEARTH_ASSIGN(audio, needed_text(event, "audio"));
  if (scribe_ == nullptr)
    return fail(ErrorCode::kUnsupported, "this server has no speech model to hear with",
                "start it with one, such as -m ears=en-us.lm.bin");
  HEARTH_ASSIGN(samples, read_pcm16(audio));
  if (input_ == nullptr) {
    HEARTH_ASSIGN(input, SpeechInput::create(kRealtimeRateHz));
    input_ = std::move(input);
    std::optional<RealtimeTurns> turns;
    {
      const std::lock_guard lock(state_.gate);
      turns = state_.settings.turns;
    }
    if (turns && cutter_ == nullptr)
      if (const Status set = set_turns(turns); !set) state_.send_error(set.error());
  }
  n_uncommitted_ += samples.size();
  HEARTH_ASSIGN(heard, input_->convert(samples));
  return hear(heard);
}

Status RealtimeSession::hear(std::span<const float> samples) {
  if (cutter_ != nullptr) return cutter_->push(samples, {.cancel = &over_});
  if (turn_.empty()) begin_turn();
  scribe_->push(samples);
  return {};
}

void RealtimeSession::begin_turn() {
  turn_ = ids_.next("item_");
  scribe_->begin(turn_);
}

void RealtimeSession::on_turn_started(std::uint64_t begin) {
  begin_turn();
  state_.send("input_audio_buffer.speech_started", {{"audio_start_ms", ms_of(begin)}, {"item_id", turn_}});
  if (turns_ && turns_->interrupt_response) (void)responder_->cancel({}, "turn_detected");
}

void RealtimeSession::on_turn_stopped(std::uint64_t end) {
  state_.send("input_audio_buffer.speech_stopped", {{"audio_end_ms", ms_of(end)}, {"item_id", turn_}});
  commit_turn(turns_ && turns_->create_response);
}

void RealtimeSession::commit_turn(bool wants_response) {
  RealtimeItem item;
  item.id = turn_;
  item.role = "user";
  item.is_audio = true;
  item.has_text = false;
  {
    const std::lock_guard lock(state_.gate);
    const std::string before = state_.conversation.last_id();
    state_.send("input_audio_buffer.committed",
                {{"previous_item_id", before.empty() ? Json() : Json(before)}, {"item_id", turn_}});
    (void)state_.add_item(std::move(item), std::nullopt, true);  // its id is new
    heard_[turn_] = {wants_response, state_.parts.clock.now()};
  }
  responder_->await_words();
  scribe_->end();
  turn_.clear();
  n_uncommitted_ = 0;
}

Status RealtimeSession::commit(ObjectReader&) {
  if (turn_.empty() || n_uncommitted_ < kCommitSamplesMin)
    return fail(Error(ErrorCode::kInvalidArgument,
                      turn_.empty() && cutter_ != nullptr
                          ? "no speech was heard since the last turn: there is nothing to commit"
                          : "the buffer holds " + std::to_string(n_uncommitted_ * 1000 / kRealtimeRateHz) +
                                " ms of audio; a turn has 100 ms at least",
                      "append more audio first")
                    .with("code", "input_audio_buffer_commit_empty"));
  if (cutter_ != nullptr) cutter_->forget();
  commit_turn(false);
  return {};
}

Status RealtimeSession::clear(ObjectReader&) {
  if (cutter_ != nullptr) cutter_->forget();
  if (scribe_ != nullptr && !turn_.empty()) scribe_->drop();
  turn_.clear();
  n_uncommitted_ = 0;
  state_.send("input_audio_buffer.cleared", Json::object());
  return {};
}

// On the scribe's thread.
void RealtimeSession::on_words(const std::string& id, const std::string& text) {
  const std::lock_guard lock(state_.gate);
  if (!state_.settings.tells_transcripts) return;
  state_.send("conversation.item.input_audio_transcription.delta",
              {{"item_id", id}, {"content_index", 0}, {"delta", text}});
}

// Likewise.
void RealtimeSession::on_written(const std::string& id, Result<WrittenUtterance> written) {
  RealtimeAsk ask;
  bool wants_response = false;
  {
    const std::lock_guard lock(state_.gate);
    const auto heard = heard_.extract(id);
    ask.settings = state_.settings.answer;
    // Where nothing was said, nothing is answered.
    wants_response = !heard.empty() && heard.mapped().wants_response && written && !written->text.empty();
    if (!heard.empty()) ask.asked_at = heard.mapped().at;
    if (RealtimeItem* item = state_.conversation.find(id)) {
      item->text = written ? written->text : std::string();
      item->has_text = written.has_value();
    }
    Json members{{"item_id", id}, {"content_index", 0}};
    if (!written) {
      Json error = Json::parse(error_json(written.error(), ErrorForm::kOpenAi)).at("error");
      members["error"] = std::move(error);
      state_.send("conversation.item.input_audio_transcription.failed", members);
    } else if (state_.settings.tells_transcripts) {
      members["transcript"] = written->text;
      members["usage"] = {{"type", "duration"}, {"seconds", written->audio_s}};
      state_.send("conversation.item.input_audio_transcription.completed", members);
    }
  }
  responder_->words_came();
  if (wants_response) (void)responder_->create(std::move(ask), true);
}

Status RealtimeSession::create_item(ObjectReader& event) {
  auto object = event.object("item");
  HEARTH_TRY(event.notes().status());
  if (!object) return fail(missing("item"));
  RealtimeItem item;
  read_item(*object, item);
  std::string previous;
  const bool has_previous = event.text("previous_item_id", previous);
  HEARTH_TRY(event.notes().status());
  if (item.id.empty()) item.id = ids_.next("item_");
  const std::lock_guard lock(state_.gate);
  return state_.add_item(std::move(item), has_previous ? std::optional(previous) : std::nullopt, true);
}

Status RealtimeSession::retrieve_item(ObjectReader& event) {
  HEARTH_ASSIGN(id, needed_text(event, "item_id"));
  const std::lock_guard lock(state_.gate);
  const RealtimeItem* item = state_.conversation.find(id);
  if (item == nullptr) return fail(no_item(id));
  state_.send("conversation.item.retrieved", {{"item", item_json(*item)}});
  return {};
}

Status RealtimeSession::delete_item(ObjectReader& event) {
  HEARTH_ASSIGN(id, needed_text(event, "item_id"));
  const std::lock_guard lock(state_.gate);
  if (!state_.conversation.remove(id)) return fail(no_item(id));
  state_.send("conversation.item.deleted", {{"item_id", id}});
  return {};
}

Status RealtimeSession::truncate_item(ObjectReader& event) {
  HEARTH_ASSIGN(id, needed_text(event, "item_id"));
  std::uint32_t index = 0;
  std::uint32_t end_ms = 0;
  event.whole<std::uint32_t>("content_index", {0, 0}, index);
  const bool has_end = event.whole<std::uint32_t>("audio_end_ms", {}, end_ms);
  HEARTH_TRY(event.notes().status());
  if (!has_end) return fail(missing("audio_end_ms", "it is how much of the answer was played"));
  const std::lock_guard lock(state_.gate);
  RealtimeItem* item = state_.conversation.find(id);
  if (item == nullptr) return fail(no_item(id));
  if (item->role != "assistant" || !item->is_audio || item->status == "in_progress")
    return fail(field_error("item_id", "must be that of an answer that was spoken and has ended"));
  if (end_ms > item->audio_ms)
    return fail(
        field_error("audio_end_ms", "lies behind the answer's end at " + std::to_string(item->audio_ms) + " ms"));
  item->text = heard_part(*item, end_ms);
  item->audio_ms = end_ms;
  state_.send("conversation.item.truncated", {{"item_id", id}, {"content_index", 0}, {"audio_end_ms", end_ms}});
  return {};
}

Status RealtimeSession::create_response(ObjectReader& event) {
  RealtimeAsk ask;
  {
    const std::lock_guard lock(state_.gate);
    ask.settings = state_.settings.answer;
  }
  if (auto response = event.object("response")) {
    if (const Json* metadata = response->find("metadata"); metadata != nullptr && metadata->is_object())
      ask.metadata = *metadata;
    read_response(*response, state_.offer, ask.settings);
  }
  HEARTH_TRY(event.notes().status());
  if (responder_->create(std::move(ask), false)) return {};
  return fail(Error(ErrorCode::kInvalidArgument, "an answer is under way already",
                    "wait for its response.done, or send response.cancel")
                  .with("code", "conversation_already_has_active_response"));
}

Status RealtimeSession::cancel_response(ObjectReader& event) {
  std::string id;
  event.text("response_id", id);
  HEARTH_TRY(event.notes().status());
  if (responder_->cancel(id, "client_cancelled")) return {};
  return fail(Error(ErrorCode::kInvalidArgument, "no such answer is under way: there is nothing to cancel")
                  .with("code", "response_cancel_not_active"));
}

}  // namespace hearth::serve
