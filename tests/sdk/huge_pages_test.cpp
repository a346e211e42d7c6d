#include "hearth/sdk/huge_pages.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace hearth::sdk {
namespace {

TEST(AddedRanges, are_what_grew_what_is_new_and_what_lies_around_the_old) {
  const std::vector<AddressRange> before = {{10, 20}, {30, 40}, {50, 60}};
  EXPECT_EQ(added_ranges(before, before), (std::vector<AddressRange>{}));
  EXPECT_EQ(added_ranges({}, before), before);
  EXPECT_EQ(added_ranges(before, {{5, 25}, {30, 40}, {55, 58}, {70, 80}}),
            (std::vector<AddressRange>{{5, 10}, {20, 25}, {70, 80}}));
  EXPECT_EQ(added_ranges(before, {{10, 60}}), (std::vector<AddressRange>{{20, 30}, {40, 50}}));
  EXPECT_EQ(added_ranges(before, {{0, 5}}), (std::vector<AddressRange>{{0, 5}}));
}

TEST(AnonymousRanges, are_private_writable_and_without_a_file_or_a_name) {
  const auto path = std::filesystem::path(testing::TempDir()) / ("maps-" + std::to_string(getpid()));
  std::ofstream(path) << "00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/dbus-daemon\n"
                         "00e03000-00e24000 rw-p 00000000 00:00 0           [heap]\n"
                         "7f0000000000-7f0000200000 rw-p 00000000 00:00 0 \n"
                         "7f0000300000-7f0000400000 r--p 00000000 00:00 0 \n"
                         "7f0000500000-7f0000600000 rw-s 00000000 00:01 4099 /dev/zero (deleted)\n"
                         "7f0000700000-7f0000800000 rw-p 00000000 00:00 0\n"
                         "no line of this kind\n";
  EXPECT_EQ(anonymous_ranges(path),
            (std::vector<AddressRange>{{0x7f0000000000, 0x7f0000200000}, {0x7f0000700000, 0x7f0000800000}}));
  std::filesystem::remove(path);
  EXPECT_TRUE(anonymous_ranges("/nowhere").empty());
}

TEST(HugePages, leave_what_is_in_memory_as_it_was) {
  constexpr std::size_t kBytes = std::size_t{8} << 20U;
  const auto before = anonymous_ranges();
  void* const mapped = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  auto* const bytes = static_cast<std::uint8_t*>(mapped);
  for (std::size_t i = 0; i < kBytes; ++i) bytes[i] = static_cast<std::uint8_t>(i % 251);
  ask_for_huge_pages(added_ranges(before, anonymous_ranges()), true);
  std::size_t n_wrong = 0;
  for (std::size_t i = 0; i < kBytes; ++i) n_wrong += bytes[i] == i % 251 ? 0 : 1;
  EXPECT_EQ(n_wrong, 0U);
  ::munmap(mapped, kBytes);
}

// Source: proc(5), VmFlags of /proc/pid/smaps: hg.
bool is_asked_for(const void* at) {
  const auto address = reinterpret_cast<std::uintptr_t>(at);
  std::ifstream maps("/proc/self/smaps");
  bool is_here = false;
  for (std::string line; std::getline(maps, line);) {
    unsigned long long begin = 0;
    unsigned long long end = 0;
    if (std::sscanf(line.c_str(), "%llx-%llx ", &begin, &end) == 2) is_here = begin <= address && address < end;
    if (is_here && line.starts_with("VmFlags:")) return line.find(" hg") != std::string::npos;
  }
  return false;
}

TEST(HugePages, are_asked_for_in_what_came_about_since) {
  if (!std::filesystem::exists("/sys/kernel/mm/transparent_hugepage")) GTEST_SKIP() << "this kernel has no huge pages";
  constexpr std::size_t kBytes = std::size_t{16} << 20U;
  const auto map = [] {
    return static_cast<std::byte*>(::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  };
  auto* const old = map();
  const auto before = anonymous_ranges();
  auto* const added = map();
  ask_for_huge_pages(added_ranges(before, anonymous_ranges()));
  EXPECT_TRUE(is_asked_for(added + kBytes / 2));
  EXPECT_FALSE(is_asked_for(old + kBytes / 2));
  ::munmap(old, kBytes);
  ::munmap(added, kBytes);
}

}  // namespace
}  // namespace hearth::sdk
