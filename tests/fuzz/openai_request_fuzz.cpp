// A body of any bytes to the OpenAI endpoints: an error that is JSON and says something, or an answer that is JSON.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "serve/exchange_recorder.h"
#include "serve/json_reader.h"
#include "serve/openai_routes.h"
#include "serve/scripted_service.h"

namespace {

using namespace hearth;
using namespace hearth::serve;

void require(bool holds) {
  if (!holds) std::abort();
}

// One text that needs escapes; as many choices end as were asked for.
class EchoService {
 public:
  EchoService() : routes(openai_routes(service, clock, {})) {
    Script script{TextAccepted{.id = 0, .model = "tiny", .prompt_tokens = 1, .notices = {}}};
    script.emplace_back(content_delta("\"\n\xc3\xa9"));
    script.emplace_back(choice_end());
    script.emplace_back(text_end(1, 1));
    service.will_play(std::move(script));
  }
  ScriptedService service;
  FakeClock clock;
  std::vector<Route> routes;
};

void check_stream(const std::string& body) {
  std::size_t at = 0;
  while (at < body.size()) {
    const auto data = body.find("data: ", at), end = body.find("\n\n", at);
    require(data != std::string::npos && end != std::string::npos && data < end);
    const std::string json = body.substr(data + 6, end - data - 6);
    require(json == "[DONE]" || Json::accept(json));
    at = end + 2;
  }
}

void check(const RecordedAnswer& answer) {
  require(answer.ended && answer.n_faults == 0);
  for (const auto& [name, value] : answer.headers)
    require(value.find_first_of(std::string("\r\n\0", 3)) == std::string::npos);
  if (answer.streamed) return check_stream(answer.body);
  const Json body = Json::parse(answer.body, nullptr, false);
  require(body.is_object());
  require(answer.status == 200 || (answer.status == 400 || answer.status == 404));
  require(answer.status == 200 || !body["error"]["message"].get<std::string>().empty());
}

}  // namespace

// The first byte chooses the endpoint.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  EchoService echo;
  std::vector<const Route*> posts;
  for (const Route& route : echo.routes)
    if (route.method == "POST") posts.push_back(&route);
  HttpRequest request;
  request.body.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto exchange = std::make_shared<ExchangeRecorder>(std::move(request));
  posts[data[0] % posts.size()]->handler(exchange);
  check(exchange->answer());
  return 0;
}
