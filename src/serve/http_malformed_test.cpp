#include "serve/malformed_requests.h"
#include "serve/server_fixture.h"

namespace hearth::serve {
namespace {

class MalformedServer : public ServerFixture {};

TEST_F(MalformedServer, answers_after_500_malformed_requests) {
  start();
  EXPECT_EQ(send_malformed(server->port(), 500, 1), 0);
  auto user = client();
  EXPECT_EQ(user.ask(http_request("GET", "/hello")).body, "hello");
  user.close();
  EXPECT_TRUE(eventually([this] { return server->n_connections() == 0; }));
}

}  // namespace
}  // namespace hearth::serve
