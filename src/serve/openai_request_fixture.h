// What the tests of reading chat completions share.
#pragma once

#include <string>
#include <vector>

#include "serve/chat_completions.h"
#include "serve/http_error.h"
#include "serve/openai_fixture.h"

namespace hearth::serve {

class OpenAiRequest : public OpenAiFixture {
 protected:
  Result<AnswerOrder> read(const std::string& body) {
    HttpRequest http;
    http.key = "alice";
    http.body = body;
    return read_chat_completion(*serving, http);
  }
  static std::string with(const std::string& fields) {
    return R"({"model":"tiny","messages":[{"role":"user","content":"hi"}])" + fields + "}";
  }
  TextRequest request_of(const std::string& fields) {
    auto order = read(with(fields));
    EXPECT_TRUE(order) << fields << ": " << order.error().message;
    return order ? order->requests.at(0) : TextRequest{};
  }
  std::vector<ChatMessage> turns_of(const std::string& messages) {
    auto order = read(R"({"model":"tiny","messages":)" + messages + "}");
    EXPECT_TRUE(order) << order.error().message;
    return order ? std::get<PromptRequest>(order->requests.at(0).prompt).messages : std::vector<ChatMessage>{};
  }
  // "message (param)" of a refusal.
  std::string refusal(const std::string& body) {
    const auto order = read(body);
    if (order) return "taken";
    EXPECT_EQ(http_status_of(order.error()), 400U) << order.error().message;
    return order.error().message + " (" + std::string(error_fact(order.error(), "param")) + ")";
  }
};

}  // namespace hearth::serve
