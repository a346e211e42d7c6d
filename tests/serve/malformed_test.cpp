// The server against ten thousand malformed requests, from several clients at once.
#include "serve/malformed_requests.h"
#include "serve/server_fixture.h"

namespace hearth::serve {
namespace {

class MalformedFlood : public ServerFixture {};

TEST_F(MalformedFlood, the_server_answers_as_before) {
  HttpServerOptions options;
  options.n_io_threads = 2;
  start(std::move(options));
  std::atomic<int> n_wrong{0};
  std::vector<std::thread> clients;
  for (unsigned seed = 100; seed < 104; ++seed)
    clients.emplace_back([&, seed] { n_wrong += send_malformed(server->port(), 2500, seed); });
  auto user = client();
  for (int i = 0; i < 200; ++i) ASSERT_EQ(user.ask(http_request("GET", "/hello")).body, "hello") << i;
  for (std::thread& sender : clients) sender.join();
  EXPECT_EQ(n_wrong, 0);
  EXPECT_EQ(user.ask(http_request("GET", "/stream/100")).complete, true);
  user.close();
  EXPECT_TRUE(eventually([this] { return server->n_connections() == 0; }));
}

}  // namespace
}  // namespace hearth::serve
