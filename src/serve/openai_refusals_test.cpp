// How each wrong body of chat completions is refused: by one sentence that names the place.
#include <gtest/gtest.h>

#include "serve/openai_request_fixture.h"

namespace hearth::serve {
namespace {

class OpenAiRefusals : public OpenAiRequest {};

TEST_F(OpenAiRefusals, every_wrong_field_is_named) {
  const std::pair<const char*, const char*> cases[] = {
      {R"(,"max_tokens":-1)", "max_tokens must be a whole number from 1 to 1073741824, not -1 (max_tokens)"},
      {R"(,"max_completion_tokens":0)",
       "max_completion_tokens must be a whole number from 1 to 1073741824, not 0 (max_completion_tokens)"},
      {R"(,"temperature":2.1)", "temperature must be a number from 0 to 2, not 2.1 (temperature)"},
      {R"(,"temperature":"hot")", "temperature must be a number from 0 to 2, not \"hot\" (temperature)"},
      {R"(,"top_p":-0.1)", "top_p must be a number from 0 to 1, not -0.1 (top_p)"},
      {R"(,"n":0)", "n must be a whole number from 1 to 128, not 0 (n)"},
      {R"(,"stop":[1])", "stop must be a string or a list of strings (stop)"},
      {R"(,"stop":"")", "stop has an empty string, which every answer begins with (stop)"},
      {R"(,"stream":1)", "stream must be true or false, not 1 (stream)"},
      {R"(,"stream_options":{"include_usage":true})", "stream_options is only for stream: true (stream_options)"},
      {R"(,"stream":true,"stream_options":{"include_usage":"y"})",
       "stream_options.include_usage must be true or false, not \"y\" (stream_options.include_usage)"},
      {R"(,"logit_bias":{"x":1})", "logit_bias has a key that is no token id (logit_bias)"},
      {R"(,"logit_bias":{"1":101})", "logit_bias must give token 1 a number from -100 to 100 (logit_bias)"},
      {R"(,"logit_bias":[1])", "logit_bias must be an object, not a list (logit_bias)"},
      {R"(,"top_logprobs":2)", "top_logprobs is only for logprobs: true (top_logprobs)"},
      {R"(,"logprobs":true,"top_logprobs":21)",
       "top_logprobs must be a whole number from 0 to 20, not 21 (top_logprobs)"},
      {R"(,"response_format":{"type":"yaml"})",
       "response_format.type must be one of \"text\", \"json_object\", \"json_schema\", not \"yaml\" "
       "(response_format.type)"},
      {R"(,"response_format":{})", "response_format.type is missing (response_format.type)"},
      {R"(,"response_format":{"type":"json_schema"})",
       "response_format.json_schema is missing (response_format.json_schema)"},
      {R"(,"response_format":{"type":"json_schema","json_schema":{"name":"n"}})",
       "response_format.json_schema.schema is missing (response_format.json_schema.schema)"},
      {R"(,"regex":"a","grammar":"b")",
       "response_format and the fields like it hold the answer to more than one form (response_format)"},
      {R"(,"regex":"")", "regex must not be empty (regex)"},
      {R"(,"tools":{})", "tools must be a list, not an object (tools)"},
      {R"(,"tools":[{"type":"custom"}])",
       "tools[0].type is \"custom\", a tool that this server does not have (tools[0].type)"},
      {R"(,"tools":[{"type":"function"}])", "tools[0].function is missing (tools[0].function)"},
      {R"(,"tools":[{"type":"function","function":{"name":"a b"}}])",
       "tools[0].function.name must be 1 to 128 letters, digits, '_', '-' and '.' (tools[0].function.name)"},
      {R"(,"tools":[{"function":{"name":"a"}},{"function":{"name":"a"}}])",
       "tools[1].function.name is \"a\", which is there twice (tools[1].function.name)"},
      {R"(,"tool_choice":"required")", "tool_choice is \"required\", but there are no tools (tool_choice)"},
      {R"(,"tool_choice":{"type":"function","function":{"name":"f"}})",
       "tool_choice.function.name is \"f\", none of the tools (tool_choice.function.name)"},
      {R"(,"functions":[])", "functions is the form of old (functions)"},
      {R"(,"modalities":["audio"])", "modalities asks for more than text, which no model here gives (modalities)"},
      {R"(,"adapters":[{"scale":1}])",
       "adapters[0].name must be the name of one of the model's adapters (adapters[0].name)"},
      {R"(,"truncation":"middle")", "truncation must be one of \"disabled\", \"auto\", not \"middle\" (truncation)"},
      {R"(,"timeout_s":0)", "timeout_s must be a number from 0.001 to 86400, not 0 (timeout_s)"},
      {R"(,"seed":1.5)", "seed must be a whole number in range, not 1.5 (seed)"},
      {R"(,"chat_template_kwargs":"x")", "chat_template_kwargs must be an object, not \"x\" (chat_template_kwargs)"},
  };
  for (const auto& [fields, sentence] : cases) EXPECT_EQ(refusal(with(fields)), sentence);
}

TEST_F(OpenAiRefusals, every_wrong_message_is_named) {
  const std::pair<const char*, const char*> cases[] = {
      {"5", "messages must be a list, not 5 (messages)"},
      {"[]", "messages must have one message at least (messages)"},
      {"[5]", "messages[0] must be an object, not 5 (messages[0])"},
      {"[{}]", "messages[0].role is missing (messages[0].role)"},
      {R"([{"role":"king","content":"x"}])",
       "messages[0].role must be one of \"system\", \"developer\", \"user\", \"assistant\", \"tool\", \"function\", "
       "not \"king\" (messages[0].role)"},
      {R"([{"role":"user","content":"x"},{"role":"user","content":7}])",
       "messages[1].content must be a string or a list of parts (messages[1].content)"},
      {R"([{"role":"user"}])", "messages[0].content is missing (messages[0].content)"},
      {R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:"}}]}])",
       "messages[0].content[0] is of type \"image_url\", which can't be shown to the model here "
       "(messages[0].content[0])"},
      {R"([{"role":"user","content":[{"type":"text"}]}])",
       "messages[0].content[0].text is missing (messages[0].content[0].text)"},
      {R"([{"role":"assistant"}])",
       "messages[0].content is missing, and there are no tool_calls (messages[0].content)"},
      {R"([{"role":"assistant","tool_calls":[{"id":"x"}]}])",
       "messages[0].tool_calls[0].function is missing (messages[0].tool_calls[0].function)"},
      {R"([{"role":"tool","content":"x"}])", "messages[0].tool_call_id is missing (messages[0].tool_call_id)"},
  };
  for (const auto& [messages, sentence] : cases)
    EXPECT_EQ(refusal(R"({"model":"tiny","messages":)" + std::string(messages) + "}"), sentence);
  EXPECT_EQ(refusal(R"({"model":"tiny"})"), "messages is missing (messages)");
}

}  // namespace
}  // namespace hearth::serve
