#include "sim/plant_load.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hearth {
namespace {

constexpr std::size_t kWaitingMax = 32;
constexpr std::uint32_t kPromptPiece = 64;  // tokens of a prompt computed between two tokens of others
// Computing prompts and frames hardly waits for memory. Source: arithmetic intensity of matrix products; assumed alike
// for all machines.
constexpr double kComputeMemoryShare = 0.1;
// Each further stream of a batch costs this much more than the first. Source: own measurement, docs/performance.md.
constexpr double kFurtherStream = 0.15;
// Of a machine's power above idle, what cores take that can rest; memory and interconnect take the remainder. Assumed.
constexpr double kCoresPower = 0.6;
// What the settings of a rung come to: bytes of Q4 weights of a model of the next smaller class (8B to 3B), of three
// bits against four and a half, of a cache of 8 bits against 16 at a few thousand tokens.
constexpr double kSmallerModel = 0.4, kQ3 = 0.85, kCacheQ8 = 0.98;
constexpr double kPlannedSide = 640;
constexpr double kJitter = 0.05;

}  // namespace

PlantLoad::PlantLoad(DevicePlant& plant, bool vision, std::uint64_t seed)
    : plant_(&plant), record_(&plant.record()), vision_(vision && plant.record().vision), random_(seed) {
  const PlantChat& chat = record_->chat;
  const double n = chat.streams;
  const double batch_token_ms = chat.token_ms * (1 + kFurtherStream * (n - 1)) / n;
  const double request_s = (chat.prompt_tokens * chat.prompt_token_ms + chat.answer_tokens * batch_token_ms) / 1000;
  const double camera_share = vision_ ? record_->vision->frame_ms * record_->vision->frames_per_s / 1000 : 0;
  between_requests_s_ = request_s / std::max(0.05, chat.load_share - camera_share);
}

void PlantLoad::set_rungs(const RungSettings& chat, double chat_quality, const RungSettings& vision) {
  chat_settings_ = chat;
  chat_quality_ = chat_quality;
  vision_settings_ = vision;
  plant_->set_clock_cap(chat.clock_share.value_or(1));
}

double PlantLoad::step() {
  const double began_s = now_s_;
  arrive();
  admit();
  if (vision_ && next_frame_s_ <= now_s_) frame();
  if (std::ranges::any_of(streams_, [](const Stream& each) { return each.prompt_left > 0; })) prompt();
  if (std::ranges::any_of(streams_, [](const Stream& each) { return each.prompt_left == 0; })) decode();
  if (now_s_ > began_s) return now_s_ - began_s;
  // Nothing to do until the next request or frame.
  double until_s = next_request_s_;
  if (vision_) until_s = std::min(until_s, next_frame_s_);
  const double rest_s = std::max(1e-3, until_s - now_s_);
  plant_->advance(rest_s, 0);
  now_s_ += rest_s;
  return rest_s;
}

void PlantLoad::arrive() {
  while (next_request_s_ <= now_s_) {
    ++counts_.requests;
    if (waiting_.size() < kWaitingMax)
      waiting_.push_back(next_request_s_);
    else
      ++counts_.refused;
    next_request_s_ += between_requests_s_ * jitter();
  }
}

void PlantLoad::admit() {
  while (!waiting_.empty() && streams_.size() < streams_allowed()) {
    waiting_.pop_front();
    Stream stream;
    stream.prompt_left = record_->chat.prompt_tokens;
    stream.answer_left = record_->chat.answer_tokens;
    if (chat_settings_.max_new_tokens)
      stream.answer_left = std::min(stream.answer_left, *chat_settings_.max_new_tokens);
    if (chat_settings_.model) stream.work_share *= kSmallerModel;
    if (chat_settings_.precision == "q3_k_m") stream.work_share *= kQ3;
    if (chat_settings_.kv_type == "q8_0") stream.work_share *= kCacheQ8;
    stream.quality = chat_quality_;
    streams_.push_back(stream);
  }
}

std::size_t PlantLoad::streams_allowed() const {
  const double planned = record_->chat.streams;
  return static_cast<std::size_t>(std::max(1.0, std::floor(planned * chat_settings_.concurrency_share.value_or(1))));
}

// What memory doesn't bound goes with the clock and with the threads.
double PlantLoad::slowed(double ms, double memory_bound_share, double threads_share) const {
  const double speed = plant_->clock_share() * threads_share;
  return ms / 1000 * (memory_bound_share + (1 - memory_bound_share) / speed);
}

void PlantLoad::compute(double seconds, Modality modality, double threads_share) {
  plant_->advance(seconds, 1 - kCoresPower + kCoresPower * threads_share);
  now_s_ += seconds;
  busy_s_[static_cast<std::size_t>(modality)] += seconds;
}

void PlantLoad::frame() {
  const double side = std::min(kPlannedSide, static_cast<double>(vision_settings_.resolution.value_or(640)));
  const double pixels = side * side / (kPlannedSide * kPlannedSide);
  compute(slowed(record_->vision->frame_ms * pixels, kComputeMemoryShare) * jitter(), Modality::kVision);
  ++counts_.frames;
  next_frame_s_ += vision_settings_.frame_every.value_or(1) / record_->vision->frames_per_s;
  // A camera doesn't wait: what came meanwhile is lost.
  next_frame_s_ = std::max(next_frame_s_, now_s_);
}

void PlantLoad::prompt() {
  const auto stream = std::ranges::find_if(streams_, [](const Stream& each) { return each.prompt_left > 0; });
  const std::uint32_t n = std::min(kPromptPiece, stream->prompt_left);
  compute(slowed(n * record_->chat.prompt_token_ms * stream->work_share, kComputeMemoryShare) * jitter(),
          Modality::kText);
  stream->prompt_left -= n;
}

void PlantLoad::decode() {
  double largest = 0;
  double n = 0;
  for (const Stream& each : streams_)
    if (each.prompt_left == 0) {
      largest = std::max(largest, each.work_share);
      ++n;
    }
  const double ms = record_->chat.token_ms * largest * (1 + kFurtherStream * (n - 1));
  const double threads_share = chat_settings_.threads_share.value_or(1);
  compute(slowed(ms, record_->chat.memory_bound_share, threads_share) * jitter(), Modality::kText, threads_share);
  for (Stream& each : streams_) {
    if (each.prompt_left > 0) continue;
    if (each.last_token_s) gaps_.push_back(now_s_ - *each.last_token_s);
    each.last_token_s = now_s_;
    --each.answer_left;
    ++counts_.tokens;
    counts_.quality_tokens += each.quality;
  }
  counts_.answered += std::erase_if(streams_, [](const Stream& each) { return each.answer_left == 0; });
}

double PlantLoad::jitter() { return 1 + kJitter * (2 * static_cast<double>(random_() >> 11U) * 0x1.0p-53 - 1); }

std::array<double, kModalities> PlantLoad::take_busy_s() { return std::exchange(busy_s_, {}); }
std::vector<double> PlantLoad::take_gaps() { return std::exchange(gaps_, {}); }

}  // namespace hearth
