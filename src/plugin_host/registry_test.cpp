#include "plugin_host/registry.h"

#include <gmock/gmock.h>

#include "plugin_host/test_plugin/plugin_fixture.h"
#include "plugin_host/worker_only.h"
#include "support/paths.h"

namespace hearth::test {
namespace {

RegistryOptions options() {
  RegistryOptions made;
  made.plugin_folders = {"/nonexistent/folder", test::build_dir() / "tests/plugins"};
  made.worker_program = test::build_dir() / "libexec/hearth/hearth-worker";
  return made;
}

TEST(RuntimeRegistry, lists_the_plugins_of_the_folders_that_are_there) {
  EXPECT_THAT(RuntimeRegistry(options()).names(),
              ::testing::ElementsAre("aborts", "bad_json", "major_2", "no_entry", "refuses", "short", "whole"));
  EXPECT_THAT(RuntimeRegistry({}).names(), ::testing::IsEmpty());
}

TEST(RuntimeRegistry, an_unknown_name_is_not_found_and_tells_those_there) {
  auto opened = RuntimeRegistry(options()).open("../whole", Transport::kInProcess);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(opened.error().hint, ::testing::HasSubstr("refuses, short, whole"));
}

TEST(RuntimeRegistry, opens_a_library_once_and_a_worker_each_time) {
  RuntimeRegistry registry(options());
  auto first = registry.open("whole", Transport::kInProcess);
  ASSERT_TRUE(first) << to_string(first.error());
  EXPECT_EQ(*first, *registry.open("whole", Transport::kInProcess));
  EXPECT_EQ((*first)->worker_pid(), 0);
  auto worker = registry.open("whole", Transport::kWorker);
  auto other = registry.open("whole", Transport::kWorker);
  ASSERT_TRUE(worker && other);
  EXPECT_GT((*worker)->worker_pid(), 0);
  EXPECT_NE((*worker)->worker_pid(), (*other)->worker_pid());
}

TEST(RuntimeRegistry, the_first_folder_wins) {
  const auto folder =
      std::filesystem::path(::testing::TempDir()) / ("hearth_registry_" + std::to_string(own_process_id()));
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(plugin_path("refuses"), folder / "libhearth_runtime_whole.so");
  RegistryOptions made = options();
  made.plugin_folders.insert(made.plugin_folders.begin(), folder);
  EXPECT_EQ(code_of(RuntimeRegistry(made).open("whole", Transport::kInProcess)), ErrorCode::kUnsupported);
  std::filesystem::remove_all(folder);
}

TEST(RuntimeRegistry, a_plugin_for_workers_alone_never_opens_in_this_process) {
  const auto folder =
      std::filesystem::path(::testing::TempDir()) / ("hearth_registry_apart_" + std::to_string(own_process_id()));
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(plugin_path("whole"), folder / "libhearth_runtime_apart.worker.so");
  RegistryOptions made = options();
  made.plugin_folders = {folder};
  RuntimeRegistry registry(made);
  EXPECT_THAT(registry.names(), ::testing::ElementsAre("apart"));
  const auto opened = registry.open("apart", Transport::kInProcess);
  ASSERT_TRUE(opened) << to_string(opened.error());
  EXPECT_GT((*opened)->worker_pid(), 0);
  EXPECT_TRUE(is_worker_only(*registry.library("apart")));
  EXPECT_FALSE(is_worker_only(*RuntimeRegistry(options()).library("whole")));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace hearth::test
