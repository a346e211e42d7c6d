// What the OpenAI endpoints take and give, as JSON Schemas: the OpenAPI document's, and what the tests hold them to.
#pragma once

#include <string>

namespace hearth::serve {

[[nodiscard]] std::string chat_request_schema();
[[nodiscard]] std::string chat_response_schema();
[[nodiscard]] std::string completion_request_schema();
[[nodiscard]] std::string completion_response_schema();
[[nodiscard]] std::string response_request_schema();
[[nodiscard]] std::string response_response_schema();
[[nodiscard]] std::string embedding_request_schema();
[[nodiscard]] std::string embedding_response_schema();
[[nodiscard]] std::string rerank_request_schema();
[[nodiscard]] std::string rerank_response_schema();
[[nodiscard]] std::string models_schema();
[[nodiscard]] std::string model_schema();

}  // namespace hearth::serve
