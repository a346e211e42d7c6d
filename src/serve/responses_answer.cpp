#include "serve/responses_answer.h"

#include "serve/http_error.h"
#include "serve/json_writer.h"
#include "serve/openai_answer.h"
#include "serve/responses_output.h"

namespace hearth::serve {
namespace {

Json usage_json(const TextUsage& usage, std::uint32_t reasoning_tokens) {
  return {{"input_tokens", usage.prompt_tokens},
          {"input_tokens_details", {{"cached_tokens", usage.cached()}, {"cache_write_tokens", 0}}},
          {"output_tokens", usage.completion_tokens},
          {"output_tokens_details", {{"reasoning_tokens", reasoning_tokens}}},
          {"total_tokens", usage.prompt_tokens + usage.completion_tokens}};
}

class ResponseAnswer final : public AnswerForm {
 public:
  ResponseAnswer(std::shared_ptr<OpenAiServing> serving, ResponseAnswerOptions options)
      : options_(std::move(options)),
        serving_(std::move(serving)),
        events_(options_.stream),
        output_(serving_, events_, options_.logprobs) {}

  // The items are put together from the deltas, streamed or not: they must be the same.
  [[nodiscard]] bool follows() const override { return true; }

  void begin(const TextAccepted& accepted, std::string& out) override {
    options_.notices.insert(options_.notices.end(), accepted.notices.begin(), accepted.notices.end());
    options_.response["model"] = accepted.model;
    if (!options_.notices.empty() || !options_.ignored.empty())
      options_.response["hearth"] = {{"notices", options_.notices}, {"ignored", options_.ignored}};
    tell("response.created", out);
    tell("response.in_progress", out);
  }
  void delta(const TextDelta& delta, std::string& out) override {
    reasoning_.add(delta);
    output_.add(delta, out);
  }
  void choice_end(const ChoiceEnd& end, std::string& out) override {
    finish_ = end.finish;
    output_.close(finish_ == FinishReason::kStop ? "completed" : "incomplete", out);
  }
  void end(const TextEnd& end, std::string& out) override {
    complete(end);
    tell(finish_ == FinishReason::kStop ? "response.completed" : "response.incomplete", out);
  }
  void error(const Error& error, std::string& out) override {
    const Json known = Json::parse(error_json(openai_error(error), ErrorForm::kOpenAi))["error"];
    std::string members;
    for (const char* name : {"code", "message", "param"}) {
      if (!members.empty()) members += ',';
      members += json_string(name) + ":" + json_text(known[name]);
    }
    events_.emit("error", members, out);
    options_.response["status"] = "failed";
    options_.response["error"] = {{"code", "server_error"}, {"message", known["message"]}};
    options_.response["output"] = output_.items();
    tell("response.failed", out);
  }
  [[nodiscard]] Error in_dialect(const Error& error) const override { return openai_error(error); }

  std::string whole(const WholeAnswer& answer) override {
    complete(answer.end);
    return json_text(options_.response);
  }

 private:
  void tell(std::string_view type, std::string& out) {
    if (!events_.speaks()) return;
    events_.emit(type, R"("response":)" + json_text(options_.response), out);
  }

  void complete(const TextEnd& end) {
    Json& response = options_.response;
    const bool completed = finish_ == FinishReason::kStop;
    response["status"] = completed ? "completed" : "incomplete";
    if (!completed) {
      const bool too_long = finish_ == FinishReason::kLength;
      response["incomplete_details"] = {
          {"reason", too_long ? std::string_view("max_output_tokens") : to_string(finish_)}};
    }
    response["completed_at"] = completed ? Json(serving_->unix_now()) : Json();
    response["output"] = output_.items();
    response["usage"] = usage_json(end.usage, reasoning_.tokens());
    if (options_.timings) {
      std::string timings;
      append_timings(timings, end);
      response.update(Json::parse("{" + timings.substr(1) + "}"));
    }
    keep();
  }
  void keep() {
    if (!options_.store) return;
    auto conversation = std::move(options_.conversation);
    conversation.push_back(output_.turn());
    options_.store->put({.id = options_.response["id"],
                         .key = options_.key,
                         .body = json_text(options_.response),
                         .conversation = std::move(conversation)});
  }

  ResponseAnswerOptions options_;
  const std::shared_ptr<OpenAiServing> serving_;  // shared with the handlers
  ResponseEvents events_;
  ResponseOutput output_;
  ReasoningTally reasoning_;
  FinishReason finish_ = FinishReason::kNone;
};

}  // namespace

std::unique_ptr<AnswerForm> response_answer(std::shared_ptr<OpenAiServing> serving, ResponseAnswerOptions options) {
  return std::make_unique<ResponseAnswer>(std::move(serving), std::move(options));
}

}  // namespace hearth::serve
