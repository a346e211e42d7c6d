#include "platform/service_notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "platform/file.h"

namespace hearth {
namespace {

class ServiceNotify : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/hearth-notify-XXXXXX";
    folder_ = ::mkdtemp(name);
    path_ = folder_ / "notify";
    manager_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path_.c_str());
    ASSERT_EQ(::bind(manager_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string received() {
    char text[256];
    const auto n = ::recv(manager_.get(), text, sizeof(text), 0);
    return n < 0 ? std::string("nothing") : std::string(text, static_cast<std::size_t>(n));
  }

  std::filesystem::path folder_, path_;
  FileDescriptor manager_;
};

TEST_F(ServiceNotify, the_manager_hears_what_is_said) {
  EXPECT_TRUE(service_notify(path_.string(), "READY=1"));
  EXPECT_TRUE(service_notify(path_.string(), "STOPPING=1\nSTATUS=draining"));
  EXPECT_EQ(received(), "READY=1");
  EXPECT_EQ(received(), "STOPPING=1\nSTATUS=draining");
  EXPECT_EQ(received(), "nothing");
}

TEST_F(ServiceNotify, without_a_manager_nothing_happens) {
  EXPECT_TRUE(service_notify("", "READY=1"));
  EXPECT_EQ(service_notify((folder_ / "absent").string(), "READY=1").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(service_notify("relative", "READY=1").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(service_notify("/" + std::string(200, 'x'), "READY=1").error().code, ErrorCode::kInvalidArgument);
}

TEST_F(ServiceNotify, a_manager_that_does_not_listen_blocks_nobody) {
  Status last;
  for (int i = 0; i < 10'000 && last; ++i) last = service_notify(path_.string(), "WATCHDOG=1");
  EXPECT_EQ(last.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace hearth
