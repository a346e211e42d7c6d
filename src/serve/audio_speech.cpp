#include "serve/audio_speech.h"

#include "serve/base64.h"
#include "serve/json_reader.h"
#include "serve/json_writer.h"
#include "serve/openai_answer.h"
#include "serve/openai_voices.h"

namespace hearth::serve {
namespace {

struct SpeechAsk {
  SpeechRequest request;
  bool as_events = false;
  Headers headers;
};

// A name, or an object with the id of one.
std::string read_voice(ObjectReader& body) {
  std::string voice;
  const Json* value = body.find("voice");
  if (value == nullptr) return voice;
  if (value->is_object()) {
    if (auto object = body.object("voice")) object->text("id", voice);
  } else {
    body.text("voice", voice);
  }
  return is_openai_voice(voice) ? std::string() : voice;
}

Result<SpeechAsk> read_speech(const HttpRequest& http, const SpeechService& service) {
  HEARTH_ASSIGN(json, parse_json_object(http.body));
  ReadingNotes notes;
  ObjectReader body(json, "", notes);
  SpeechAsk ask;
  SpeechRequest& request = ask.request;
  if (!body.text("model", request.model) && service.speakers().size() != 1 && !body.failed())
    body.refuse("model", "is missing", "GET /v1/models lists what is here");
  if (!body.text("input", request.text) && !body.failed()) body.refuse("input", "is missing", "it is the text to say");
  request.format = "mp3";  // Source: the OpenAI API reference, audio, speech, response_format
  body.text("response_format", request.format);
  request.style.voice = read_voice(body);
  float speed = 1;
  if (body.number("speed", {0.25, 4}, speed)) request.style.speed = static_cast<double>(speed);
  ask.as_events = body.one_of("stream_format", {"audio", "sse"}).value_or(0) == 1;
  body.note_rest();
  HEARTH_TRY(notes.status());
  ask.headers = answer_headers(notes);
  return ask;
}

// Errors of the text and the model are told of the field that they come from.
Error in_dialect(const Error& error) {
  if (error.code == ErrorCode::kNotFound && error.message.find("voice model") != std::string::npos)
    return Error(error).with("param", "model").with("code", "model_not_found");
  return openai_error(error);
}

struct SpeechMetrics {
  MetricsRegistry& registry;

  void ended(const std::string& model, const SpeechEnd& end) const {
    const std::string label = metric_label("model", model);
    count(model, "spoken");
    registry.histogram("hearth_speech_first_audio_ms", "From the start of speaking to the first audio", label)
        .observe(end.spoken.first_frame_ms);
    registry.histogram("hearth_speech_audio_seconds", "Length of what was spoken", label).observe(end.audio_s);
    if (end.audio_s > 0)
      registry.histogram("hearth_speech_rtf", "Processing time by the length of what was spoken", label)
          .observe(end.spoken.processing_s / end.audio_s);
  }
  void count(const std::string& model, const char* outcome) const {
    registry
        .counter("hearth_speech_requests_total", "Requests to speak",
                 metric_label("model", model) + "," + metric_label("outcome", outcome))
        .add();
  }
};

// From the service to the client: bytes of the sound file, or events with them in base64.
class SpeechExchange final : public SpeechListener {
 public:
  SpeechExchange(std::shared_ptr<Exchange> exchange, bool as_events, Headers headers, SpeechMetrics metrics)
      : exchange_(std::move(exchange)), as_events_(as_events), headers_(std::move(headers)), metrics_(metrics) {}

  void on_begin(const SpeechHead& head) override {
    model_ = head.model;
    headers_.emplace_back("x-hearth-sample-rate", std::to_string(head.sample_rate_hz));
    exchange_->start_stream(as_events_ ? "text/event-stream" : head.media_type, headers_);
    begun_ = true;
  }
  bool on_bytes(std::string_view bytes) override {
    if (!as_events_) return exchange_->write(std::string(bytes));
    return write_event(R"({"type":"speech.audio.delta","audio":")" + encode_base64(bytes) + "\"}");
  }
  void on_end(const SpeechEnd& end) override {
    metrics_.ended(model_, end);
    if (as_events_) {
      // Voices have no tokens: characters in, frames out.
      std::string event = R"({"type":"speech.audio.done","usage":{"input_tokens":)";
      const auto n_frames = static_cast<std::uint64_t>(end.audio_s * 1000 / SpeechStreamOptions{}.frame_ms);
      append_json_number(event, end.n_characters);
      event += R"(,"output_tokens":)";
      append_json_number(event, n_frames);
      event += R"(,"total_tokens":)";
      append_json_number(event, end.n_characters + n_frames);
      (void)write_event(event + "}}");
    }
    exchange_->end_stream();
  }
  void on_error(const Error& error) override {
    metrics_.count(model_, error.code == ErrorCode::kCancelled ? "cancelled" : "failed");
    if (!begun_) return exchange_->respond_error(in_dialect(error));
    // Sound that was begun can only be cut off.
    if (as_events_) (void)write_event(R"({"type":"error","error":{"message":)" + json_string(to_string(error)) + "}}");
    exchange_->end_stream();
  }

 private:
  bool write_event(const std::string& json) {
    std::string event;
    append_sse_data(event, json);
    return exchange_->write(std::move(event));
  }

  std::shared_ptr<Exchange> exchange_;
  bool as_events_;
  Headers headers_;
  SpeechMetrics metrics_;
  std::string model_;
  bool begun_ = false;
};

constexpr const char* kRequestSchema = R"({"type": "object", "required": ["input"], "properties": {
  "model": {"type": "string"},
  "input": {"type": "string", "description": "the text to say, or SSML"},
  "voice": {"anyOf": [{"type": "string"}, {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}]},
  "response_format": {"enum": ["mp3", "opus", "flac", "wav", "pcm", "ogg"], "default": "mp3"},
  "speed": {"type": "number", "minimum": 0.25, "maximum": 4, "default": 1},
  "stream_format": {"enum": ["audio", "sse"], "default": "audio"}}})";

}  // namespace

std::vector<Route> audio_speech_routes(SpeechService& service, MetricsRegistry& metrics) {
  Route route{.method = "POST", .pattern = "/v1/audio/speech", .summary = "A text as speech", .handler = {}};
  route.handler = [&service, metrics = SpeechMetrics{metrics}](std::shared_ptr<Exchange> exchange) {
    auto ask = read_speech(exchange->request(), service);
    if (!ask) return exchange->respond_error(ask.error());
    const auto cancel = std::make_shared<CancelToken>();
    exchange->on_disconnect([cancel] { cancel->request(); });
    ask->request.cancel = cancel;
    auto listener =
        std::make_shared<SpeechExchange>(std::move(exchange), ask->as_events, std::move(ask->headers), metrics);
    service.speak(std::move(ask->request), std::move(listener));
  };
  route.tag = "openai";
  route.request_schema = kRequestSchema;
  route.streams = true;
  std::vector<Route> routes;
  routes.push_back(std::move(route));
  return routes;
}

}  // namespace hearth::serve
