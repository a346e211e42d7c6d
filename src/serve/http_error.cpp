#include "serve/http_error.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace hearth::serve {
namespace {

using nlohmann::ordered_json;

// Source: the error types of OpenAI's and Anthropic's API references (error codes; errors), read 2026-11.
struct ErrorType {
  unsigned status;
  std::string_view openai;
  std::string_view anthropic;
};
constexpr ErrorType kErrorTypes[] = {
    {400, "invalid_request_error", "invalid_request_error"},
    {401, "authentication_error", "authentication_error"},
    {403, "permission_error", "permission_error"},
    {404, "invalid_request_error", "not_found_error"},
    {413, "invalid_request_error", "request_too_large"},
    {429, "rate_limit_error", "rate_limit_error"},
    {503, "server_error", "overloaded_error"},
    {507, "server_error", "overloaded_error"},
};

std::string_view type_name(unsigned status, ErrorForm form) {
  const bool openai = form == ErrorForm::kOpenAi;
  for (const ErrorType& type : kErrorTypes)
    if (type.status == status) return openai ? type.openai : type.anthropic;
  if (status < 500) return "invalid_request_error";
  return openai ? "server_error" : "api_error";
}

std::string code_name(const Error& error) {
  const std::string_view given = error_fact(error, "code");
  return std::string(given.empty() ? error_code_info(error.code).name : given);
}

std::string message_of(const Error& error) {
  return error.hint.empty() ? error.message : error.message + "; " + error.hint;
}

// Whole seconds: what RFC 9110, section 10.2.3 allows.
std::string retry_after(std::string_view seconds) {
  const double value = std::strtod(std::string(seconds).c_str(), nullptr);
  if (!(value > 0)) return "1";
  return std::to_string(static_cast<long>(std::ceil(std::min(value, 86'400.0))));
}

}  // namespace

std::string_view error_fact(const Error& error, std::string_view name) {
  for (const auto& [key, value] : error.context)
    if (key == name) return value;
  return {};
}

unsigned http_status_of(const Error& error) {
  const std::string_view text = error_fact(error, "http_status");
  unsigned status = 0;
  std::from_chars(text.data(), text.data() + text.size(), status);
  if (status >= 400 && status <= 599) return status;
  return static_cast<unsigned>(error_code_info(error.code).http_status);
}

std::string error_json(const Error& error, ErrorForm form) {
  const std::string type(type_name(http_status_of(error), form));
  ordered_json document;
  if (form == ErrorForm::kAnthropic) {
    document = {{"type", "error"}, {"error", {{"type", type}, {"message", message_of(error)}}}};
  } else if (form == ErrorForm::kKserve) {
    document = {{"error", message_of(error)}};  // Source: KServe v2 protocol, $inference_error_response
  } else {
    const std::string_view param = error_fact(error, "param");
    document["error"] = {{"message", message_of(error)},
                         {"type", type},
                         {"param", param.empty() ? ordered_json(nullptr) : ordered_json(param)},
                         {"code", code_name(error)}};
  }
  return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

HttpResponse error_response(const Error& error, ErrorForm form) {
  HttpResponse response;
  response.status = http_status_of(error);
  response.body = error_json(error, form);
  if (const auto seconds = error_fact(error, "retry_after_s"); !seconds.empty())
    response.headers.emplace_back("retry-after", retry_after(seconds));
  if (const auto allow = error_fact(error, "allow"); !allow.empty()) response.headers.emplace_back("allow", allow);
  if (response.status == 401) response.headers.emplace_back("www-authenticate", "Bearer");
  return response;
}

}  // namespace hearth::serve
