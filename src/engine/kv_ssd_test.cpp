// Blocks on SSD: they outlive the cache that wrote them, and no damaged one is ever used.
#include <fstream>

#include "engine/kv_ssd_fixture.h"
#ifdef __linux__
#include <sys/mount.h>
#endif

namespace hearth {
namespace {

namespace fs = std::filesystem;

TEST_F(KvSsdTest, a_prompt_seen_before_a_restart_comes_from_disk) {
  const auto prompt = some_tokens(100);
  write_blocks(prompt);
  EXPECT_EQ(block_files(folder_).size(), 8U) << "six whole ones, the ends of prompt and answer";
  auto d = driver();
  const auto answer = d.run(prompt);
  EXPECT_EQ(from_ssd(answer), 99U);
  EXPECT_EQ(answer.logits, plain(prompt).logits);
  EXPECT_EQ(d.cache().facts().hit_tokens[2], 99U);
  EXPECT_EQ(d.cache().facts().entries[2], 8U);
  EXPECT_GT(d.cache().facts().bytes[2], 0U);
}

TEST_F(KvSsdTest, snapshots_survive_a_restart) {
  model_ = runtimes_.fake(fake_script(R"("recurrent": true)"));
  const auto prompt = some_tokens(100);
  write_blocks(prompt);
  auto longer = prompt;
  longer.push_back(77);
  const auto answer = fresh_run(longer);
  EXPECT_EQ(from_ssd(answer), 100U);
  EXPECT_EQ(answer.logits, plain(longer).logits);
}

TEST_F(KvSsdTest, blocks_read_once_are_kept_in_ram) {
  const auto prompt = some_tokens(100);
  write_blocks(prompt);
  options_.ram_bytes = 1 << 20;
  auto d = driver();
  EXPECT_EQ(from_ssd(d.run(prompt)), 99U);
  d.cache().drop_cached(1000);
  EXPECT_EQ(d.run(prompt).reused.tokens[1], 99U);
}

// The wall clock may have been wrong while blocks were written, or be set while they are used: times only order them.
TEST_F(KvSsdTest, a_clock_that_jumps_loses_no_block_and_stops_no_eviction) {
  const auto prompt = some_tokens(100);
  write_blocks(prompt);
  bool is_early = false;
  for (const auto& file : block_files(folder_)) {
    const auto years = std::chrono::hours(24 * 365 * (is_early ? -50 : 50));
    fs::last_write_time(file, fs::file_time_type::clock::now() + years);
    is_early = !is_early;
  }
  {
    auto d = driver();
    const auto answer = d.run(prompt);
    EXPECT_EQ(from_ssd(answer), 99U);
    EXPECT_EQ(answer.logits, plain(prompt).logits);
    EXPECT_EQ(d.cache().facts().damaged_blocks, 0U);
  }
  options_.ssd_bytes = 20'000;  // a few blocks: those from the future must not keep the new ones out for ever
  auto d = driver();
  for (unsigned seed = 2; seed < 12; ++seed) {
    d.run(some_tokens(100, seed), 2);
    d.cache().flush(5);
  }
  std::uintmax_t held = 0;
  for (const auto& file : block_files(folder_)) held += fs::file_size(file);
  EXPECT_LE(held, options_.ssd_bytes);
  const auto again = d.run(some_tokens(100, 11), 2);
  EXPECT_EQ(again.logits, plain(some_tokens(100, 11)).logits);
}

TEST_F(KvSsdTest, another_salt_and_another_block_size_find_nothing) {
  const auto prompt = some_tokens(100);
  write_blocks(prompt);
  auto d = driver();
  d.salt = salt_of(9);
  EXPECT_EQ(from_ssd(d.run(prompt)), 0U);
  options_.block_tokens = 20;
  const auto other = fresh_run(prompt);
  EXPECT_EQ(other.logits, plain(prompt).logits);
}

// The salt is in the name and in the head: a folder that was renamed gives nothing away.
TEST_F(KvSsdTest, blocks_of_another_salt_are_not_taken_for_ones_own) {
  const auto prompt = some_tokens(100);
  write_blocks(prompt);
  fs::rename(block_files(folder_).front().parent_path(), folder_ / std::string(64, '9'));
  auto d = driver();
  d.salt = salt_of(0x99);
  EXPECT_EQ(from_ssd(d.run(prompt)), 0U);
  EXPECT_EQ(d.cache().facts().damaged_blocks, 8U);
}

TEST_F(KvSsdTest, any_flipped_byte_is_found) {
  const auto prompt = some_tokens(40);
  write_blocks(prompt);
  const auto expected = plain(prompt);
  const BlockFiles store(folder_);
  auto blocks = store.scan(salt_of(1)).blocks;
  std::erase_if(blocks, [](const auto& block) { return block.head.end() > 39; });  // not of the answer
  ASSERT_EQ(blocks.size(), 3U);
  for (const auto& block : blocks) {
    const auto file = block_files(folder_).front().parent_path() / (block.head.name + ".kvblock");
    const auto good = content(file);
    ASSERT_FALSE(good.empty());
    for (std::size_t at = 0; at < good.size(); ++at) {
      auto bad = good;
      bad[at] = static_cast<char>(bad[at] ^ (1 << at % 8));
      put(file, bad);
      const auto read = store.read({salt_of(1), block.head.name});
      ASSERT_FALSE(read) << "byte " << at;
      ASSERT_EQ(read.error().code, ErrorCode::kInvalidData);
      ASSERT_FALSE(fs::exists(file)) << "it is removed";
      if (at % 37 != 0) continue;
      put(file, bad);
      auto d = driver();
      const auto answer = d.run(prompt);
      ASSERT_EQ(answer.logits, expected.logits);
      ASSERT_LE(from_ssd(answer), block.head.begin);
      ASSERT_GE(d.cache().facts().damaged_blocks, 1U) << "byte " << at;
      d.cache().flush(5);
      ASSERT_EQ(content(file), good) << "computed and written again";
    }
    put(file, good);
  }
}

TEST_F(KvSsdTest, a_file_cut_off_anywhere_is_not_used) {
  const auto prompt = some_tokens(33);
  write_blocks(prompt);
  const auto file = block_files(folder_).front();
  const auto good = content(file);
  for (std::size_t size = 0; size < good.size(); ++size) {
    put(file, good.substr(0, size));
    const auto read = BlockFiles(folder_).read({salt_of(1), file.stem().string()});
    ASSERT_FALSE(read) << size;
    ASSERT_EQ(read.error().code, ErrorCode::kInvalidData);
  }
  put(file, good + "x");
  EXPECT_EQ(fresh_run(prompt).logits, plain(prompt).logits);
}

TEST_F(KvSsdTest, swapped_files_are_not_used) {
  const auto prompt = some_tokens(100);
  write_blocks(prompt);
  const auto files = block_files(folder_);
  const auto first = content(files[0]);
  put(files[0], content(files[1]));
  put(files[1], first);
  auto d = driver();
  EXPECT_EQ(d.run(prompt).logits, plain(prompt).logits);
  EXPECT_EQ(d.cache().facts().damaged_blocks, 2U);
}

TEST_F(KvSsdTest, a_block_that_is_damaged_or_gone_after_the_start_ends_the_reuse_there) {
  const auto prompt = some_tokens(100);
  write_blocks(prompt);
  auto d = driver();
  d.run(some_tokens(5, 3));
  d.cache().flush(5);  // the folder has been read
  for (const auto& file : block_files(folder_)) {
    auto bytes = content(file);
    ASSERT_FALSE(bytes.empty());
    bytes.back() = static_cast<char>(~bytes.back());
    put(file, bytes);
  }
  const auto answer = d.run(prompt);
  EXPECT_EQ(from_ssd(answer), 0U);
  EXPECT_EQ(answer.logits, plain(prompt).logits);
  EXPECT_GE(d.cache().facts().damaged_blocks, 1U);
  d.cache().flush(5);
  for (const auto& file : block_files(folder_)) fs::remove(file);
  d.run(some_tokens(5, 3));
  EXPECT_EQ(d.run(prompt).logits, plain(prompt).logits);
}

TEST_F(KvSsdTest, the_folder_stays_within_its_bytes_and_loses_the_oldest) {
  options_.ssd_bytes = 20000;
  {
    auto d = driver();
    for (unsigned i = 1; i < 20; ++i) d.run(some_tokens(100, i));
    d.cache().flush(5);
    EXPECT_GT(d.cache().facts().evicted_blocks, 0U);
  }
  std::uint64_t bytes = 0;
  for (const auto& file : block_files(folder_)) bytes += fs::file_size(file);
  EXPECT_LE(bytes, 20000U);
  EXPECT_GT(bytes, 10000U);
  EXPECT_EQ(from_ssd(fresh_run(some_tokens(100, 19))), 99U);
  EXPECT_EQ(from_ssd(fresh_run(some_tokens(100, 1))), 0U);
}

TEST_F(KvSsdTest, orphans_and_what_a_killed_writer_left_are_removed) {
  const auto prompt = some_tokens(100);
  write_blocks(prompt);
  const auto files = block_files(folder_);
  put(files[0].string() + ".999999999-1.tmp", "half a block");
  auto d = driver();
  d.run(some_tokens(5, 3));
  const auto names_left = [this] { return block_files(folder_).size(); };
  d.cache().flush(5);
  EXPECT_EQ(names_left(), 10U);
  // Without its first block the chain is of no use.
  BlockFiles store(folder_);
  for (const auto& block : store.scan(salt_of(1)).blocks) {
    if (block.head.begin == 0) store.remove({salt_of(1), block.head.name});
  }
  auto e = driver();
  EXPECT_EQ(from_ssd(e.run(some_tokens(5, 3))), 0U);
  e.cache().flush(5);
  EXPECT_EQ(names_left(), 2U) << "those of its own prompt";
}

TEST_F(KvSsdTest, two_models_and_two_caches_share_a_folder) {
  auto a = driver();
  auto b = driver();
  b.salt = salt_of(2);
  auto c = driver();
  const auto prompt = some_tokens(100);
  a.run(prompt);
  b.run(prompt);
  c.run(prompt);
  for (auto* d : {&a, &b, &c}) d->cache().flush(5);
  EXPECT_EQ(block_files(folder_).size(), 16U);
  EXPECT_EQ(from_ssd(fresh_run(prompt)), 99U);
}

TEST_F(KvSsdTest, a_disk_that_cant_be_written_costs_nothing_but_itself) {
  const auto in_the_way = folder_ / "file";
  put(in_the_way, "not a folder");
  options_.ssd_folder = in_the_way;
  auto d = driver();
  const auto prompt = some_tokens(100);
  EXPECT_EQ(d.run(prompt).logits, plain(prompt).logits);
  d.cache().flush(5);
  EXPECT_EQ(d.cache().facts().write_failures, 1U) << "asked once, then left alone for a while";
  EXPECT_EQ(d.cache().facts().entries[2], 0U);
}

#ifdef __linux__
struct Mounted {
  Mounted(const fs::path& at, unsigned long flags, const char* options)
      : where(at), done(::mount("tmpfs", at.c_str(), "tmpfs", flags, options) == 0) {}
  ~Mounted() {
    if (done) ::umount2(where.c_str(), MNT_DETACH);
  }
  fs::path where;
  bool done;
};

TEST_F(KvSsdTest, a_full_disk_is_counted_and_what_fits_is_used) {
  const Mounted disk(folder_, 0, "size=16k");
  if (!disk.done) GTEST_SKIP() << "no right to mount a small file system here";
  const auto prompt = some_tokens(400);
  {
    auto d = driver();
    EXPECT_EQ(d.run(prompt).logits, plain(prompt).logits);
    d.cache().flush(5);
    EXPECT_GE(d.cache().facts().write_failures, 1U);
    EXPECT_GE(d.cache().facts().entries[2], 1U);
  }
  const auto answer = fresh_run(prompt);
  EXPECT_GT(from_ssd(answer), 0U);
  EXPECT_EQ(answer.logits, plain(prompt).logits);
  for (const auto& file : block_files(folder_)) EXPECT_EQ(file.extension(), ".kvblock") << "nothing half-written";
}

TEST_F(KvSsdTest, a_read_only_disk_is_read) {
  const Mounted disk(folder_, 0, "size=1m");
  if (!disk.done) GTEST_SKIP() << "no right to mount a small file system here";
  const auto prompt = some_tokens(100);
  write_blocks(prompt);
  ASSERT_EQ(::mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr), 0);
  auto d = driver();
  EXPECT_EQ(from_ssd(d.run(prompt)), 99U);
  const auto other = some_tokens(100, 2);
  EXPECT_EQ(d.run(other).logits, plain(other).logits);
  d.cache().flush(5);
  EXPECT_EQ(d.cache().facts().write_failures, 1U);
}
#endif

}  // namespace
}  // namespace hearth
