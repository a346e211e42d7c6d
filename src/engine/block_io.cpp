#include "engine/block_io.h"

#include <fmt/core.h>

#include <chrono>
#include <utility>

#include "hearth/error.h"
#include "platform/this_thread.h"

namespace hearth {
namespace {

using SteadyClock = std::chrono::steady_clock;
// After a failed write the disk is left alone for so long: a full one does not become empty by asking.
constexpr auto kRest = std::chrono::seconds(10);
// Others' blocks are looked for again after so much of the bound was written, so that it is overrun by little.
constexpr std::uint64_t kLookAgainShare = 32;
// Evicting goes on to this share of the bound, so that not every write evicts.
constexpr double kShrinkTo = 0.95;

std::chrono::duration<double> seconds(double s) { return std::chrono::duration<double>(s); }

}  // namespace

BlockIo::BlockIo(BlockIoOptions options)
    : options_(std::move(options)),
      files_(options_.folder),
      reader_([this] { run_reader(); }),
      writer_([this] { run_writer(); }) {}

BlockIo::~BlockIo() {
  {
    const std::lock_guard lock(gate_);
    closing_ = true;
  }
  reader_wakes_.notify_all();
  writer_wakes_.notify_all();
  reader_.join();
  writer_.join();
}

void BlockIo::ask(ReaderTask task) {
  {
    const std::lock_guard lock(gate_);
    reads_.push_back(std::move(task));
  }
  reader_wakes_.notify_one();
}

void BlockIo::scan(const CacheSalt& salt) { ask({ReaderTask::Kind::kScan, {salt, {}}}); }
void BlockIo::read(const BlockAddress& at) { ask({ReaderTask::Kind::kRead, at}); }
void BlockIo::remove(const BlockAddress& at) { ask({ReaderTask::Kind::kRemove, at}); }
void BlockIo::touch(const CacheSalt& salt, std::vector<BlockName> names) {
  if (!names.empty()) ask({ReaderTask::Kind::kTouch, {salt, {}}, std::move(names)});
}

bool BlockIo::can_write() const {
  const std::lock_guard lock(gate_);
  return queued_bytes_ < options_.queue_bytes;
}

bool BlockIo::write(const BlockAddress& at, SharedImage image) {
  {
    const std::lock_guard lock(gate_);
    if (queued_bytes_ >= options_.queue_bytes) return false;
    queued_bytes_ += image->size();
    writes_.push_back({at, std::move(image)});
  }
  writer_wakes_.notify_one();
  return true;
}

std::vector<BlockEvent> BlockIo::take_events() {
  const std::lock_guard lock(gate_);
  return std::exchange(events_, {});
}

void BlockIo::wait(double at_most_s) {
  std::unique_lock lock(gate_);
  event_.wait_for(lock, seconds(at_most_s), [this] { return !events_.empty(); });
}

bool BlockIo::drain(double at_most_s) {
  std::unique_lock lock(gate_);
  return event_.wait_for(lock, seconds(at_most_s),
                         [this] { return reads_.empty() && writes_.empty() && !reading_ && !writing_; });
}

void BlockIo::report(BlockEvent event) {
  {
    const std::lock_guard lock(gate_);
    events_.push_back(std::move(event));
  }
  event_.notify_all();
}

void BlockIo::run_reader() {
  name_this_thread("hearth-cache");
  std::unique_lock lock(gate_);
  while (true) {
    reader_wakes_.wait(lock, [this] { return closing_ || !reads_.empty(); });
    if (closing_) return;
    const ReaderTask task = std::move(reads_.front());
    reads_.pop_front();
    reading_ = true;
    lock.unlock();
    read_now(task);
    lock.lock();
    reading_ = false;
    event_.notify_all();
  }
}

void BlockIo::read_now(const ReaderTask& task) {
  switch (task.kind) {
    case ReaderTask::Kind::kTouch: files_.touch(task.at.salt, task.names); return;
    case ReaderTask::Kind::kRemove: files_.remove(task.at); return;
    case ReaderTask::Kind::kScan: {
      BlockEvent event{BlockEvent::Kind::kScanned, task.at};
      event.scan = files_.scan(task.at.salt);
      report(std::move(event));
      return;
    }
    case ReaderTask::Kind::kRead: break;
  }
  const auto start = SteadyClock::now();
  BlockEvent event{BlockEvent::Kind::kRead, task.at};
  auto image = files_.read(task.at);
  event.seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
  if (image) {
    event.image = std::make_shared<const BlockImage>(std::move(*image));
  } else {
    event.kind = BlockEvent::Kind::kNotRead;
    event.damaged = image.error().code == ErrorCode::kInvalidData;
    if (event.damaged && options_.logger != nullptr) {
      options_.logger->write(LogLevel::kWarn, "kv-cache", image.error().message);
    }
  }
  report(std::move(event));
}

void BlockIo::run_writer() {
  name_this_thread("hearth-cache");
  measure();
  std::unique_lock lock(gate_);
  writing_ = false;
  event_.notify_all();
  while (true) {
    writer_wakes_.wait(lock, [this] { return closing_ || !writes_.empty(); });
    if (closing_) return;
    const WriterTask task = std::move(writes_.front());
    writes_.pop_front();
    writing_ = true;
    lock.unlock();
    write_now(task);
    lock.lock();
    writing_ = false;
    queued_bytes_ -= task.image->size();
    event_.notify_all();
  }
}

void BlockIo::measure() {
  disk_bytes_ = files_.tidy();
  written_since_look_ = 0;
}

Status BlockIo::write_bounded(const WriterTask& task) {
  const std::uint64_t size = task.image->size();
  const bool is_long_ago = written_since_look_ > options_.disk_bytes / kLookAgainShare;
  if (is_long_ago) measure();
  if (disk_bytes_ + size > options_.disk_bytes) {
    const auto room = static_cast<std::uint64_t>(static_cast<double>(options_.disk_bytes) * kShrinkTo);
    auto shrunk = files_.shrink(size < room ? room - size : 0);
    disk_bytes_ = shrunk.bytes;
    for (auto& name : shrunk.removed) report({BlockEvent::Kind::kRemoved, {{}, std::move(name)}});
  }
  HEARTH_TRY(files_.write(task.at, *task.image));
  disk_bytes_ += size;
  written_since_look_ += size;
  return {};
}

void BlockIo::write_now(const WriterTask& task) {
  BlockEvent event{BlockEvent::Kind::kNotWritten, task.at};
  const bool rests = failed_at_ && SteadyClock::now() - *failed_at_ <= kRest;
  if (!rests && task.image->size() <= options_.disk_bytes) {
    event.attempted = true;
    const Status written = write_bounded(task);
    if (written) {
      failed_at_.reset();
      event.kind = BlockEvent::Kind::kWritten;
    } else {
      failed_at_ = SteadyClock::now();
      if (!std::exchange(told_, true) && options_.logger != nullptr) {
        options_.logger->write(
            LogLevel::kWarn, "kv-cache",
            fmt::format("the prefix cache can't be kept on disk, and goes on without: {}", written.error().message));
      }
    }
  }
  report(std::move(event));
}

}  // namespace hearth
