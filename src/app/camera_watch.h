// Pictures looked at while something else goes on: what the newest one shows, as words.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "app/pipeline_session.h"

namespace hearth {

struct CameraSettings {
  std::string detector;  // a file or store name
  std::string runtime;   // empty: the best-scoring one that reads the file
  std::string pipeline = "watch";
};

// Runs a pipeline with one role for a model on a thread of its own. Thread-safe.
class CameraWatch {
 public:
  // Errors of PipelineSession::open. `app` outlives the watch.
  static Result<std::unique_ptr<CameraWatch>> open(HearthApp& app, const CameraSettings& settings,
                                                   std::unique_ptr<PictureSource> pictures);
  // Ends the run.
  ~CameraWatch();
  CameraWatch(const CameraWatch&) = delete;
  CameraWatch& operator=(const CameraWatch&) = delete;

  // What is to be seen in the newest picture, "1 bus, 3 person"; waits for the first. A picture that could not be read
  // leaves what was seen before. Errors of reading where no picture could be looked at, and of the pipeline;
  // kCancelled, kDeadlineExceeded.
  [[nodiscard]] Result<std::string> seen(const CallBounds& bounds);

 private:
  explicit CameraWatch(std::unique_ptr<PipelineSession> session, std::unique_ptr<PictureSource> pictures);
  void run();
  void look(const Frame& frame);

  std::unique_ptr<PipelineSession> session_;
  std::unique_ptr<PictureSource> pictures_;
  CancelToken cancel_;
  std::mutex gate_;  // of all below
  std::condition_variable changed_;
  std::optional<std::string> seen_;
  std::optional<Error> error_;  // of the last picture that could not be looked at, or of the run
  bool over_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace hearth
