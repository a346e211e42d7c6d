// The threads on which blocks are read and written, so that a scheduler never waits for a disk unless it wants to.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/log.h"
#include "engine/block_files.h"

namespace hearth {

struct BlockIoOptions {
  std::filesystem::path folder;
  std::uint64_t disk_bytes = 0;   // of all blocks in the folder
  std::uint64_t queue_bytes = 0;  // of blocks that wait to be written
  Logger* logger = nullptr;       // borrowed; may be null
};

// What a thread did.
struct BlockEvent {
  enum class Kind { kRead, kNotRead, kScanned, kWritten, kNotWritten, kRemoved };
  Kind kind = Kind::kRead;
  BlockAddress at{};        // kScanned: without a name; kRemoved: without a salt
  SharedImage image{};      // kRead
  double seconds = 0;       // kRead
  bool damaged = false;     // kNotRead: by a wrong or torn file
  bool attempted = false;   // kNotWritten: the disk was asked
  BlockFiles::Scan scan{};  // kScanned
};

// Internally locked. The destructor ends after the file in hand; what is queued is dropped (drain() before).
class BlockIo {
 public:
  explicit BlockIo(BlockIoOptions options);
  ~BlockIo();
  BlockIo(const BlockIo&) = delete;
  BlockIo& operator=(const BlockIo&) = delete;

  void scan(const CacheSalt& salt);
  void read(const BlockAddress& at);
  // The first one is the last to be evicted.
  void touch(const CacheSalt& salt, std::vector<BlockName> names);
  // False when the writer is too far behind.
  bool write(const BlockAddress& at, SharedImage image);
  [[nodiscard]] bool can_write() const;
  void remove(const BlockAddress& at);

  [[nodiscard]] std::vector<BlockEvent> take_events();
  // Until there is an event.
  void wait(double at_most_s);
  // Until nothing is queued. False when time ran out.
  bool drain(double at_most_s);

 private:
  struct ReaderTask {
    enum class Kind { kRead, kScan, kTouch, kRemove } kind = Kind::kRead;
    BlockAddress at{};
    std::vector<BlockName> names{};
  };
  struct WriterTask {
    BlockAddress at;
    SharedImage image;
  };
  void run_reader();
  void run_writer();
  void read_now(const ReaderTask& task);
  void write_now(const WriterTask& task);
  [[nodiscard]] Status write_bounded(const WriterTask& task);
  void measure();
  void report(BlockEvent event);
  void ask(ReaderTask task);

  const BlockIoOptions options_;
  const BlockFiles files_;
  mutable std::mutex gate_;
  std::condition_variable reader_wakes_;
  std::condition_variable writer_wakes_;
  std::condition_variable event_;
  std::deque<ReaderTask> reads_;
  std::deque<WriterTask> writes_;
  std::vector<BlockEvent> events_;
  std::uint64_t queued_bytes_ = 0;
  bool reading_ = false;
  bool writing_ = true;  // at first: it looks what is there
  bool closing_ = false;
  // The writer's own.
  std::uint64_t disk_bytes_ = 0;          // as last seen, with what was written since
  std::uint64_t written_since_look_ = 0;  // others write too
  std::optional<std::chrono::steady_clock::time_point> failed_at_;
  bool told_ = false;
  std::thread reader_;
  std::thread writer_;
};

}  // namespace hearth
