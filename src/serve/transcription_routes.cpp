#include "serve/transcription_routes.h"

#include <cmath>
#include <mutex>
#include <utility>

#include "serve/http_error.h"
#include "serve/json_reader.h"
#include "serve/json_writer.h"
#include "serve/openai_answer.h"
#include "serve/transcription_request.h"

namespace hearth::serve {
namespace {

double rounded(double seconds) { return std::round(seconds * 1000.0) / 1000.0; }

Json usage_json(double audio_s) { return {{"type", "duration"}, {"seconds", std::ceil(audio_s)}}; }

Json segment_json(const TranscriptSegment& segment, std::size_t id) {
  Json json{{"id", id},
            {"seek", 0},
            {"start", rounded(segment.start_s)},
            {"end", rounded(segment.end_s)},
            {"text", segment.text},
            {"tokens", Json::array()},
            {"temperature", 0}};
  // A model that tells how sure it is tells no more than that.
  if (segment.confidence && *segment.confidence > 0) json["avg_logprob"] = std::log(*segment.confidence);
  return json;
}

Json verbose_json(const std::vector<TranscriptSegment>& segments, const TranscriptionEnd& end,
                  const TranscriptionAsk& ask) {
  Json body{{"task", ask.request.translate ? "translate" : "transcribe"},
            {"language", ask.request.translate ? "en" : end.language},
            {"duration", rounded(end.audio_s)},
            {"text", transcript_text(segments)}};
  if (ask.segments) {
    body["segments"] = Json::array();
    for (std::size_t i = 0; i < segments.size(); ++i) body["segments"].push_back(segment_json(segments[i], i));
  }
  if (ask.words) {
    body["words"] = Json::array();
    for (const auto& segment : segments)
      for (const auto& word : segment.words)
        body["words"].push_back({{"word", word.text}, {"start", rounded(word.start_s)}, {"end", rounded(word.end_s)}});
  }
  body["usage"] = usage_json(end.audio_s);
  return body;
}

HttpResponse whole_answer(const std::vector<TranscriptSegment>& segments, const TranscriptionEnd& end,
                          const TranscriptionAsk& ask) {
  HttpResponse response;
  response.headers = ask.headers;
  const std::string text = transcript_text(segments);
  switch (ask.form) {
    case TranscriptForm::kJson:
      response.body = json_text(Json{{"text", text}, {"usage", usage_json(end.audio_s)}});
      break;
    case TranscriptForm::kVerboseJson: response.body = json_text(verbose_json(segments, end, ask)); break;
    case TranscriptForm::kText:
      response.content_type = "text/plain; charset=utf-8";
      response.body = text + "\n";
      break;
    case TranscriptForm::kSrt:
      response.content_type = "text/plain; charset=utf-8";
      response.body = to_srt(segments);
      break;
    case TranscriptForm::kVtt:
      response.content_type = "text/vtt; charset=utf-8";
      response.body = to_vtt(segments);
      break;
  }
  return response;
}

// One request's transcript as it comes. Lives until the service is done with it, held by its callbacks, which come one
// at a time.
class TranscriptionExchange : public std::enable_shared_from_this<TranscriptionExchange> {
 public:
  TranscriptionExchange(std::shared_ptr<Exchange> exchange, TranscriptionAsk ask)
      : exchange_(std::move(exchange)), ask_(std::move(ask)) {}

  void start(TranscriptionService& service) {
    const auto cancel = std::make_shared<CancelToken>();
    exchange_->on_disconnect([cancel] { cancel->request(); });
    ask_.request.cancel = cancel;
    cancel_ = cancel;
    auto request = std::move(ask_.request);
    ask_.request = {};
    ask_.request.translate = request.translate;
    service.transcribe(std::move(request),
                       {.segment = [self = shared_from_this()](const auto& segment) { self->came(segment); },
                        .end = [self = shared_from_this()](const auto& end) { self->end(end); },
                        .error = [self = shared_from_this()](const auto& error) { self->fail_whole(error); }});
  }

 private:
  void came(const TranscriptSegment& segment) {
    if (ask_.stream && !segment.text.empty()) {
      const std::string delta = (segments_.empty() ? "" : " ") + segment.text;
      write_event({{"type", "transcript.text.delta"}, {"delta", delta}});
    }
    segments_.push_back(segment);
  }

  void end(const TranscriptionEnd& end) {
    if (!end.note.empty()) ask_.headers.emplace_back("x-hearth-notice", end.note);
    if (!ask_.stream) return exchange_->respond(whole_answer(segments_, end, ask_));
    write_event(
        {{"type", "transcript.text.done"}, {"text", transcript_text(segments_)}, {"usage", usage_json(end.audio_s)}});
    exchange_->end_stream();
  }

  void fail_whole(const Error& error) {
    if (!streaming_) return exchange_->respond_error(openai_error(error));
    std::string event;
    append_sse_data(event, error_json(openai_error(error), ErrorForm::kOpenAi));
    (void)exchange_->write(std::move(event));
    exchange_->end_stream();
  }

  void write_event(const Json& json) {
    if (!streaming_) exchange_->start_stream("text/event-stream", ask_.headers);
    streaming_ = true;
    std::string event;
    append_sse_data(event, json_text(json));
    if (!exchange_->write(std::move(event))) cancel_->request();
  }

  std::shared_ptr<Exchange> exchange_;
  TranscriptionAsk ask_;
  std::shared_ptr<const CancelToken> cancel_;
  std::vector<TranscriptSegment> segments_;
  bool streaming_ = false;
};

constexpr const char* kResponseSchema = R"({"type": "object", "required": ["text"], "properties": {
    "text": {"type": "string"}, "task": {"enum": ["transcribe", "translate"]}, "language": {"type": "string"},
    "duration": {"type": "number"},
    "segments": {"type": "array", "items": {"type": "object", "required": ["id", "start", "end", "text"], "properties": {
      "id": {"type": "integer"}, "start": {"type": "number"}, "end": {"type": "number"}, "text": {"type": "string"},
      "avg_logprob": {"type": "number", "description": "where the model tells how sure it is"}}}},
    "words": {"type": "array", "items": {"type": "object", "required": ["word", "start", "end"], "properties": {
      "word": {"type": "string"}, "start": {"type": "number"}, "end": {"type": "number"}}}},
    "usage": {"type": "object", "required": ["type", "seconds"]}}})";

Route route_of(TranscriptionService& service, bool translate) {
  Route route;
  route.method = "POST";
  route.pattern = translate ? "/v1/audio/translations" : "/v1/audio/transcriptions";
  route.summary = translate ? "What is said in a sound file, in English" : "What is said in a sound file";
  route.tag = "openai";
  route.streams = !translate;
  route.request_type = "multipart/form-data";
  route.request_schema = transcription_request_schema();
  route.response_schema = kResponseSchema;
  route.handler = [&service, translate](std::shared_ptr<Exchange> exchange) {
    auto ask = read_transcription_request(exchange->request(), translate);
    if (!ask) return exchange->respond_error(openai_error(ask.error()));
    std::make_shared<TranscriptionExchange>(std::move(exchange), std::move(*ask))->start(service);
  };
  return route;
}

}  // namespace

std::vector<Route> transcription_routes(TranscriptionService& service) {
  return {route_of(service, false), route_of(service, true)};
}

}  // namespace hearth::serve
