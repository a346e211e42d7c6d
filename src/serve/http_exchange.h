// The exchange that handlers get from the server. Internal to the server.
#pragma once

#include <memory>

#include "serve/http_answer.h"

namespace hearth::serve {

// Needs no connection: when the client is gone, what is written leads nowhere.
class HttpExchange final : public Exchange {
 public:
  HttpExchange(HttpRequest request, ErrorForm errors, std::shared_ptr<HttpAnswer> answer)
      : request_(std::move(request)), errors_(errors), answer_(std::move(answer)) {}
  ~HttpExchange() override;
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  [[nodiscard]] const HttpRequest& request() const override { return request_; }
  void respond(HttpResponse response) override;
  void respond_error(const Error& error) override;
  void start_stream(std::string content_type, Headers headers) override;
  bool write(std::string bytes) override;
  void end_stream() override;
  void on_disconnect(std::function<void()> callback) override;

 private:
  const HttpRequest request_;
  const ErrorForm errors_;
  const std::shared_ptr<HttpAnswer> answer_;  // shared with the connection
};

}  // namespace hearth::serve
