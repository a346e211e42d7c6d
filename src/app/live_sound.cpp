#include "app/live_sound.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "app/sound_inputs.h"

namespace hearth {
namespace {

using SteadyClock = std::chrono::steady_clock;

// What comes at once in real time: as fine as sound cards hand it over.
constexpr std::uint32_t kBlocksPerSecond = 50;
constexpr std::size_t kPipeBlockBytes = 640;  // 20 ms of 16-bit mono at 16 kHz

Status still_wanted(const CallBounds& bounds) {
  if (bounds.cancel != nullptr && bounds.cancel->requested()) return fail(ErrorCode::kCancelled, "it was cancelled");
  if (bounds.deadline && SteadyClock::now() >= *bounds.deadline)
    return fail(ErrorCode::kDeadlineExceeded, "the time that was allowed is over");
  return {};
}

class RecordedSound final : public LiveSound {
 public:
  RecordedSound(std::unique_ptr<MonoReader> reader, const LiveSoundOptions& options)
      : reader_(std::move(reader)), options_(options) {}

  [[nodiscard]] Status next(std::vector<float>& block) override {
    HEARTH_TRY(still_wanted(options_.bounds));
    if (!options_.realtime) return reader_->next(block);
    if (at_ == read_.size()) {
      HEARTH_TRY(reader_->next(read_));
      at_ = 0;
    }
    const std::size_t n = std::min<std::size_t>(read_.size() - at_, options_.sample_rate_hz / kBlocksPerSecond);
    const auto begin = read_.begin() + static_cast<std::ptrdiff_t>(at_);
    block.assign(begin, begin + static_cast<std::ptrdiff_t>(n));
    at_ += n;
    n_given_ += n;
    if (!start_) start_ = SteadyClock::now();
    // A block is there when its last sample was spoken.
    std::this_thread::sleep_until(*start_ + std::chrono::nanoseconds(static_cast<std::int64_t>(
                                                n_given_ * 1'000'000'000 / options_.sample_rate_hz)));
    return {};
  }
  [[nodiscard]] std::string note() const override { return reader_->info().note; }

 private:
  std::unique_ptr<MonoReader> reader_;
  const LiveSoundOptions options_;
  std::vector<float> read_;
  std::size_t at_ = 0;
  std::uint64_t n_given_ = 0;
  std::optional<SteadyClock::time_point> start_;
};

class PipedSound final : public LiveSound {
 public:
  PipedSound(std::unique_ptr<PcmStream> stream, std::FILE* pipe, const CallBounds& bounds)
      : stream_(std::move(stream)), pipe_(pipe), bounds_(bounds) {}

  [[nodiscard]] Status next(std::vector<float>& block) override {
    block.clear();
    while (block.empty() && !at_end_) {
      HEARTH_TRY(still_wanted(bounds_));
      std::array<std::byte, kPipeBlockBytes> bytes;
      const std::size_t n = std::fread(bytes.data(), 1, bytes.size(), pipe_);
      HEARTH_TRY(stream_->push(std::span(bytes).first(n), block));
      if (n == bytes.size()) continue;
      at_end_ = true;
      HEARTH_TRY(stream_->finish(block));
    }
    return {};
  }
  [[nodiscard]] std::string note() const override { return stream_->note(); }

 private:
  std::unique_ptr<PcmStream> stream_;
  std::FILE* pipe_;
  CallBounds bounds_;
  bool at_end_ = false;
};

}  // namespace

Result<std::unique_ptr<LiveSound>> open_live_sound(const std::string& path, std::FILE* pipe,
                                                   const LiveSoundOptions& options) {
  if (path == "-") {
    HEARTH_ASSIGN(stream,
                  PcmStream::create({.sample_rate_hz = options.sample_rate_hz, .raw = options.raw, .limits = {}}));
    return std::unique_ptr<LiveSound>(std::make_unique<PipedSound>(std::move(stream), pipe, options.bounds));
  }
  HEARTH_ASSIGN(input, open_sound(path, pipe));
  HEARTH_ASSIGN(reader, MonoReader::open(std::move(input), options.sample_rate_hz));
  return std::unique_ptr<LiveSound>(std::make_unique<RecordedSound>(std::move(reader), options));
}

}  // namespace hearth
