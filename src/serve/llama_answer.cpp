#include "serve/llama_answer.h"

#include <utility>

#include "serve/http_error.h"
#include "serve/json_writer.h"
#include "serve/openai_answer.h"

namespace hearth::serve {
namespace {

std::string_view stop_type(const ChoiceEnd& end) {
  switch (end.finish) {
    case FinishReason::kStop: return end.stop_matched.empty() ? "eos" : "word";
    case FinishReason::kLength: return "limit";
    case FinishReason::kNone:
    case FinishReason::kCancelled:
    case FinishReason::kError: break;
  }
  return "none";
}

void append_named(std::string& out, const NamedLogprob& logprob) {
  out += R"({"id":)";
  append_json_number(out, logprob.token);
  out += ',';
  append_logprob_fields(out, logprob);
}

// [{"id", "token", "bytes", "logprob", "top_logprobs"}]
std::string probabilities(const std::vector<TokenLogprobs>& logprobs) {
  std::string out = "[";
  for (const auto& token : logprobs) {
    if (out.size() > 1) out += ',';
    append_named(out, token.chosen);
    out += R"(,"top_logprobs":[)";
    for (const auto& top : token.top) {
      if (&top != token.top.data()) out += ',';
      append_named(out, top);
      out += '}';
    }
    out += "]}";
  }
  return out + "]";
}

void append_tokens(std::string& out, const std::vector<Token>& tokens) {
  out += '[';
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0) out += ',';
    append_json_number(out, tokens[i]);
  }
  out += ']';
}

Json timings_of(const TextEnd& end) {
  std::string text;
  append_timings(text, end);  // `,"timings":{...}`
  return Json::parse("{" + text.substr(1) + "}")["timings"];
}

std::string content_of(const std::vector<OutputEvent>& events) {
  std::string content;
  for (const auto& event : events) content += event.text;
  return content;
}

}  // namespace

LlamaAnswer::LlamaAnswer(LlamaAnswerHead head)
    : head_(std::move(head)), progress_(head_.choices * head_.prompts.size()) {}

void LlamaAnswer::begin(const TextAccepted& accepted, std::string&) { accepted_ = accepted; }

std::uint32_t LlamaAnswer::prompt_tokens(std::size_t choice) const {
  return head_.prompt_tokens.empty() ? accepted_.prompt_tokens : head_.prompt_tokens[choice / head_.choices];
}

void LlamaAnswer::delta(const TextDelta& delta, std::string& out) {
  if (delta.events.empty() && delta.tokens.empty()) return;
  Progress& progress = progress_.at(delta.choice);
  progress.tokens += static_cast<std::uint32_t>(delta.tokens.size());
  const std::string content = content_of(delta.events);
  progress.has_new_line = progress.has_new_line || content.find('\n') != std::string::npos;
  std::string json = R"({"index":)" + std::to_string(delta.choice) + R"(,"content":)";
  append_json_string(json, content);
  json += R"(,"tokens":)";
  append_tokens(json, delta.tokens);
  json += R"(,"stop":false,"id_slot":-1,"tokens_predicted":)" + std::to_string(progress.tokens) +
          R"(,"tokens_evaluated":)" + std::to_string(prompt_tokens(delta.choice));
  if (!delta.logprobs.empty()) json += R"(,"completion_probabilities":)" + probabilities(delta.logprobs);
  append_sse_data(out, json + "}");
}

void LlamaAnswer::choice_end(const ChoiceEnd& end, std::string&) { progress_.at(end.choice).end = end; }

Json LlamaAnswer::last_fields(std::size_t choice, const Progress& progress, const TextEnd& end) const {
  const bool full =
      progress.end.finish == FinishReason::kLength && (head_.max_tokens == 0 || progress.tokens < head_.max_tokens);
  Json fields = {{"index", choice},
                 {"content", ""},
                 {"tokens", Json::array()},
                 {"id_slot", -1},
                 {"stop", true},
                 {"model", accepted_.model},
                 {"tokens_predicted", progress.tokens},
                 {"tokens_evaluated", prompt_tokens(choice)},
                 {"generation_settings", head_.settings},
                 {"prompt", head_.prompts[choice / head_.choices]},
                 {"has_new_line", progress.has_new_line},
                 {"truncated", full},
                 {"stop_type", stop_type(progress.end)},
                 {"stopping_word", progress.end.stop_matched},
                 {"tokens_cached", end.usage.cached()},
                 {"timings", timings_of(end)}};
  if (!accepted_.notices.empty() || !head_.ignored.empty())
    fields["hearth"] = {{"notices", accepted_.notices}, {"ignored", head_.ignored}};
  return fields;
}

// "a/b" takes the member b of a out of it, under that name.
Json LlamaAnswer::chosen_fields(const Json& fields) const {
  if (head_.wishes.response_fields.empty()) return fields;
  Json chosen = Json::object();
  for (const auto& name : head_.wishes.response_fields) {
    const Json* at = &fields;
    for (std::size_t begin = 0; at != nullptr && begin <= name.size();) {
      const std::size_t end = std::min(name.find('/', begin), name.size());
      const auto found = at->is_object() ? at->find(name.substr(begin, end - begin)) : at->end();
      at = at->is_object() && found != at->end() ? &*found : nullptr;
      begin = end + 1;
    }
    if (at != nullptr) chosen[name] = *at;
  }
  return chosen;
}

void LlamaAnswer::end(const TextEnd& end, std::string& out) {
  for (std::size_t i = 0; i < progress_.size(); ++i)
    append_sse_data(out, json_text(chosen_fields(last_fields(i, progress_[i], end))));
}

Error LlamaAnswer::in_dialect(const Error& error) const { return openai_error(error); }

void LlamaAnswer::error(const Error& error, std::string& out) {
  append_sse_data(out, error_json(openai_error(error), ErrorForm::kOpenAi));
}

std::string LlamaAnswer::whole(const WholeAnswer& answer) {
  accepted_ = answer.accepted;
  Json list = Json::array();
  for (std::size_t i = 0; i < answer.choices.size(); ++i) {
    const WholeChoice& choice = answer.choices[i];
    const std::string& content = choice.output.content;
    const Progress progress{.tokens = static_cast<std::uint32_t>(choice.tokens.size()),
                            .has_new_line = content.find('\n') != std::string::npos,
                            .end = {.choice = 0, .finish = choice.finish, .stop_matched = choice.stop_matched}};
    Json fields = last_fields(i, progress, answer.end);
    fields["content"] = content;
    if (head_.wishes.return_tokens) fields["tokens"] = choice.tokens;
    if (!choice.logprobs.empty()) fields["completion_probabilities"] = Json::parse(probabilities(choice.logprobs));
    list.push_back(chosen_fields(fields));
  }
  return json_text(list.size() == 1 ? list.front() : list);
}

}  // namespace hearth::serve
