#include "serve/realtime_settings.h"

#include <algorithm>
#include <cmath>

#include "serve/openai_voices.h"

namespace hearth::serve {
namespace {

constexpr std::uint32_t kOutputTokensMax = 1U << 20U;
constexpr std::uint32_t kPauseMsMax = 10'000;

bool is_null(const ObjectReader& reader, const char* name) {
  const auto found = reader.json().find(name);
  return found != reader.json().end() && found->is_null();
}

// "audio" or "text"; a list of both is audio with its transcript, which is what audio here is anyway.
void read_modalities(ObjectReader& reader, const char* name, const RealtimeOffer& offer, bool& audio) {
  std::vector<std::string> names;
  if (!reader.texts(name, 2, names)) return;
  for (const auto& each : names)
    if (each != "audio" && each != "text") return reader.refuse(name, "must hold \"audio\" or \"text\"");
  audio = std::ranges::find(names, "audio") != names.end();
  if (audio && offer.voice == nullptr)
    reader.refuse_unsupported(name, "can't be \"audio\": this server has no voice", "start it with -m speech=flite");
}

// A number of tokens, or "inf".
void read_output_tokens(ObjectReader& reader, const char* name, std::uint32_t& tokens) {
  const Json* value = reader.find(name);
  if (value == nullptr) return;
  if (value->is_string() && *value == "inf") {
    tokens = 0;
    return;
  }
  reader.whole<std::uint32_t>(name, {1, kOutputTokensMax}, tokens);
}

void read_voice(ObjectReader& reader, const RealtimeOffer& offer, SpeakingStyle& style) {
  std::string voice;
  const Json* value = reader.find("voice");
  if (value == nullptr) return;
  if (value->is_object()) {
    if (auto object = reader.object("voice")) object->text("id", voice);
  } else if (!reader.text("voice", voice)) {
    return;
  }
  style.voice = is_openai_voice(voice) ? std::string() : voice;
  if (style.voice.empty() || offer.voice == nullptr) return;
  std::string known;
  for (const auto& each : offer.voice->voices) {
    if (each.id == style.voice) return;
    known += (known.empty() ? "" : ", ") + each.id;
  }
  reader.refuse("voice", "is none of the voices here", "those are: " + known);
}

void read_speed(ObjectReader& reader, const RealtimeOffer& offer, SpeakingStyle& style) {
  float speed = 1;
  const double min = offer.voice == nullptr ? 1 : std::max(offer.voice->speed_min, 0.25);
  const double max = offer.voice == nullptr ? 1 : std::min(offer.voice->speed_max, 1.5);
  if (reader.number("speed", {std::min(min, 1.0), std::max(max, 1.0)}, speed)) style.speed = static_cast<double>(speed);
}

// {"type": "audio/pcm", "rate": 24000}, or "pcm16" in the flat form.
void read_format(ObjectReader& reader, const char* name) {
  const Json* value = reader.find(name);
  if (value == nullptr) return;
  bool known = value->is_string() && *value == "pcm16";
  if (value->is_object()) {
    const auto type = value->find("type");
    const auto rate = value->find("rate");
    known = type != value->end() && *type == "audio/pcm" &&
            (rate == value->end() || rate->is_null() || *rate == kRealtimeRateHz);
  }
  if (!known)
    reader.refuse_unsupported(name, "must be PCM at 24000 Hz", R"(send {"type": "audio/pcm", "rate": 24000})");
}

void read_turns(ObjectReader& reader, std::optional<RealtimeTurns>& turns) {
  if (is_null(reader, "turn_detection")) {
    turns.reset();
    reader.skip({"turn_detection"});
    return;
  }
  auto object = reader.object("turn_detection");
  if (!object) return;
  RealtimeTurns read = turns.value_or(RealtimeTurns{});
  std::string type;
  if (object->text("type", type) && type != "server_vad")
    return object->refuse_unsupported("type", "must be \"server_vad\"", "or set turn_detection to null and commit");
  object->number("threshold", {0, 1}, read.threshold);
  object->whole<std::uint32_t>("prefix_padding_ms", {0, kPauseMsMax}, read.prefix_padding_ms);
  object->whole<std::uint32_t>("silence_duration_ms", {32, kPauseMsMax}, read.silence_duration_ms);
  object->flag("create_response", read.create_response);
  object->flag("interrupt_response", read.interrupt_response);
  object->note_rest();
  turns = read;
}

void read_transcription(ObjectReader& reader, const char* name, const RealtimeOffer& offer,
                        RealtimeSettings& settings) {
  if (is_null(reader, name)) {
    settings.tells_transcripts = false;
    reader.skip({name});
    return;
  }
  auto object = reader.object(name);
  if (!object) return;
  settings.tells_transcripts = true;
  std::string model;
  // Clients name OpenAI's models by habit: where there is one model here it is meant.
  if (object->text("model", model)) {
    const auto& known = offer.speech_models;
    if (std::ranges::find(known, model) != known.end())
      settings.transcription_model = model;
    else if (known.size() > 1)
      object->refuse("model", "is none of the speech models here", "GET /v1/models lists them");
    else
      object->notes().ignore(object->place_of("model"));
  }
  object->text("language", settings.transcription_language);
  object->note_rest();
}

void read_audio(ObjectReader& audio, const RealtimeOffer& offer, RealtimeSettings& settings) {
  if (auto input = audio.object("input")) {
    read_format(*input, "format");
    read_turns(*input, settings.turns);
    read_transcription(*input, "transcription", offer, settings);
    input->note_rest();
  }
  if (auto output = audio.object("output")) {
    read_format(*output, "format");
    read_voice(*output, offer, settings.answer.style);
    read_speed(*output, offer, settings.answer.style);
    output->note_rest();
  }
  audio.note_rest();
}

void refuse_tools(ObjectReader& reader) {
  if (const Json* tools = reader.find("tools"); tools != nullptr && tools->is_array() && !tools->empty())
    reader.refuse_unsupported("tools", "are not called in realtime sessions",
                              "use /v1/chat/completions or /v1/responses");
  reader.skip({"tool_choice"});
}

}  // namespace

RealtimeSettings default_settings(const RealtimeOffer& offer) {
  RealtimeSettings settings;
  settings.answer.audio = offer.voice != nullptr;
  if (!offer.speech_models.empty()) settings.transcription_model = offer.speech_models.front();
  return settings;
}

void read_session(ObjectReader& session, const RealtimeOffer& offer, RealtimeSettings& settings) {
  RealtimeSettings read = settings;
  std::string type;
  if (session.text("type", type) && type != "realtime")
    session.refuse_unsupported("type", "must be \"realtime\"", "POST to /v1/audio/transcriptions to transcribe alone");
  std::string model;
  if (session.text("model", model) && model != offer.model)
    session.refuse("model", "can't be changed within a session", "open another one");
  read_modalities(session, "output_modalities", offer, read.answer.audio);
  read_modalities(session, "modalities", offer, read.answer.audio);
  session.text("instructions", read.answer.instructions);
  read_output_tokens(session, "max_output_tokens", read.answer.max_output_tokens);
  read_output_tokens(session, "max_response_output_tokens", read.answer.max_output_tokens);
  float temperature = 0;
  if (session.number("temperature", {0, 2}, temperature)) read.answer.temperature = temperature;
  read_format(session, "input_audio_format");
  read_format(session, "output_audio_format");
  read_turns(session, read.turns);
  read_transcription(session, "input_audio_transcription", offer, read);
  read_voice(session, offer, read.answer.style);
  read_speed(session, offer, read.answer.style);
  if (auto audio = session.object("audio")) read_audio(*audio, offer, read);
  refuse_tools(session);
  session.note_rest();
  if (!session.failed()) settings = std::move(read);
}

void read_response(ObjectReader& response, const RealtimeOffer& offer, RealtimeAnswerSettings& settings) {
  read_modalities(response, "output_modalities", offer, settings.audio);
  read_modalities(response, "modalities", offer, settings.audio);
  response.text("instructions", settings.instructions);
  read_output_tokens(response, "max_output_tokens", settings.max_output_tokens);
  float temperature = 0;
  if (response.number("temperature", {0, 2}, temperature)) settings.temperature = temperature;
  std::string conversation;
  if (response.text("conversation", conversation) && conversation != "auto")
    response.refuse_unsupported("conversation", "must be \"auto\"", "ask /v1/chat/completions beside the conversation");
  if (response.has("input")) response.refuse_unsupported("input", "is not taken", "create items in the conversation");
  if (auto audio = response.object("audio")) {
    if (auto output = audio->object("output")) {
      read_format(*output, "format");
      read_voice(*output, offer, settings.style);
      output->note_rest();
    }
    audio->note_rest();
  }
  refuse_tools(response);
  response.note_rest();
}

Json session_json(const std::string& id, const RealtimeOffer& offer, const RealtimeSettings& settings) {
  const Json format{{"type", "audio/pcm"}, {"rate", kRealtimeRateHz}};
  Json turns;
  if (settings.turns)
    turns = {{"type", "server_vad"},
             {"threshold", settings.turns->threshold},
             {"prefix_padding_ms", settings.turns->prefix_padding_ms},
             {"silence_duration_ms", settings.turns->silence_duration_ms},
             {"create_response", settings.turns->create_response},
             {"interrupt_response", settings.turns->interrupt_response}};
  Json transcription;
  if (settings.tells_transcripts && !settings.transcription_model.empty()) {
    transcription = {{"model", settings.transcription_model}};
    if (!settings.transcription_language.empty()) transcription["language"] = settings.transcription_language;
  }
  std::string voice = settings.answer.style.voice;
  if (voice.empty() && offer.voice != nullptr && !offer.voice->voices.empty()) voice = offer.voice->voices.front().id;
  const Json tokens = settings.answer.max_output_tokens == 0 ? Json("inf") : Json(settings.answer.max_output_tokens);
  return {{"type", "realtime"},
          {"object", "realtime.session"},
          {"id", id},
          {"model", offer.model},
          {"output_modalities", Json::array({settings.answer.audio ? "audio" : "text"})},
          {"instructions", settings.answer.instructions},
          {"tools", Json::array()},
          {"tool_choice", "none"},
          {"max_output_tokens", tokens},
          {"audio",
           {{"input",
             {{"format", format},
              {"transcription", transcription},
              {"noise_reduction", nullptr},
              {"turn_detection", turns}}},
            {"output", {{"format", format}, {"voice", voice}, {"speed", settings.answer.style.speed}}}}}};
}

}  // namespace hearth::serve
