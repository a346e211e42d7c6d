#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "platform/egress.h"

namespace hearth {
namespace {

// Answers from a fixed list and counts.
class ListResolver final : public NameResolver {
 public:
  explicit ListResolver(std::vector<std::string> addresses) : addresses_(std::move(addresses)) {}
  Result<std::vector<std::string>> resolve(const std::string& host) override {
    ++n_lookups;
    if (addresses_.empty()) return fail(ErrorCode::kNotFound, "there is no host '" + host + "'");
    return addresses_;
  }
  int n_lookups = 0;

 private:
  std::vector<std::string> addresses_;
};

class Egress : public ::testing::Test {
 protected:
  void SetUp() override {
    listener_.reset(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    ASSERT_EQ(::listen(listener_.get(), 8), 0);
    socklen_t size = sizeof(address);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    policy_.counts = &counts_;
    policy_.resolver = &resolver_;
  }
  FileDescriptor listener_;
  std::uint16_t port_ = 0;
  EgressCounts counts_;
  ListResolver resolver_{{"127.0.0.1"}};
  EgressPolicy policy_;
};

TEST_F(Egress, airgap_lets_loopback_through_and_looks_nothing_up) {
  policy_.airgap = true;
  for (const char* host : {"127.0.0.1", "localhost", "LocalHost"}) {
    auto fd = connect_to(host, port_, policy_);
    ASSERT_TRUE(fd) << host << ": " << to_string(fd.error());
    EXPECT_TRUE(*fd);
  }
  EXPECT_EQ(resolver_.n_lookups, 0);
  EXPECT_EQ(counts_.n_attempts, 3U);
  EXPECT_EQ(counts_.n_denied, 0U);
}

TEST_F(Egress, airgap_denies_before_any_lookup) {
  policy_.airgap = true;
  const char* hosts[] = {"models.example.com",
                         "192.0.2.1",
                         "2001:db8::1",
                         "0.0.0.0",
                         "::",
                         "127.1",
                         "0x7f000001",
                         "localhost.example.com",
                         "127.0.0.1.example.com",
                         "::ffff:192.0.2.1",
                         "127.0.0.1 "};
  for (const char* host : hosts) {
    auto fd = connect_to(host, port_, policy_);
    ASSERT_FALSE(fd) << host;
    EXPECT_EQ(fd.error().code, ErrorCode::kForbidden) << host;
    EXPECT_NE(fd.error().message.find(host), std::string::npos);
  }
  EXPECT_EQ(resolver_.n_lookups, 0);
  EXPECT_EQ(counts_.n_lookups, 0U);
  EXPECT_EQ(counts_.n_denied, std::size(hosts));
}

TEST_F(Egress, without_the_rule_names_are_looked_up_once_and_addresses_tried_in_turn) {
  ListResolver two({"not an address", "127.0.0.1"});
  policy_.resolver = &two;
  ASSERT_TRUE(connect_to("models.example.com", port_, policy_));
  EXPECT_EQ(two.n_lookups, 1);
  EXPECT_EQ(counts_.n_lookups, 1U);
  ASSERT_TRUE(connect_to("127.0.0.1", port_, policy_));
  EXPECT_EQ(two.n_lookups, 1) << "a numeric address is no name";
}

TEST_F(Egress, failures_are_told_apart) {
  ListResolver nobody({});
  policy_.resolver = &nobody;
  EXPECT_EQ(connect_to("nobody.example.com", port_, policy_).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(connect_to("", port_, policy_).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(connect_to("127.0.0.1", 0, policy_).error().code, ErrorCode::kInvalidArgument);
  listener_.reset();
  EXPECT_EQ(connect_to("127.0.0.1", port_, policy_).error().code, ErrorCode::kUnavailable);
}

TEST_F(Egress, loopback_is_recognised_by_address) {
  for (const char* host : {"127.0.0.1", "127.255.0.3", "::1", "::ffff:127.0.0.1", "localhost"})
    EXPECT_TRUE(is_loopback(host)) << host;
  for (const char* host : {"", "128.0.0.1", "::2", "localhost.", "loopback"}) EXPECT_FALSE(is_loopback(host)) << host;
}

TEST_F(Egress, unix_sockets_are_of_this_machine) {
  policy_.airgap = true;
  const std::string path = ::testing::TempDir() + "hearth_egress_" + std::to_string(::getpid());
  FileDescriptor listener(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  EXPECT_TRUE(connect_to_unix_socket(path, policy_));
  ::unlink(path.c_str());
  EXPECT_EQ(connect_to_unix_socket(path, policy_).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(connect_to_unix_socket(std::string(300, 'x'), policy_).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace hearth
