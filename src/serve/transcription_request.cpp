#include "serve/transcription_request.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "serve/json_reader.h"
#include "serve/multipart.h"
#include "serve/openai_answer.h"

namespace hearth::serve {
namespace {

constexpr std::size_t kPartsMax = 64;
constexpr std::size_t kPromptBytesMax = std::size_t{64} << 10U;
constexpr std::array<std::pair<std::string_view, TranscriptForm>, 5> kForms = {
    {{"json", TranscriptForm::kJson},
     {"text", TranscriptForm::kText},
     {"srt", TranscriptForm::kSrt},
     {"verbose_json", TranscriptForm::kVerboseJson},
     {"vtt", TranscriptForm::kVtt}}};

Status read_form(std::string_view text, TranscriptForm& form) {
  const auto* const found =
      std::ranges::find(kForms, text, [](const auto& named) -> std::string_view { return named.first; });
  if (found == kForms.end())
    return fail(field_error("response_format", "must be one of json, text, srt, verbose_json and vtt, not " +
                                                   shown(Json(std::string(text)))));
  form = found->second;
  return {};
}

Status read_flag(const std::string& name, std::string_view text, bool& flag) {
  // Python's clients write True.
  if (text == "true" || text == "True" || text == "1")
    flag = true;
  else if (text == "false" || text == "False" || text == "0")
    flag = false;
  else
    return fail(field_error(name, "must be true or false, not " + shown(Json(std::string(text)))));
  return {};
}

// ISO 639-1 in lower case, maybe with a region: "en", "pt-br".
Status read_language(std::string_view text, std::string& language) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
  if (text.size() > 8 || !std::ranges::all_of(text, is_letter))
    return fail(field_error("language", "must be a code such as en, not " + shown(Json(std::string(text)))));
  language = text;
  return {};
}

Status read_temperature(std::string_view text, ReadingNotes& notes) {
  const std::string copy(text);
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (copy.empty() || end != copy.c_str() + copy.size() || !(value >= 0 && value <= 1))
    return fail(field_error("temperature", "must be a number from 0 to 1"));
  if (value > 0) notes.ignore("temperature");
  return {};
}

class FormReader {
 public:
  explicit FormReader(TranscriptionAsk& ask) : ask_(ask) {}

  Status read(const FormPart& part) {
    const std::string_view text = part.content;
    if (part.name == "file") {
      ask_.request.sound = text;
      has_file_ = true;
      return {};
    }
    if (part.name == "response_format") return read_form(text, ask_.form);
    if (part.name == "stream") return read_flag(part.name, text, ask_.stream);
    if (part.name == "language") return read_language(text, ask_.request.language);
    if (part.name == "temperature") return read_temperature(text, notes_);
    if (part.name == "timestamp_granularities[]" || part.name == "timestamp_granularities") return read_grain(text);
    if (part.name == "model") {
      ask_.request.model = text;
    } else if (part.name == "prompt") {
      if (text.size() > kPromptBytesMax) return fail(field_error("prompt", "is longer than 64 KiB"));
      ask_.request.prompt = text;
    } else if (part.name != "user") {
      notes_.ignore(part.name);
    }
    return {};
  }

  Status finish() {
    if (!has_file_) return fail(field_error("file", "is missing", "send a sound file in the form's field \"file\""));
    if (ask_.request.sound.empty()) return fail(field_error("file", "is empty: it has 0 bytes"));
    if (grains_ > 0 && ask_.form != TranscriptForm::kVerboseJson)
      return fail(field_error("timestamp_granularities", "goes with the response_format verbose_json only"));
    if (grains_ > 0) {
      ask_.words = (grains_ & kWords) != 0;
      ask_.segments = (grains_ & kSegments) != 0;
    }
    const bool streamable = ask_.form == TranscriptForm::kJson || ask_.form == TranscriptForm::kText;
    if (ask_.stream && !streamable)
      return fail(unsupported_error("stream", "goes with the response_format json or text only"));
    ask_.headers = answer_headers(notes_);
    return {};
  }

 private:
  static constexpr unsigned kWords = 1;
  static constexpr unsigned kSegments = 2;

  Status read_grain(std::string_view text) {
    if (text == "word")
      grains_ |= kWords;
    else if (text == "segment")
      grains_ |= kSegments;
    else
      return fail(field_error("timestamp_granularities", "must be word or segment"));
    return {};
  }

  TranscriptionAsk& ask_;
  ReadingNotes notes_;
  bool has_file_ = false;
  unsigned grains_ = 0;
};

}  // namespace

Result<TranscriptionAsk> read_transcription_request(const HttpRequest& http, bool translate) {
  const std::string_view type = http.header("content-type");
  if (!type.starts_with("multipart/form-data"))
    return fail(ErrorCode::kInvalidArgument, "the body is no form: its Content-Type must be multipart/form-data",
                "send the sound file in the form's field \"file\"");
  HEARTH_ASSIGN(parts, parse_form(http.body, form_boundary(type), kPartsMax));
  TranscriptionAsk ask;
  FormReader reader(ask);
  for (const FormPart& part : parts) HEARTH_TRY(reader.read(part));
  HEARTH_TRY(reader.finish());
  ask.request.translate = translate;
  return ask;
}

std::string transcription_request_schema() {
  return R"({"type": "object", "required": ["file"], "properties": {
    "file": {"type": "string", "format": "binary", "description": "WAV, FLAC, Ogg or MP3"},
    "model": {"type": "string", "description": "may be left out where the server has one speech model"},
    "language": {"type": "string", "description": "code of ISO 639-1; left out: detected, or the model's only one"},
    "prompt": {"type": "string", "maxLength": 65536},
    "response_format": {"enum": ["json", "text", "srt", "verbose_json", "vtt"]},
    "temperature": {"type": "number", "minimum": 0, "maximum": 1},
    "timestamp_granularities[]": {"type": "array", "items": {"enum": ["word", "segment"]}},
    "stream": {"type": "boolean", "description": "server-sent events transcript.text.delta and transcript.text.done"}}})";
}

}  // namespace hearth::serve
