#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/file.h"
#include "platform/mapped_file.h"
#include "platform/os_error.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "hearth-file-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path put(const std::string& name, std::string_view content) const {
    std::ofstream(folder_ / name, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
    return folder_ / name;
  }
  fs::path folder_;
};

TEST_F(FileTest, reads_back_what_was_written) {
  const fs::path path = folder_ / "a.json";
  ASSERT_TRUE(write_file_atomic(path, "first"));
  ASSERT_TRUE(write_file_atomic(path, "second"));
  EXPECT_EQ(*read_file(path, 100), "second");
  EXPECT_EQ(*list_folder(folder_), std::vector<std::string>{"a.json"}) << "a temporary file was left behind";
}

TEST_F(FileTest, atomic_write_keeps_the_mode_of_the_file_it_replaces) {
  const fs::path path = put("secret", "old");
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  ASSERT_TRUE(write_file_atomic(path, "new"));
  struct stat st = {};
  ASSERT_EQ(::stat(path.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600U);
}

TEST_F(FileTest, a_write_that_fails_half_way_leaves_the_old_file_and_no_rest) {
  const fs::path path = put("data", "old");
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight = {1000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const Status written = write_file_atomic(path, std::string(5000, 'x'));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kIo);
  EXPECT_EQ(*read_file(path, 100), "old");
  EXPECT_EQ(list_folder(folder_)->size(), 1U);
}

TEST_F(FileTest, concurrent_writers_leave_one_whole_content) {
  const fs::path path = folder_ / "shared";
  std::vector<std::thread> writers;
  for (char c = 'a'; c < 'e'; ++c)
    writers.emplace_back([&path, c] {
      for (int i = 0; i < 20; ++i) EXPECT_TRUE(write_file_atomic(path, std::string(1000, c)));
    });
  for (auto& writer : writers) writer.join();
  const auto content = read_file(path, 2000);
  ASSERT_TRUE(content);
  EXPECT_EQ(*content, std::string(1000, content->front()));
  EXPECT_EQ(list_folder(folder_)->size(), 1U);
}

TEST_F(FileTest, missing_file_is_not_found_and_named) {
  const auto content = read_file(folder_ / "nothing", 10);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(content.error().message, HasSubstr("nothing"));
  EXPECT_EQ(file_info(folder_ / "nothing").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(ReadableFile::open(folder_ / "nothing").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(MappedFile::open(folder_ / "nothing").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(remove_path(folder_ / "nothing").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(write_file_atomic(folder_ / "no" / "such", "x").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(list_folder(folder_ / "nothing").error().code, ErrorCode::kNotFound);
}

TEST_F(FileTest, folder_where_a_file_is_expected_is_invalid_data) {
  for (const Error& error : {read_file(folder_, 10).error(), ReadableFile::open(folder_).error(),
                             MappedFile::open(folder_).error(), write_file_atomic(folder_, "x").error()}) {
    EXPECT_EQ(error.code, ErrorCode::kInvalidData);
    EXPECT_THAT(error.message, HasSubstr("folder"));
    EXPECT_FALSE(error.hint.empty());
  }
}

TEST_F(FileTest, file_where_a_folder_is_expected_is_invalid_data) {
  const fs::path path = put("file", "");
  EXPECT_EQ(list_folder(path).error().code, ErrorCode::kInvalidData);
  EXPECT_FALSE(ensure_folder(path));
  EXPECT_FALSE(ensure_folder(path / "below"));
}

TEST_F(FileTest, pipe_is_refused_at_once_instead_of_waiting_for_a_writer) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(read_file(pipe, 10).error().code, ErrorCode::kInvalidData);
  EXPECT_EQ(ReadableFile::open("/dev/null").error().code, ErrorCode::kInvalidData);
  EXPECT_EQ(file_info(pipe)->kind, FileKind::kOther);
}

TEST_F(FileTest, unreadable_file_is_permission_denied) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read every file";
  const fs::path path = put("locked", "x");
  ASSERT_EQ(::chmod(path.c_str(), 0), 0);
  EXPECT_EQ(read_file(path, 10).error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(MappedFile::open(path).error().code, ErrorCode::kPermissionDenied);
}

TEST_F(FileTest, read_is_bounded_at_exactly_the_given_size) {
  const fs::path path = put("ten", "0123456789");
  EXPECT_EQ(*read_file(path, 10), "0123456789");
  EXPECT_EQ(read_file(path, 9).error().code, ErrorCode::kInvalidData);
  EXPECT_EQ(*read_file(put("empty", ""), 0), "");
}

TEST_F(FileTest, reads_files_whose_size_the_system_does_not_tell) {
  if (!fs::exists("/proc/self/status")) GTEST_SKIP() << "no /proc on this system";
  EXPECT_THAT(*read_file("/proc/self/status", 1 << 20), HasSubstr("Pid:"));
  EXPECT_FALSE(read_file("/proc/self/status", 4));
}

TEST_F(FileTest, range_read_past_the_end_says_where_the_file_ends) {
  const auto file = ReadableFile::open(put("ten", "0123456789"));
  ASSERT_TRUE(file);
  std::byte out[4];
  ASSERT_TRUE(file->read_at(6, out));
  EXPECT_EQ(std::memcmp(out, "6789", 4), 0);
  const Status past = file->read_at(8, out);
  ASSERT_FALSE(past);
  EXPECT_EQ(past.error().code, ErrorCode::kInvalidData);
  EXPECT_THAT(past.error().message, HasSubstr("ends at byte 10"));
}

TEST_F(FileTest, info_tells_size_kind_and_time) {
  const auto info = file_info(put("ten", "0123456789"));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->size_bytes, 10U);
  EXPECT_EQ(info->kind, FileKind::kRegular);
  EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - info->modified_at), std::chrono::minutes(1));
  EXPECT_EQ(file_info(folder_)->kind, FileKind::kFolder);
}

TEST_F(FileTest, listing_is_sorted_and_bounded) {
  put("b", "");
  put("a", "");
  EXPECT_EQ(*list_folder(folder_), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(list_folder(folder_, 1).error().code, ErrorCode::kInvalidData);
  EXPECT_TRUE(list_folder(folder_, 2));
}

TEST_F(FileTest, folders_are_made_with_parents_and_removed_when_empty) {
  ASSERT_TRUE(ensure_folder(folder_ / "x" / "y"));
  ASSERT_TRUE(ensure_folder(folder_ / "x" / "y"));
  EXPECT_FALSE(remove_path(folder_ / "x"));
  EXPECT_TRUE(remove_path(folder_ / "x" / "y"));
  EXPECT_TRUE(remove_path(folder_ / "x"));
}

TEST_F(FileTest, mapping_shows_the_bytes_and_survives_moves) {
  auto mapped = MappedFile::open(put("ten", "0123456789"));
  ASSERT_TRUE(mapped);
  MappedFile moved = std::move(*mapped);
  ASSERT_EQ(moved.bytes().size(), 10U);
  EXPECT_EQ(std::memcmp(moved.bytes().data(), "0123456789", 10), 0);
  moved = *MappedFile::open(put("empty", ""));
  EXPECT_TRUE(moved.bytes().empty());
}

TEST(OsErrorTest, disk_full_and_unknown_numbers_are_io) {
  EXPECT_EQ(os_error("write", "x", ENOSPC).code, ErrorCode::kIo);
  EXPECT_THAT(os_error("write", "x", ENOSPC).message, HasSubstr("disk is full"));
  EXPECT_EQ(os_error("write", "x", EIO).code, ErrorCode::kIo);
  EXPECT_EQ(os_error("open", "x", EACCES).code, ErrorCode::kPermissionDenied);
}

}  // namespace
}  // namespace hearth
