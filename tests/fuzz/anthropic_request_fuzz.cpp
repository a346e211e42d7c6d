// Bodies of /v1/messages on any bytes: refused in one sentence that can be sent back, or read into a conversation whose
// tool turns all answer a call before them and whose answer is bounded.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>

#include "serve/anthropic_request.h"
#include "serve/http_error.h"
#include "serve/scripted_service.h"

namespace {

using namespace hearth;
using namespace hearth::serve;

void check(bool good) {
  if (!good) std::abort();
}

void check_error(const Error& error) {
  check(!error.message.empty());
  check(nlohmann::json::accept(error_json(error, ErrorForm::kAnthropic)));
}

void check_turns(const PromptRequest& prompt) {
  check(!prompt.messages.empty());
  std::set<std::string> calls;
  for (const auto& turn : prompt.messages) {
    for (const auto& call : turn.tool_calls) {
      check(calls.insert(call.id).second);
      check(nlohmann::json::parse(call.arguments_json).is_object());
    }
    if (turn.role == "tool") check(calls.count(turn.tool_call_id) == 1);
  }
  for (const auto& tool : prompt.tools) check(!tool.name.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ScriptedService service;
  static const FakeClock clock;
  static OpenAiServing serving(service, clock, "fuzz", 1);
  const auto body = parse_json_object(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!body) return check_error(body.error()), 0;
  for (const auto kind : {AnthropicBody::kMessage, AnthropicBody::kCountTokens}) {
    ReadingNotes notes;
    const auto request = read_anthropic_request(*body, kind, HttpRequest{}, serving, notes);
    for (const char c : notes.ignored_header()) check(c >= ' ' && c < '\x7f');
    if (notes.fault) {
      check_error(*notes.fault);
      continue;
    }
    check(request.text.choices == 1);
    check(kind == AnthropicBody::kCountTokens || request.text.max_tokens > 0);
    check_turns(std::get<PromptRequest>(request.text.prompt));
  }
  return 0;
}
