// Processes, shared memory and sockets: what a worker is made of.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "platform/executable_path.h"
#include "platform/process.h"
#include "platform/shared_library.h"
#include "platform/shared_memory.h"
#include "platform/socket_pair.h"

namespace hearth {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Result<int> shell(const std::string& script, std::vector<InheritedDescriptor> descriptors = {}) {
  return spawn_process({"/bin/sh", {"-c", script}, std::move(descriptors)});
}

TEST(Process, tells_how_it_ended) {
  auto exits = shell("exit 3");
  ASSERT_TRUE(exits);
  EXPECT_EQ(wait_for_exit(*exits, seconds(20)), (ExitStatus{false, 3}));
  auto sleeps = shell("exec sleep 60");
  ASSERT_TRUE(sleeps);
  EXPECT_FALSE(wait_for_exit(*sleeps, milliseconds(1)));
  kill_process(*sleeps);
  const auto status = wait_for_exit(*sleeps, seconds(20));
  ASSERT_TRUE(status);
  EXPECT_EQ(describe(*status), "was killed by SIGKILL");
  EXPECT_EQ(describe({false, 3}), "exited with status 3");
  EXPECT_EQ(describe({true, 63}), "was killed by signal 63");
}

TEST(Process, passes_descriptors_under_the_asked_number_and_no_input) {
  auto pipe = make_pipe();
  ASSERT_TRUE(pipe);
  auto pid = shell("cat; echo hello >&5", {{pipe->second.get(), 5}});
  ASSERT_TRUE(pid);
  pipe->second.reset();
  std::byte buffer[16];
  ASSERT_TRUE(wait_ready(pipe->first.get(), Readiness::kReadable, 20'000));
  EXPECT_EQ(read_some(pipe->first.get(), buffer).n_bytes, 6U);
  EXPECT_TRUE(wait_for_exit(*pid, seconds(20)));
}

TEST(Process, a_program_that_is_not_there) {
  EXPECT_EQ(spawn_process({"/nonexistent/program", {}, {}}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(spawn_process({"/etc", {}, {}}).error().code, ErrorCode::kPermissionDenied);
}

TEST(SharedMemory, is_seen_by_both_and_can_not_shrink) {
  auto made = SharedMemory::create("test", 10'000);
  ASSERT_TRUE(made);
  auto seen = SharedMemory::map(FileDescriptor(::dup(made->descriptor())), 10'000, SharedMemory::Access::kRead);
  ASSERT_TRUE(seen) << to_string(seen.error());
  made->data()[9'999] = std::byte{42};
  EXPECT_EQ(seen->data()[9'999], std::byte{42});
  EXPECT_NE(::ftruncate(made->descriptor(), 1), 0);
}

TEST(SharedMemory, refuses_what_is_smaller_than_promised_or_could_shrink) {
  auto made = SharedMemory::create("test", 100);
  ASSERT_TRUE(made);
  EXPECT_EQ(SharedMemory::map(FileDescriptor(::dup(made->descriptor())), 101, SharedMemory::Access::kRead).error().code,
            ErrorCode::kInvalidData);
  EXPECT_FALSE(SharedMemory::map(FileDescriptor(), 1, SharedMemory::Access::kRead));
  FileDescriptor unsealed(::memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(::ftruncate(unsealed.get(), 100), 0);
  EXPECT_EQ(SharedMemory::map(std::move(unsealed), 100, SharedMemory::Access::kRead).error().code,
            ErrorCode::kInvalidData);
}

TEST(SocketPair, carries_bytes_and_descriptors_and_tells_the_end) {
  auto pair = make_socket_pair();
  ASSERT_TRUE(pair);
  auto memory = SharedMemory::create("test", 8);
  ASSERT_TRUE(memory);
  std::memcpy(memory->data(), "shared!", 8);
  const std::byte head[] = {std::byte{1}, std::byte{2}};
  const std::byte tail[] = {std::byte{3}};
  const int descriptor = memory->descriptor();
  EXPECT_EQ(send_some(pair->first.get(), head, tail, std::span(&descriptor, 1)).n_bytes, 3U);
  std::byte out[8];
  std::vector<FileDescriptor> received;
  EXPECT_EQ(receive_some(pair->second.get(), out, received).n_bytes, 3U);
  EXPECT_EQ(out[2], std::byte{3});
  ASSERT_EQ(received.size(), 1U);
  auto mapped = SharedMemory::map(std::move(received[0]), 8, SharedMemory::Access::kRead);
  ASSERT_TRUE(mapped);
  EXPECT_STREQ(reinterpret_cast<const char*>(mapped->data()), "shared!");

  EXPECT_EQ(receive_some(pair->second.get(), out, received).kind, IoOutcome::Kind::kWouldBlock);
  pair->first.reset();
  EXPECT_EQ(receive_some(pair->second.get(), out, received).kind, IoOutcome::Kind::kClosed);
  EXPECT_EQ(send_some(pair->second.get(), head, tail).kind, IoOutcome::Kind::kClosed);
}

TEST(SocketPair, what_came_before_the_shut_down_is_still_received) {
  auto pair = make_socket_pair();
  ASSERT_TRUE(pair);
  const std::byte bytes[] = {std::byte{7}};
  (void)send_some(pair->first.get(), bytes, {});
  shut_down(pair->second.get());
  EXPECT_EQ(send_some(pair->first.get(), bytes, {}).kind, IoOutcome::Kind::kClosed);
  std::byte out[8];
  std::vector<FileDescriptor> received;
  EXPECT_EQ(receive_some(pair->second.get(), out, received).n_bytes, 1U);
  EXPECT_EQ(receive_some(pair->second.get(), out, received).kind, IoOutcome::Kind::kClosed);
}

TEST(SharedLibrary, refuses_what_is_none) {
  EXPECT_EQ(open_shared_library("/nonexistent.so").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(open_shared_library("/etc").error().code, ErrorCode::kInvalidData);
  EXPECT_EQ(open_shared_library("/etc/passwd").error().code, ErrorCode::kInvalidData);
}

TEST(ExecutablePath, is_this_program) {
  auto path = executable_path();
  ASSERT_TRUE(path);
  EXPECT_NE(path->filename().string().find("platform_test"), std::string::npos);
}

}  // namespace
}  // namespace hearth
