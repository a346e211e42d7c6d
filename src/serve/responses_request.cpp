#include "serve/json_writer.h"
#include "serve/openai_answer.h"
#include "serve/openai_messages.h"
#include "serve/responses.h"
#include "serve/responses_answer.h"
#include "serve/responses_items.h"

namespace hearth::serve {
namespace {

constexpr std::uint32_t kTopLogprobsMax = 20;  // Source: the OpenAI API reference, responses, top_logprobs
constexpr std::uint32_t kTokensMax = 1U << 30U;

struct ResponseAsk {
  TextRequest request;
  AnswerWishes wishes;
  bool stored = true;
  std::string previous_id;
  std::string effort;
  std::vector<ChatMessage> conversation;
};

void read_unsupported(ObjectReader& body) {
  bool background = false;
  if (body.flag("background", background) && background)
    body.refuse_unsupported("background", "is not supported", "take stream: true");
  for (const char* name : {"conversation", "prompt"}) {
    if (body.has(name)) body.refuse_unsupported(name, "is not supported", "send the input itself");
  }
}

void read_reasoning(ObjectReader& body, ResponseAsk& ask) {
  auto reasoning = body.object("reasoning");
  if (!reasoning) return;
  if (reasoning->one_of("effort", {"none", "minimal", "low", "medium", "high", "xhigh", "max"}))
    reasoning->text("effort", ask.effort);
  reasoning->note_rest();
}

void read_text_format(ObjectReader& body, TextRequest& request) {
  read_constraint(body, request);
  auto text = body.object("text");
  if (!text) return;
  std::vector<ConstraintSpec> found;
  if (auto format = text->object("format")) read_format(*format, true, found);
  text->skip({"verbosity"});
  text->note_rest();
  if (found.empty()) return;
  if (request.constraint) return body.refuse("text", "and another field both say what form the answer has", "give one");
  request.constraint = std::move(found.front());
}

void read_logprobs(ObjectReader& body, TextRequest& request) {
  std::vector<std::string> include;
  std::uint32_t top = 0;
  if (body.whole<std::uint32_t>("top_logprobs", {0, kTopLogprobsMax}, top) && top > 0) request.logprobs = top;
  if (!body.texts("include", 32, include)) return;
  for (const std::string& name : include) {
    if (name == "message.output_text.logprobs") {
      request.logprobs = top;
    } else {
      body.notes().ignore("include: " + name);
    }
  }
}

// Instructions are of this response alone; the conversation goes on over previous_response_id.
void read_conversation(ObjectReader& body, const ResponsesStore& store, ResponseAsk& ask) {
  PromptRequest& prompt = ask.request.prompt.emplace<PromptRequest>();
  std::string instructions;
  if (body.text("instructions", instructions) && !instructions.empty())
    prompt.messages.push_back({.role = "system", .content = std::move(instructions)});
  if (body.text("previous_response_id", ask.previous_id)) {
    if (auto previous = store.find(ask.previous_id, ask.request.key)) {
      ask.conversation = (*previous)->conversation;
    } else {
      body.notes().refuse(std::move(previous)
                              .error()
                              .with("param", "previous_response_id")
                              .with("code", "previous_response_not_found")
                              .with("http_status", "400"));
    }
  }
  read_input_items(body, ask.conversation);
  prompt.messages.insert(prompt.messages.end(), ask.conversation.begin(), ask.conversation.end());
  read_tools(body, false, ask.request, ask.wishes);
  read_template_variables(body, ask.effort, prompt);
}

Json given(const Json& body, const char* name, Json otherwise) {
  const auto found = body.find(name);
  return found == body.end() || found->is_null() ? std::move(otherwise) : *found;
}

Json short_number(float value) {
  std::string text;
  append_json_number(text, value);
  return Json::parse(text);
}

// The response as far as the request says it.
Json response_head(OpenAiServing& serving, const Json& body, const ResponseAsk& ask) {
  const TextRequest& request = ask.request;
  Json head = {{"id", serving.ids.next("resp_")},
               {"object", "response"},
               {"created_at", serving.unix_now()},
               {"completed_at", nullptr},
               {"status", "in_progress"},
               {"background", false},
               {"error", nullptr},
               {"incomplete_details", nullptr},
               {"instructions", given(body, "instructions", nullptr)},
               {"max_output_tokens", given(body, "max_output_tokens", nullptr)},
               {"max_tool_calls", given(body, "max_tool_calls", nullptr)},
               {"model", request.model},
               {"output", Json::array()},
               {"parallel_tool_calls", request.parallel_calls},
               {"previous_response_id", given(body, "previous_response_id", nullptr)}};
  head["reasoning"] = {{"effort", ask.effort.empty() ? Json() : Json(ask.effort)}, {"summary", nullptr}};
  head["service_tier"] = "default";
  head["store"] = ask.stored;
  head["temperature"] = short_number(request.sampling.temperature);
  head["text"] = given(body, "text", {{"format", {{"type", "text"}}}});
  head["tool_choice"] = given(body, "tool_choice", "auto");
  head["tools"] = given(body, "tools", Json::array());
  head["top_logprobs"] = request.logprobs.value_or(0);
  head["top_p"] = short_number(request.sampling.top_p);
  head["truncation"] = request.truncation == Truncation::kOldest ? "auto" : "disabled";
  head["usage"] = nullptr;
  head["user"] = given(body, "user", nullptr);
  head["metadata"] = given(body, "metadata", Json::object());
  return head;
}

void read_body(ObjectReader& body, OpenAiServing& serving, const ResponsesStore& store, ResponseAsk& ask) {
  read_wishes(body, ask.wishes, ask.request);
  read_unsupported(body);
  read_reasoning(body, ask);
  read_conversation(body, store, ask);
  body.flag("store", ask.stored);
  body.whole<std::uint32_t>("max_output_tokens", {1, kTokensMax}, ask.request.max_tokens);
  read_sampling(body, serving, ask.request.sampling);
  read_generation(body, serving, ask.request);
  if (ask.request.choices != 1) body.refuse_unsupported("n", "must be 1: a response has one answer");
  read_text_format(body, ask.request);
  read_logprobs(body, ask.request);
  body.skip({"max_tool_calls"});
  body.note_rest();
}

}  // namespace

Result<AnswerOrder> read_response(const std::shared_ptr<OpenAiServing>& serving,
                                  const std::shared_ptr<ResponsesStore>& store, const HttpRequest& http) {
  HEARTH_ASSIGN(json, parse_json_object(http.body));
  ReadingNotes notes;
  ObjectReader body(json, "", notes);
  ResponseAsk ask;
  read_model(body, http, *serving, ask.request);
  read_body(body, *serving, *store, ask);
  HEARTH_TRY(notes.status());

  AnswerOrder order;
  order.stream = ask.wishes.stream;
  order.headers = answer_headers(notes);
  order.form = response_answer(serving, {.response = response_head(*serving, json, ask),
                                         .stream = ask.wishes.stream,
                                         .logprobs = ask.request.logprobs.has_value(),
                                         .timings = ask.wishes.timings,
                                         .notices = std::move(ask.wishes.notices),
                                         .ignored = std::move(notes.ignored),
                                         .store = ask.stored ? store : nullptr,
                                         .key = ask.request.key,
                                         .conversation = std::move(ask.conversation)});
  order.requests.push_back(std::move(ask.request));
  return order;
}

}  // namespace hearth::serve
