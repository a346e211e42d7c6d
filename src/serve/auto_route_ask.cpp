#include "serve/auto_route_ask.h"

#include <algorithm>
#include <charconv>

namespace hearth::serve {
namespace {

std::string text_field(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// One part of a turn: {"type": "text", "text"}, or a picture or sound in the dialects' forms.
void read_part(const Json& part, std::string& text, RouteAsk& ask) {
  if (part.is_string()) {
    text += part.get_ref<const std::string&>();
    return;
  }
  if (!part.is_object()) return;
  const std::string type = text_field(part, "type");
  if (type == "image_url" || type == "input_image" || type == "image") ++ask.n_images;
  if (type == "input_audio" || type == "audio") ++ask.n_sounds;
  if (const std::string words = text_field(part, "text"); !words.empty()) text += (text.empty() ? "" : "\n") + words;
}

std::string read_content(const Json& turn, RouteAsk& ask) {
  std::string text;
  const auto content = turn.find("content");
  if (content == turn.end()) return text;
  if (content->is_array())
    for (const Json& part : *content) read_part(part, text, ask);
  else
    read_part(*content, text, ask);
  return text;
}

// The last turn of the user is what is asked; all others are context.
void read_turns(const Json& turns, RouteAsk& ask) {
  std::size_t last = turns.size();
  for (std::size_t i = 0; i < turns.size(); ++i)
    if (turns[i].is_object() && text_field(turns[i], "role") == "user") last = i;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    if (!turns[i].is_object()) continue;
    if (i == last) {
      ask.text = read_content(turns[i], ask);
    } else {
      RouteAsk earlier;  // pictures of earlier turns are not what is asked about now
      ask.context += read_content(turns[i], earlier) + "\n";
    }
  }
}

void read_words(const Json& body, RouteAsk& ask) {
  for (const char* name : {"system", "instructions"}) ask.context += text_field(body, name) + "\n";
  for (const char* name : {"messages", "input"}) {
    const auto turns = body.find(name);
    if (turns == body.end()) continue;
    if (turns->is_array()) read_turns(*turns, ask);
    if (turns->is_string()) ask.text = turns->get<std::string>();
  }
  for (const char* name : {"prompt", "text"}) {
    const std::string words = text_field(body, name);
    if (!words.empty()) ask.text = words;
  }
}

std::uint32_t read_length(const Json& body) {
  for (const char* name : {"max_completion_tokens", "max_output_tokens", "max_tokens"}) {
    const auto found = body.find(name);
    if (found != body.end() && found->is_number_unsigned())
      return static_cast<std::uint32_t>(std::min<std::uint64_t>(found->get<std::uint64_t>(), 1U << 30U));
  }
  return 0;
}

bool wants_sound(const Json& body) {
  const auto modalities = body.find("modalities");
  return modalities != body.end() && modalities->is_array() &&
         std::ranges::find(*modalities, Json("audio")) != modalities->end();
}

bool wants_schema(const Json& body) {
  const auto format = body.find("response_format");
  const bool chat = format != body.end() && format->is_object() && text_field(*format, "type") == "json_schema";
  return chat || body.contains("guided_json") || body.contains("json_schema");
}

template <std::size_t N>
Result<std::size_t> choice_header(const HttpRequest& http, const char* name,
                                  const std::array<std::string_view, N>& choices) {
  const std::string_view value = http.header(name);
  if (value.empty()) return std::size_t{0};
  std::string known;
  for (std::size_t i = 0; i < N; ++i) {
    if (choices[i] == value) return i;
    known += (i == 0 ? "" : ", ") + std::string(choices[i]);
  }
  return fail(ErrorCode::kInvalidArgument, "the header " + std::string(name) + " says nothing known",
              "it is one of " + known);
}

}  // namespace

Result<RouteAsk> read_route_ask(const Json& body, const HttpRequest& http) {
  RouteAsk ask;
  read_words(body, ask);
  const auto tools = body.find("tools");
  ask.has_tools = tools != body.end() && tools->is_array() && !tools->empty();
  ask.has_json_schema = wants_schema(body);
  ask.audio_wanted = wants_sound(body);
  ask.max_tokens = read_length(body);
  HEARTH_ASSIGN(security, choice_header(http, "x-hearth-security", kSecurityNames));
  HEARTH_ASSIGN(quality, choice_header(http, "x-hearth-quality", kQualityNames));
  ask.security = static_cast<SecurityLevel>(security);
  ask.quality = static_cast<QualityWish>(quality);
  if (const std::string_view slo = http.header("x-hearth-slo-ms"); !slo.empty()) {
    std::uint32_t ms = 0;
    const auto parsed = std::from_chars(slo.data(), slo.data() + slo.size(), ms);
    if (parsed.ec != std::errc() || parsed.ptr != slo.data() + slo.size())
      return fail(ErrorCode::kInvalidArgument, "the header x-hearth-slo-ms is no whole number", "give milliseconds");
    ask.slo = std::chrono::milliseconds(ms);
  }
  ask.session = http.header("x-hearth-session");
  return ask;
}

}  // namespace hearth::serve
