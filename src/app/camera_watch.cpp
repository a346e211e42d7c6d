#include "app/camera_watch.h"

#include <chrono>
#include <utility>

#include "pipeline/stage_describe.h"

namespace hearth {
namespace {

constexpr auto kCancelSeenWithin = std::chrono::milliseconds(50);

}  // namespace

Result<std::unique_ptr<CameraWatch>> CameraWatch::open(HearthApp& app, const CameraSettings& settings,
                                                       std::unique_ptr<PictureSource> pictures) {
  PipelineSettings pipeline;
  pipeline.reference = settings.pipeline;
  pipeline.runtime = settings.runtime;
  pipeline.models.emplace("", settings.detector);
  HEARTH_ASSIGN(session, PipelineSession::open(app, pipeline));
  return std::unique_ptr<CameraWatch>(new CameraWatch(std::move(session), std::move(pictures)));
}

CameraWatch::CameraWatch(std::unique_ptr<PipelineSession> session, std::unique_ptr<PictureSource> pictures)
    : session_(std::move(session)), pictures_(std::move(pictures)), thread_([this] { run(); }) {}

CameraWatch::~CameraWatch() {
  cancel_.request();
  thread_.join();
}

void CameraWatch::run() {
  CallBounds bounds;
  bounds.cancel = &cancel_;
  auto figures =
      session_->run(*pictures_, bounds, [this](const StageSpec& /*stage*/, const Frame& frame) { look(frame); });
  const std::lock_guard lock(gate_);
  over_ = true;
  if (!figures) error_ = std::move(figures).error();
  changed_.notify_all();
}

void CameraWatch::look(const Frame& frame) {
  const std::lock_guard lock(gate_);
  if (frame.error)
    error_ = *frame.error;
  else
    seen_ = seen_text(frame);
  changed_.notify_all();
}

Result<std::string> CameraWatch::seen(const CallBounds& bounds) {
  std::unique_lock lock(gate_);
  while (!seen_ && !over_) {
    if (bounds.cancel != nullptr && bounds.cancel->requested())
      return fail(ErrorCode::kCancelled, "waiting for a picture was cancelled");
    if (bounds.deadline && std::chrono::steady_clock::now() >= *bounds.deadline)
      return fail(ErrorCode::kDeadlineExceeded, "no picture came in the time that was allowed");
    changed_.wait_for(lock, kCancelSeenWithin);
  }
  if (seen_) return *seen_;
  if (error_) return fail(Error(*error_));
  return fail(ErrorCode::kNotFound, "there was no picture to look at", "name a picture, or pipe some in");
}

}  // namespace hearth
