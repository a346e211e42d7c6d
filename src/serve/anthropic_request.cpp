#include "serve/anthropic_request.h"

#include <utility>

#include "serve/anthropic_content.h"
#include "serve/anthropic_tools.h"

namespace hearth::serve {
namespace {

constexpr std::size_t kStopsMax = 64;
constexpr std::uint32_t kMaxTokensMax = 16'777'216;

// The last turn of an assistant is the beginning of the answer.
void take_answer_prefix(AnthropicRequest& request) {
  auto& prompt = std::get<PromptRequest>(request.text.prompt);
  if (prompt.messages.size() < 2 || prompt.messages.back().role != "assistant") return;
  prompt.answer_prefix = std::move(prompt.messages.back().content);
  prompt.messages.pop_back();
}

void read_thinking(ObjectReader& body, AnthropicRequest& request) {
  auto& prompt = std::get<PromptRequest>(request.text.prompt);
  prompt.enable_thinking = false;
  auto thinking = body.object("thinking");
  if (!thinking) return;
  const auto type = thinking->one_of("type", {"enabled", "disabled", "adaptive"});
  if (!type) return thinking->refuse("type", "is missing");
  if (*type == 0) prompt.enable_thinking = true;
  if (*type == 2) prompt.enable_thinking.reset();
  std::uint32_t budget = 0;
  if (thinking->whole<std::uint32_t>("budget_tokens", {1, kMaxTokensMax}, budget)) {
    if (request.text.max_tokens > 0 && budget >= request.text.max_tokens)
      thinking->refuse("budget_tokens", "must be less than max_tokens");
    // max_tokens bounds thought and answer together; nothing bounds the thought alone.
    thinking->notes().ignore(thinking->place_of("budget_tokens"));
  } else if (*type == 0 && !thinking->failed()) {
    thinking->refuse("budget_tokens", "is missing");
  }
  thinking->skip({"display"});
  thinking->note_rest();
}

// {"format": {"type": "json_schema", "schema"}, "effort"}
void read_output_config(ObjectReader& body, TextRequest& request) {
  std::vector<ConstraintSpec> found;
  if (auto format = body.object("output_format")) read_format(*format, true, found);
  if (auto config = body.object("output_config")) {
    if (auto format = config->object("format")) read_format(*format, true, found);
    if (const auto effort = config->one_of("effort", {"low", "medium", "high", "xhigh", "max"})) {
      // Templates that take an effort know three.
      constexpr const char* kEfforts[] = {"low", "medium", "high", "high", "high"};
      std::get<PromptRequest>(request.prompt).variables_json =
          std::string(R"({"reasoning_effort":")") + kEfforts[*effort] + R"("})";
    }
    config->note_rest();
  }
  if (found.size() > 1) return body.refuse("output_format", "and output_config.format are both given", "give one");
  if (!found.empty()) request.constraint = std::move(found.front());
}

void read_stop_sequences(ObjectReader& body, TextRequest& request) {
  if (!body.texts("stop_sequences", kStopsMax, request.stop)) return;
  for (const auto& stop : request.stop)
    if (stop.empty()) body.refuse("stop_sequences", "has an empty string, which every answer begins with");
}

void read_limits(ObjectReader& body, AnthropicBody kind, TextRequest& request) {
  const bool given = body.whole<std::uint32_t>("max_tokens", {1, kMaxTokensMax}, request.max_tokens);
  if (!given && kind == AnthropicBody::kMessage && !body.failed())
    body.refuse("max_tokens", "is missing", "say how many tokens the answer may have");
}

void read_service_tier(ObjectReader& body) { body.one_of("service_tier", {"auto", "standard_only"}); }

}  // namespace

AnthropicRequest read_anthropic_request(const Json& body_json, AnthropicBody kind, const HttpRequest& http,
                                        OpenAiServing& serving, ReadingNotes& notes) {
  AnthropicRequest request;
  request.text.prompt = PromptRequest{};
  ObjectReader body(body_json, "", notes);
  read_model(body, http, serving, request.text);
  read_limits(body, kind, request.text);
  auto& prompt = std::get<PromptRequest>(request.text.prompt);
  AnthropicContentReader content(prompt.messages);
  content.read_system(body);
  content.read_messages(body);
  read_anthropic_tools(body, request.text);
  read_thinking(body, request);
  read_output_config(body, request.text);
  read_sampling(body, serving, request.text.sampling);
  read_generation(body, serving, request.text);
  if (request.text.choices > 1) body.refuse("n", "must be 1: a message is one answer");
  read_stop_sequences(body, request.text);
  body.flag("stream", request.wishes.stream);
  read_service_tier(body);
  // Who asks, where it should run, what a cache should keep: nothing here depends on it; every prompt is kept.
  body.skip({"metadata", "cache_control", "container", "inference_geo", "betas", "anthropic_version"});
  body.note_rest();
  if (!notes.fault) take_answer_prefix(request);
  return request;
}

}  // namespace hearth::serve
