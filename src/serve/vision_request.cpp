#include "serve/vision_request.h"

#include <charconv>
#include <cstdlib>
#include <map>
#include <utility>

#include "pipeline/mjpeg_frames.h"
#include "serve/base64.h"
#include "serve/json_reader.h"
#include "serve/multipart.h"
#include "serve/openai_answer.h"

namespace hearth::serve {
namespace {

constexpr std::uint32_t kBestMax = 1000;
constexpr std::int32_t kSideMax = 8192;

// Options as texts, of a form or a query.
using Texts = std::map<std::string, std::string>;

Result<double> number_of(const std::string& name, const std::string& text, Bounds<double> bounds) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || end != text.c_str() + text.size() || !(value >= bounds.min && value <= bounds.max))
    return fail(
        field_error(name, "must be a number from " + shown(Json(bounds.min)) + " to " + shown(Json(bounds.max))));
  return value;
}

Status read_texts(const Texts& texts, VisionAsk& ask) {
  for (const auto& [name, text] : texts) {
    if (name == "model") {
      ask.model = text;
    } else if (name == "stream") {
      ask.stream = text == "true" || text == "1";
    } else if (name == "score" || name == "iou") {
      HEARTH_ASSIGN(value, number_of(name, text, {0, 1}));
      (name == "score" ? ask.options.score_threshold : ask.options.iou_threshold) = static_cast<float>(value);
    } else if (name == "top") {
      HEARTH_ASSIGN(value, number_of(name, text, {1, kBestMax}));
      ask.options.n_best = static_cast<std::uint32_t>(value);
    } else if (name == "resolution") {
      HEARTH_ASSIGN(value, number_of(name, text, {32, kSideMax}));
      ask.options.resolution = static_cast<std::int32_t>(value);
    }
  }
  return {};
}

Status read_form(const HttpRequest& http, VisionAsk& ask) {
  HEARTH_ASSIGN(parts, parse_form(http.body, form_boundary(http.header("content-type")), kPicturesMax + 16));
  Texts texts;
  for (const FormPart& part : parts) {
    const bool picture = !part.file_name.empty() || part.content_type.starts_with("image/");
    if (picture)
      ask.pictures.emplace_back(part.content);
    else
      texts[part.name] = std::string(part.content);
  }
  ask.listed = ask.pictures.size() > 1;
  return read_texts(texts, ask);
}

Status read_json_pictures(ObjectReader& body, VisionAsk& ask) {
  std::string one;
  if (body.text("image", one)) {
    HEARTH_ASSIGN(bytes, decode_base64(one));
    ask.pictures.push_back(std::move(bytes));
  }
  std::vector<std::string> several;
  ask.listed = body.texts("images", kPicturesMax, several);
  for (const auto& text : several) {
    HEARTH_ASSIGN(bytes, decode_base64(text));
    ask.pictures.push_back(std::move(bytes));
  }
  return {};
}

Status read_json(const HttpRequest& http, VisionAsk& ask) {
  HEARTH_ASSIGN(json, parse_json_object(http.body));
  ReadingNotes notes;
  ObjectReader body(json, "", notes);
  body.text("model", ask.model);
  HEARTH_TRY(read_json_pictures(body, ask));
  float value = 0;
  if (body.number("score", {0, 1}, value)) ask.options.score_threshold = value;
  if (body.number("iou", {0, 1}, value)) ask.options.iou_threshold = value;
  body.whole<std::uint32_t>("top", {1, kBestMax}, ask.options.n_best);
  std::uint32_t side = 0;
  if (body.whole<std::uint32_t>("resolution", {32, kSideMax}, side))
    ask.options.resolution = static_cast<std::int32_t>(side);
  body.flag("stream", ask.stream);
  body.note_rest();
  HEARTH_TRY(notes.status());
  ask.headers = answer_headers(notes);
  return {};
}

Status read_bare(const HttpRequest& http, VisionAsk& ask) {
  ask.pictures.push_back(http.body);
  return read_texts(http.query, ask);
}

Status read_frames(const HttpRequest& http, VisionAsk& ask) {
  HEARTH_TRY(read_texts(http.query, ask));
  HEARTH_ASSIGN(frames, split_mjpeg(http.body, kFramesMax));
  ask.pictures = std::move(frames);
  ask.stream = ask.listed = true;
  return {};
}

}  // namespace

Result<VisionAsk> read_vision_request(const HttpRequest& http) {
  VisionAsk ask;
  const std::string_view type = http.header("content-type");
  Status read;
  if (type.starts_with("multipart/form-data"))
    read = read_form(http, ask);
  else if (type.starts_with("video/") || type.starts_with("multipart/x-mixed-replace"))
    read = read_frames(http, ask);
  else if (type.starts_with("image/") || type.starts_with("application/octet-stream"))
    read = read_bare(http, ask);
  else
    read = read_json(http, ask);
  if (!read) return fail(std::move(read).error());
  if (ask.pictures.empty())
    return fail(field_error("image", "is missing", "send a file in a form, or base64 in \"image\" or \"images\""));
  if (ask.pictures.size() > kPicturesMax && !ask.stream)
    return fail(field_error("images", "has more than 256 pictures", "send them in several requests"));
  return ask;
}

std::string vision_request_schema() {
  return R"({"type": "object", "properties": {
    "model": {"type": "string", "description": "may be left out where the server has one vision model"},
    "image": {"type": "string", "description": "a JPEG, PNG, WebP or BMP file in base64, or a data URL"},
    "images": {"type": "array", "maxItems": 256, "items": {"type": "string"}},
    "score": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
    "iou": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
    "top": {"type": ["integer", "null"], "minimum": 1, "maximum": 1000},
    "resolution": {"type": ["integer", "null"], "minimum": 32, "maximum": 8192},
    "stream": {"type": ["boolean", "null"], "description": "an event a picture"}}})";
}

}  // namespace hearth::serve
