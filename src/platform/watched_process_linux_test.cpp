// What counts as leaving the machine, and that a program that tries is seen and stopped.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "platform/watched_process.h"

namespace hearth {
namespace {

template <class Address>
std::string_view bytes_of(const Address& address) {
  return {reinterpret_cast<const char*>(&address), sizeof(address)};
}

SocketTarget judge4(const char* host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, host, &address.sin_addr);
  return judge_socket_address(bytes_of(address));
}

SocketTarget judge6(const char* host, std::uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  ::inet_pton(AF_INET6, host, &address.sin6_addr);
  return judge_socket_address(bytes_of(address));
}

TEST(SocketAddress, of_this_machine_is_allowed_and_every_other_is_named) {
  EXPECT_TRUE(judge4("127.0.0.1", 8080).allowed);
  EXPECT_TRUE(judge4("127.9.9.9", 8080).allowed);
  EXPECT_TRUE(judge6("::1", 8080).allowed);
  EXPECT_TRUE(judge6("::ffff:127.0.0.1", 8080).allowed);
  EXPECT_FALSE(judge4("192.0.2.7", 443).allowed);
  EXPECT_EQ(judge4("192.0.2.7", 443).name, "192.0.2.7:443");
  EXPECT_FALSE(judge4("0.0.0.0", 443).allowed);
  EXPECT_FALSE(judge6("2001:db8::1", 443).allowed);
  EXPECT_EQ(judge6("2001:db8::1", 443).name, "[2001:db8::1]:443");
  EXPECT_FALSE(judge6("::ffff:192.0.2.7", 443).allowed);
}

TEST(SocketAddress, of_a_name_server_is_refused_on_loopback_too) {
  EXPECT_FALSE(judge4("127.0.0.53", 53).allowed);
  EXPECT_EQ(judge4("127.0.0.53", 53).name, "127.0.0.53:53");
  EXPECT_FALSE(judge6("::1", 853).allowed);
}

TEST(SocketAddress, of_other_families_is_judged_by_where_they_reach) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  EXPECT_TRUE(judge_socket_address(bytes_of(local)).allowed);
  EXPECT_TRUE(judge_socket_address({}).allowed) << "no address: the socket is connected already";
  const std::string packet("\x11\0\0\0", 4);
  EXPECT_EQ(judge_socket_address(packet).name, "address family 17");
  const std::string cut("\x02\0\0", 3);
  EXPECT_FALSE(judge_socket_address(cut).allowed);
}

class Watched : public testing::Test {
 protected:
  // Runs a line of shell under watch.
  std::unique_ptr<WatchedProcess> run(const std::string& line) {
    WatchOptions options;
    options.program = "/bin/bash";
    options.arguments = {"-c", line};
    options.output = output();
    options.errors = folder_ / ("errors-" + std::to_string(getpid()));
    auto started = WatchedProcess::start(options);
    if (!started) {
      reason_ = to_string(started.error());
      return nullptr;
    }
    EXPECT_TRUE((*started)->wait(std::chrono::seconds(20)));
    return std::move(*started);
  }
  [[nodiscard]] std::filesystem::path output() const { return folder_ / ("output-" + std::to_string(getpid())); }
  [[nodiscard]] std::string printed() const {
    std::ostringstream text;
    text << std::ifstream(output()).rdbuf();
    return text.str();
  }
  const std::filesystem::path folder_ = testing::TempDir();
  std::string reason_;
};

TEST_F(Watched, a_program_that_stays_at_home_is_clean) {
  const auto watched = run("echo quiet");
  if (watched == nullptr) GTEST_SKIP() << reason_;
  EXPECT_EQ(watched->wait(std::chrono::seconds(0)), (ExitStatus{false, 0}));
  EXPECT_EQ(printed(), "quiet\n");
  EXPECT_TRUE(watched->refused().empty());
}

TEST_F(Watched, one_that_connects_outside_is_stopped_and_named) {
  const auto watched = run("exec 3<>/dev/tcp/192.0.2.7/443 || echo refused");
  if (watched == nullptr) GTEST_SKIP() << reason_;
  ASSERT_EQ(watched->refused().size(), 1U);
  EXPECT_EQ(watched->refused()[0].call, "connect");
  EXPECT_EQ(watched->refused()[0].to, "192.0.2.7:443");
  EXPECT_EQ(watched->refused()[0].process, "bash");
  EXPECT_GT(watched->n_calls(), 0U);
}

TEST_F(Watched, a_grandchild_is_watched_too) {
  const auto watched = run("bash -c 'bash -c \"echo x >/dev/udp/192.0.2.7/514\"; true'");
  if (watched == nullptr) GTEST_SKIP() << reason_;
  ASSERT_FALSE(watched->refused().empty());
  EXPECT_EQ(watched->refused()[0].to, "192.0.2.7:514");
}

}  // namespace
}  // namespace hearth
