#include "serve/http_exchange.h"

#include <utility>

#include "serve/http_error.h"

namespace hearth::serve {

HttpExchange::~HttpExchange() {
  const Error error(ErrorCode::kInternal, "the handler of " + request_.method + " " + request_.path + " gave no answer",
                    "report this with the request's id");
  if (!answer_->complete()) answer_->abandon(error_response(error, errors_));
}

void HttpExchange::respond(HttpResponse response) { answer_->respond(response); }
void HttpExchange::respond_error(const Error& error) { answer_->respond(error_response(error, errors_)); }
void HttpExchange::start_stream(std::string content_type, Headers headers) {
  answer_->start(std::move(content_type), std::move(headers));
}
bool HttpExchange::write(std::string bytes) { return answer_->write(bytes); }
void HttpExchange::end_stream() { answer_->end(); }
void HttpExchange::on_disconnect(std::function<void()> callback) { answer_->on_disconnect(std::move(callback)); }

}  // namespace hearth::serve
